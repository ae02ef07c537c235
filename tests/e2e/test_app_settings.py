"""Settings of an app: kept sealed, told to the account's other devices, and nobody else's."""

from collections.abc import Callable
from typing import Any

from sealmate.accounts.records import App
from sealmate_cli.client import Client
from sealmate_cli.crypto import MasterKeys
from sealmate_cli.wire.shape import from_base64url, to_base64url
from tests.e2e.person import Person
from tests.e2e.rest import Rest
from tests.e2e.stack import Stack
from tests.e2e.wire import Wire
from tests.fakes.app_devices import make_app, open_settings

PATH = "/apps/web/settings"
DARK = b'{"theme":"dark"}'


def test_settings_kept_on_one_device_are_read_on_another_and_by_nobody_else(
    stack: Stack, newcomer: Callable[[], Person]
) -> None:
    person, stranger = newcomer(), newcomer()
    app = make_app(_keys(person.laptop), bytes(range(32)), DARK)
    second = person.device()
    with Rest(person.laptop) as laptop, Rest(second) as beside, Rest(stranger.laptop) as elsewhere:
        assert laptop("GET", PATH).json() == {"app": "web", "revision": 0}
        with Wire(second, stack.url) as wire:
            assert laptop("PUT", PATH, _put(app)).status_code == 200
            assert wire.hear("settings_changed", app="web")["revision"] == 1
        shown = beside("GET", PATH).json()
        assert open_settings(_kept(shown), _keys(second)) == DARK

        other = make_app(_keys(second), bytes(32), b'{"theme":"light"}')
        assert beside.code("PUT", PATH, _put(other)) == (409, "settings_conflict")
        assert laptop("GET", PATH).json() == shown
        assert elsewhere("GET", PATH).json() == {"app": "web", "revision": 0}


def _kept(shown: dict[str, Any]) -> App:
    key, settings = (from_base64url(shown[name]) for name in ("key", "settings"))
    return App(name=shown["app"], key=key, settings=settings, revision=shown["revision"])


def _put(app: App) -> dict[str, Any]:
    return {"revision": 0, "settings": to_base64url(app.settings), "key": to_base64url(app.key)}


def _keys(client: Client) -> MasterKeys:
    """Without the account's signing key, which signs no settings."""
    identity = client.identity()
    return MasterKeys(
        account=identity.session.account_id,
        epoch=identity.epoch,
        master_key=identity.master_key,
        signing_seed=bytes(32),
    )
