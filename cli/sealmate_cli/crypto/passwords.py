"""What a password gives: a proof for the server (`auth`) and a key that never leaves the device (`kek`)."""

import unicodedata
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw

from .errors import CryptoError
from .keys import derive, lp

SALT_BYTES = 16


@dataclass(frozen=True)
class KdfProfile:
    memory_kib: int
    passes: int
    lanes: int


# Compiled in, so that a server can name a profile but never weaken one.
PROFILES = {1: KdfProfile(memory_kib=65536, passes=3, lanes=1)}
CURRENT_PROFILE = 1
ARGON2_VERSION = 19  # 1.3


@dataclass(frozen=True)
class Proof:
    """`auth` is sent to the server; `kek` opens the unlock method and is never sent."""

    auth: bytes
    kek: bytes


def derive_password(password: str, *, account: str, salt: bytes, profile: int) -> Proof:
    """About half a second of one core: it is meant to be slow."""
    stretched = stretch(password, salt=salt, profile=profile)
    owner = lp(account.encode())
    return Proof(
        auth=derive(stretched, b"sealmate v1 password auth" + owner),
        kek=derive(stretched, b"sealmate v1 password kek" + owner),
    )


def stretch(password: str, *, salt: bytes, profile: int) -> bytes:
    if profile not in PROFILES:
        raise CryptoError("unknown_kdf_profile")
    if len(salt) != SALT_BYTES:
        raise CryptoError("bad_salt")
    cost = PROFILES[profile]
    return hash_secret_raw(
        normalise(password),
        salt,
        time_cost=cost.passes,
        memory_cost=cost.memory_kib,
        parallelism=cost.lanes,
        hash_len=64,
        type=Type.ID,
        version=ARGON2_VERSION,
    )


def normalise(password: str) -> bytes:
    """NFC, so that one password typed on two keyboards is the same bytes."""
    try:
        return unicodedata.normalize("NFC", password).encode()
    except UnicodeEncodeError as error:
        raise CryptoError("password_not_text") from error
