"""Key derivation (HKDF-SHA-256) and the source of randomness that every making function takes."""

import os
from collections.abc import Callable

from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Random = Callable[[int], bytes]
"""Gives that many unpredictable bytes; tests and vectors pass a fixed sequence."""

system_random: Random = os.urandom


def derive(key: bytes, info: bytes, length: int = 32, *, salt: bytes = b"") -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(key)


def sha256(data: bytes) -> bytes:
    digest = Hash(SHA256())
    digest.update(data)
    return digest.finalize()


def u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def lp(data: bytes) -> bytes:
    """Length-prefixed, so that two different lists of fields never join to the same bytes."""
    return u32(len(data)) + data
