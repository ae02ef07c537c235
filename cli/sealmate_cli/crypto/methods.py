"""Unlock methods: how a password or a recovery key opens the master key, with nothing a server could plant."""

import hmac
from dataclasses import dataclass
from typing import Literal

from . import envelope
from .envelope import Namespace, Place
from .errors import CryptoError
from .keys import Random, system_random
from .xwing import SEED_BYTES, KeyPair

MethodKind = Literal["password", "recovery"]
KEY_BYTES = 32


@dataclass(frozen=True)
class UnlockMethod:
    """Three envelopes, as stored: see Unlock methods in docs/formats.md."""

    method_id: str
    kind: str
    secret: bytes
    master: bytes
    public: bytes


@dataclass(frozen=True)
class OpenedMethod:
    master_key: bytes
    signing_public_key: bytes
    """Pinned inside the method, out of the server's reach."""


def make_method(
    *,
    account: str,
    method_id: str,
    kind: MethodKind,
    kek: bytes,
    master_key: bytes,
    epoch: int,
    signing_public_key: bytes,
    random: Random = system_random,
) -> UnlockMethod:
    pair = KeyPair(random(SEED_BYTES))
    secret, master, public = places(account, method_id, kind, epoch)
    return UnlockMethod(
        method_id=method_id,
        kind=kind,
        secret=envelope.seal(kek, secret, pair.seed + signing_public_key, random=random),
        master=envelope.seal_to(pair.public_key, master, master_key),
        public=envelope.seal(master_key, public, pair.public_key, random=random),
    )


def open_method(method: UnlockMethod, *, account: str, kek: bytes, epoch: int) -> OpenedMethod:
    secret, master, public = places(account, method.method_id, method.kind, epoch)
    content = envelope.open_with(kek, secret, method.secret)
    if len(content) != SEED_BYTES + KEY_BYTES:
        raise CryptoError("bad_content")
    pair = KeyPair(content[:SEED_BYTES])
    master_key = envelope.open_sealed(pair, master, method.master)
    if len(master_key) != KEY_BYTES:
        raise CryptoError("bad_content")
    # Only who holds the master key could have written this method's public key under it.
    if not hmac.compare_digest(envelope.open_with(master_key, public, method.public), pair.public_key):
        raise CryptoError("public_key_mismatch")
    return OpenedMethod(master_key=master_key, signing_public_key=content[SEED_BYTES:])


def places(account: str, method_id: str, kind: str, epoch: int) -> tuple[Place, Place, Place]:
    return (
        Place(Namespace.UNLOCK_SECRET, account, scope=kind, record=method_id, epoch=1),
        Place(Namespace.UNLOCK_MASTER, account, scope=kind, record=method_id, epoch=epoch),
        Place(Namespace.UNLOCK_PUBLIC, account, scope=kind, record=method_id, epoch=epoch),
    )
