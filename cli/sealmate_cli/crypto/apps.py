"""An app's key, under the master key, and what is sealed under it: the settings are the web app's, this client only hands them on."""

from dataclasses import dataclass

from . import envelope
from .content import read_json, write_json
from .envelope import Namespace, Place
from .errors import CryptoError
from .keys import Random, system_random
from .master_keys import MasterKeys, WrappedApp
from .methods import KEY_BYTES

# Settings outlive the epoch: an app's key is either handed on as it is, or replaced together with them.
_SETTINGS_EPOCH = 1


@dataclass(frozen=True, kw_only=True)
class StoredApp:
    """An app's key under the master key, and its settings under that, sealed as this revision."""

    app: str
    revision: int
    key: bytes
    settings: bytes


def rewrap_app_key(
    wrapped: WrappedApp, *, old: MasterKeys, new: MasterKeys, random: Random = system_random
) -> WrappedApp:
    """The same key under another master key; a new one where it doesn't open, as nobody reads what is under that."""
    try:
        key = open_app_key(wrapped, old)
    except CryptoError:
        key = random(KEY_BYTES)
    return _wrap(wrapped.app, key, new, random)


def open_app_key(wrapped: WrappedApp, keys: MasterKeys) -> bytes:
    key = envelope.open_with(keys.master_key, _key_place(keys, wrapped.app), wrapped.key)
    if len(key) != KEY_BYTES:
        raise CryptoError("bad_content")
    return key


def renew_app(stored: StoredApp, *, old: MasterKeys, new: MasterKeys, random: Random = system_random) -> StoredApp:
    """The next revision, under another key: for when somebody else may have the one it had.

    Whoever had a device could also have left what nobody can open, and must not keep the account from being secured by that: then the
    app begins without settings.
    """
    try:
        settings = _open_settings(stored, old)
    except CryptoError:
        settings = write_json({})
    key, revision = random(KEY_BYTES), stored.revision + 1
    place = _settings_place(new, stored.app, revision)
    return StoredApp(
        app=stored.app,
        revision=revision,
        key=_wrap(stored.app, key, new, random).key,
        settings=envelope.seal(key, place, settings, random=random),
    )


def _open_settings(stored: StoredApp, keys: MasterKeys) -> bytes:
    """As they were written: what this client doesn't know stays."""
    key = open_app_key(WrappedApp(stored.app, stored.key), keys)
    settings = envelope.open_with(key, _settings_place(keys, stored.app, stored.revision), stored.settings)
    read_json(settings)
    return settings


def _wrap(app: str, key: bytes, keys: MasterKeys, random: Random) -> WrappedApp:
    return WrappedApp(app, envelope.seal(keys.master_key, _key_place(keys, app), key, random=random))


def _key_place(keys: MasterKeys, app: str) -> Place:
    return Place(Namespace.APP_KEY, keys.account, scope=app, record=app, epoch=keys.epoch)


def _settings_place(keys: MasterKeys, app: str, revision: int) -> Place:
    return Place(Namespace.APP_SETTINGS, keys.account, scope=app, record=app, epoch=_SETTINGS_EPOCH, version=revision)
