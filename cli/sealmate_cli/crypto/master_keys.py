"""What an account's keys are, opened on a device and wrapped on the server."""

from dataclasses import dataclass

from . import envelope
from .envelope import Namespace, Place
from .errors import CryptoError
from .keys import Random
from .manifests import Manifest
from .methods import KEY_BYTES, UnlockMethod
from .statements import EpochStatement


@dataclass(frozen=True)
class MasterKeys:
    account: str
    epoch: int
    master_key: bytes
    signing_seed: bytes


@dataclass(frozen=True)
class SigningKey:
    public_key: bytes
    private: bytes
    """Envelope under the master key."""


@dataclass(frozen=True)
class FormerMethod:
    """A method's envelopes of the epoch before a link."""

    method_id: str
    master: bytes
    public: bytes


@dataclass(frozen=True)
class EpochLink:
    """Leads from the epoch before `statement.epoch` to it, if there is `forward`; both envelopes as in docs/formats.md."""

    statement: EpochStatement
    forward: bytes | None
    device: bytes
    former: tuple[FormerMethod, ...] = ()


@dataclass(frozen=True)
class WrappedApp:
    """An app's key, in an envelope under the master key."""

    app: str
    key: bytes


@dataclass(frozen=True)
class WrappedKeys:
    """What login gets back."""

    account: str
    epoch: int
    methods: tuple[UnlockMethod, ...]
    signing: SigningKey
    statement: EpochStatement
    manifest: Manifest | None = None
    links: tuple[EpochLink, ...] = ()
    """From earlier epochs to this one, the oldest first."""
    apps: tuple[WrappedApp, ...] = ()


def wrap_signing_key(keys: MasterKeys, random: Random) -> bytes:
    return envelope.seal(keys.master_key, _signing_place(keys.account, keys.epoch), keys.signing_seed, random=random)


def open_signing_key(wrapped: WrappedKeys, master_key: bytes) -> bytes:
    """The seed."""
    place = _signing_place(wrapped.account, wrapped.epoch)
    seed = envelope.open_with(master_key, place, wrapped.signing.private)
    if len(seed) != KEY_BYTES:
        raise CryptoError("signing_key_mismatch")
    return seed


def _signing_place(account: str, epoch: int) -> Place:
    return Place(Namespace.SIGNING_KEY, account, scope="account", record=account, epoch=epoch)
