"""An app's key, under the master key. What apps keep under theirs is the web app's: this client only hands the key on."""

from . import envelope
from .envelope import Namespace, Place
from .errors import CryptoError
from .keys import Random, system_random
from .master_keys import MasterKeys, WrappedApp
from .methods import KEY_BYTES


def rewrap_app_key(
    wrapped: WrappedApp, *, old: MasterKeys, new: MasterKeys, random: Random = system_random
) -> WrappedApp:
    """The same key under another master key; a new one where it doesn't open, as nobody reads what is under that."""
    try:
        key = open_app_key(wrapped, old)
    except CryptoError:
        key = random(KEY_BYTES)
    return WrappedApp(wrapped.app, envelope.seal(new.master_key, _place(new, wrapped.app), key, random=random))


def open_app_key(wrapped: WrappedApp, keys: MasterKeys) -> bytes:
    key = envelope.open_with(keys.master_key, _place(keys, wrapped.app), wrapped.key)
    if len(key) != KEY_BYTES:
        raise CryptoError("bad_content")
    return key


def _place(keys: MasterKeys, app: str) -> Place:
    return Place(Namespace.APP_KEY, keys.account, scope=app, record=app, epoch=keys.epoch)
