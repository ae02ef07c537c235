"""X-Wing (ML-KEM-768 with X25519) key pairs from a 32-byte seed, and HPKE to and from them."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from .errors import CryptoError

SEED_BYTES = 32
PUBLIC_KEY_BYTES = 1216
ENC_BYTES = 1120
_MLKEM_PUBLIC_BYTES = 1184
_HPKE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True)
class KeyPair:
    seed: bytes

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise CryptoError("bad_seed")

    @cached_property
    def _halves(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        expanded = hashlib.shake_256(self.seed).digest(96)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
            X25519PrivateKey.from_private_bytes(expanded[64:]),
        )

    @cached_property
    def public_key(self) -> bytes:
        mlkem, x25519 = self._halves
        return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()

    def open(self, ciphertext: bytes, info: bytes) -> bytes:
        """`ciphertext` is enc ‖ ct with its tag."""
        try:
            return _HPKE.decrypt(ciphertext, MLKEM768X25519PrivateKey(*self._halves), info)
        except (InvalidTag, ValueError) as error:
            raise CryptoError("not_authentic") from error


def seal(public_key: bytes, plaintext: bytes, info: bytes) -> bytes:
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise CryptoError("bad_public_key")
    try:
        mlkem = MLKEM768PublicKey.from_public_bytes(public_key[:_MLKEM_PUBLIC_BYTES])
        x25519 = X25519PublicKey.from_public_bytes(public_key[_MLKEM_PUBLIC_BYTES:])
        return _HPKE.encrypt(plaintext, MLKEM768X25519PublicKey(mlkem, x25519), info)
    except ValueError as error:
        raise CryptoError("bad_public_key") from error
