"""What a device keeps of an app: its key and its settings, sealed with the terminal client's envelopes as the web app seals them."""

from __future__ import annotations

from sealmate.accounts.records import App
from sealmate_cli import crypto
from sealmate_cli.crypto import envelope
from sealmate_cli.crypto.envelope import Namespace, Place
from sealmate_cli.crypto.master_keys import WrappedApp


def make_app(keys: crypto.MasterKeys, key: bytes, settings: bytes = b"{}", *, revision: int = 1) -> App:
    """The web app, under the master key that these are."""
    place = Place(Namespace.APP_KEY, keys.account, scope="web", record="web", epoch=keys.epoch)
    wrapped = envelope.seal(keys.master_key, place, key, random=crypto.system_random)
    sealed = envelope.seal(key, _settings_place(keys, revision), settings, random=crypto.system_random)
    return App(name="web", key=wrapped, settings=sealed, revision=revision)


def open_settings(app: App, keys: crypto.MasterKeys) -> bytes:
    key = crypto.open_app_key(WrappedApp(app.name, app.key), keys)
    return envelope.open_with(key, _settings_place(keys, app.revision), app.settings)


def _settings_place(keys: crypto.MasterKeys, revision: int) -> Place:
    return Place(Namespace.APP_SETTINGS, keys.account, scope="web", record="web", epoch=1, version=revision)
