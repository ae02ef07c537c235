"""An app's settings over the REST API: begun once, changed from what was seen, told to the other devices."""

from __future__ import annotations

from typing import Any

import pytest

from sealmate.model import to_base64url
from sealmate.seal.envelope import Address, Namespace, seal
from sealmate.turns.ports import Caller
from tests.fakes.http import Reply
from tests.fakes.person import Person
from tests.unit.accounts.world import World

PATH = "/apps/web/settings"
APP_KEY = b"a" * 32


def _key(person: Person, *, epoch: int = 1, namespace: Namespace = Namespace.APP_KEY) -> str:
    at = Address(account=person.account_id, scope="web", record="web")
    return to_base64url(seal(person.device.master_key, APP_KEY, namespace=namespace, epoch=epoch, address=at))


def _settings(person: Person, revision: int, content: bytes = b"{}", *, namespace: int = Namespace.APP_SETTINGS) -> str:
    at = Address(account=person.account_id, scope="web", record="web", version=revision)
    return to_base64url(seal(APP_KEY, content, namespace=Namespace(namespace), epoch=1, address=at))


def _put(person: Person, revision: int, settings: str, **more: str) -> Reply:
    return person.call("PUT", PATH, {"revision": revision, "settings": settings, **more})


def test_an_app_begins_with_its_key_and_is_changed_from_what_was_seen(ada: Person) -> None:
    assert ada.call("GET", PATH).json == {"app": "web", "revision": 0}
    key, first, second = _key(ada), _settings(ada, 1), _settings(ada, 2, b'{"theme":"dark"}')
    begun = {"app": "web", "revision": 1, "key": key, "settings": first}
    assert _put(ada, 0, first, key=key).json == begun == ada.call("GET", PATH).json
    assert _put(ada, 1, second).json == {**begun, "revision": 2, "settings": second}
    assert ada.call("GET", "/account/keys").json["apps"] == [{"app": "web", "key": key}]


def test_who_was_slower_is_told_and_a_lost_reply_does_no_harm(ada: Person) -> None:
    key, first, second = _key(ada), _settings(ada, 1), _settings(ada, 2)
    for _ in range(2):
        assert _put(ada, 0, first, key=key).status == 200
    assert _put(ada, 0, _settings(ada, 1), key=_key(ada)).code == "settings_conflict"
    for _ in range(2):
        assert _put(ada, 1, second).json["revision"] == 2
    assert _put(ada, 1, _settings(ada, 2)).code == "settings_conflict"
    assert _put(ada, 5, _settings(ada, 6)).code == "settings_conflict"
    assert ada.call("GET", PATH).json["settings"] == second


def test_what_opens_nowhere_gives_way_to_another_key_and_is_told(world: World, ada: Person) -> None:
    caller = Caller(connection_id="connection-1", account_id=ada.account_id, session_id=ada.session_id)
    world.connections.add(caller, now=0)
    _put(ada, 0, _settings(ada, 1), key=_key(ada))
    key, anew = _key(ada), _settings(ada, 2)
    for _ in range(2):
        assert _put(ada, 1, anew, key=key).json == {"app": "web", "revision": 2, "key": key, "settings": anew}
    assert _put(ada, 1, _settings(ada, 2), key=_key(ada)).code == "settings_conflict"
    assert _put(ada, 2, _settings(ada, 3), key=_key(ada, epoch=2)).code == "wrong_epoch"
    assert ada.call("GET", "/account/keys").json["apps"] == [{"app": "web", "key": key}]
    assert [event.model_dump()["revision"] for event in world.push.to("connection-1")] == [1, 2]


def test_other_devices_hear_of_a_change_and_nobody_of_none(world: World, ada: Person) -> None:
    caller = Caller(connection_id="connection-1", account_id=ada.account_id, session_id=ada.session_id)
    world.connections.add(caller, now=0)
    first = _settings(ada, 1)
    _put(ada, 0, first, key=_key(ada))
    _put(ada, 0, _settings(ada, 1), key=_key(ada))
    told = [event.model_dump() for event in world.push.to("connection-1")]
    assert told == [{"type": "settings_changed", "app": "web", "revision": 1}]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"key": "of another epoch"}, "wrong_epoch"),
        ({"key": "a chat's"}, "invalid_record"),
        ({"key": None}, "invalid_record"),
        ({"settings": "a message"}, "invalid_record"),
        ({"revision": 1}, "settings_conflict"),
        ({"revision": -1}, "invalid_request"),
    ],
)
def test_what_does_not_fit_its_place_is_refused(ada: Person, body: dict[str, Any], code: str) -> None:
    made = {
        "of another epoch": _key(ada, epoch=2),
        "a chat's": _key(ada, namespace=Namespace.CHAT_KEY),
        "a message": _settings(ada, 1, namespace=Namespace.MESSAGE),
    }
    whole = {"revision": 0, "settings": _settings(ada, 1), "key": _key(ada)}
    given = {name: made.get(value, value) if isinstance(value, str) else value for name, value in body.items()}
    sent = {name: value for name, value in (whole | given).items() if value is not None}
    assert ada.call("PUT", PATH, sent).code == code
    assert ada.call("GET", PATH).json["revision"] == 0


def test_an_unknown_app_has_none_and_nobody_sees_anothers(world: World, ada: Person) -> None:
    assert ada.call("GET", "/apps/another/settings").code == "invalid_request"
    assert _put(ada, 0, _settings(ada, 1), key=_key(ada)).status == 200
    bob = world.person("bob@example.org").sign_up()
    assert bob.call("GET", PATH).json["revision"] == 0
    assert world.api.call("GET", PATH).code == "not_signed_in"
