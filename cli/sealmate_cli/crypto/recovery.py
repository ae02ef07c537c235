"""The recovery key: 256 random bits as text a person can write down, and what it derives."""

import hmac

from . import base32
from .errors import CryptoError
from .keys import derive, lp, sha256
from .passwords import Proof

KEY_BYTES = 32
_CHECKSUM_BYTES = 3


def encode_recovery_key(key: bytes) -> str:
    """Crockford base32 of key ‖ checksum: 56 characters in 14 groups."""
    return base32.write(key + _checksum(key))


def decode_recovery_key(text: str) -> bytes:
    try:
        data = base32.read(text, length=KEY_BYTES + _CHECKSUM_BYTES)
    except ValueError as error:
        raise CryptoError("bad_recovery_key") from error
    key, checksum = data[:KEY_BYTES], data[KEY_BYTES:]
    if not hmac.compare_digest(_checksum(key), checksum):
        raise CryptoError("bad_recovery_key")
    return key


def derive_recovery(key: bytes, *, account: str) -> Proof:
    """HKDF alone: 256 random bits need no stretching."""
    owner = lp(account.encode())
    return Proof(
        auth=derive(key, b"sealmate v1 recovery auth" + owner),
        kek=derive(key, b"sealmate v1 recovery kek" + owner),
    )


def _checksum(key: bytes) -> bytes:
    return sha256(b"sealmate v1 recovery" + key)[:_CHECKSUM_BYTES]
