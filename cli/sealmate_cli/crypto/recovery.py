"""The recovery key: 256 random bits as text a person can write down, and what it derives."""

import hmac

from .errors import CryptoError
from .keys import derive, lp, sha256
from .passwords import Proof

KEY_BYTES = 32
_CHECKSUM_BYTES = 3
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


def encode_recovery_key(key: bytes) -> str:
    """Crockford base32 of key ‖ checksum: 56 characters in 14 groups."""
    number = int.from_bytes(key + _checksum(key), "big")
    digits = (KEY_BYTES + _CHECKSUM_BYTES) * 8 // 5
    text = "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(digits)))
    return "-".join(text[start : start + 4] for start in range(0, digits, 4))


def decode_recovery_key(text: str) -> bytes:
    characters = normalise_recovery_text(text)
    if len(characters) != 56 or not set(characters) <= set(_ALPHABET):
        raise CryptoError("bad_recovery_key")
    number = 0
    for character in characters:
        number = number << 5 | _ALPHABET.index(character)
    data = number.to_bytes(KEY_BYTES + _CHECKSUM_BYTES, "big")
    key, checksum = data[:KEY_BYTES], data[KEY_BYTES:]
    if not hmac.compare_digest(_checksum(key), checksum):
        raise CryptoError("bad_recovery_key")
    return key


def normalise_recovery_text(text: str) -> str:
    """Any part of a recovery key as it was meant, however it was typed."""
    return text.strip().upper().translate(_READ_AS)


def derive_recovery(key: bytes, *, account: str) -> Proof:
    """HKDF alone: 256 random bits need no stretching."""
    owner = lp(account.encode())
    return Proof(
        auth=derive(key, b"sealmate v1 recovery auth" + owner),
        kek=derive(key, b"sealmate v1 recovery kek" + owner),
    )


def _checksum(key: bytes) -> bytes:
    return sha256(b"sealmate v1 recovery" + key)[:_CHECKSUM_BYTES]
