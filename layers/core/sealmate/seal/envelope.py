"""The envelope of docs/formats.md, version 1: one record, one key, bound to its ids. A pure leaf: bytes in, bytes out.

Errors: SealBroken for everything that doesn't parse or open, with a reason that names the check and nothing else.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sealmate import errors

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey, Suite

MAGIC = b"SEAL"
VERSION = 1
HEADER_SIZE = 19
PUBLIC_KEY_SIZE = 1216
_ENC_SIZE = 1120
_TAG = 16
_BLOCK = 64


class SuiteId(IntEnum):
    SYMMETRIC = 1
    PUBLIC_KEY = 2


class Namespace(IntEnum):
    UNLOCK_SECRET = 1
    UNLOCK_MASTER = 2
    UNLOCK_PUBLIC = 3
    SIGNING_KEY = 4
    CHAT_KEY = 5
    MESSAGE = 6
    ANSWER = 7
    TITLE = 8
    SUGGESTIONS = 9
    CACHE = 10
    DETAILS = 11
    LINK = 12
    DEVICE_LINK = 13
    PAIRING = 14
    APP_KEY = 15
    APP_SETTINGS = 16
    AT_REST = 64


_SEALED_TO_PUBLIC_KEY = frozenset(
    {Namespace.UNLOCK_MASTER, Namespace.ANSWER, Namespace.TITLE, Namespace.SUGGESTIONS, Namespace.PAIRING}
)


@dataclass(frozen=True, kw_only=True)
class Address:
    """Which record this is. An envelope opens only at the address it was sealed for.

    `scope` is the chat, app or method it belongs to; `parent` the SHA-256 of the parent's envelope, or empty.
    """

    account: str
    scope: str
    record: str
    version: int = 1
    parent: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Header:
    suite: SuiteId
    namespace: Namespace
    key_id: bytes
    epoch: int

    def encode(self) -> bytes:
        return MAGIC + bytes([VERSION, self.suite, self.namespace]) + self.key_id + self.epoch.to_bytes(4, "big")

    @classmethod
    def parse(cls, envelope: bytes) -> Header:
        """The header of a whole envelope, whose size must be one that its suite can have."""
        if len(envelope) < HEADER_SIZE or envelope[:4] != MAGIC:
            raise errors.SealBroken(reason="not_an_envelope")
        if envelope[4] != VERSION:
            raise errors.SealBroken(reason="unknown_version")
        try:
            suite, namespace = SuiteId(envelope[5]), Namespace(envelope[6])
        except ValueError:
            raise errors.SealBroken(reason="unknown_suite_or_namespace") from None
        if (namespace in _SEALED_TO_PUBLIC_KEY) != (suite is SuiteId.PUBLIC_KEY):
            raise errors.SealBroken(reason="wrong_suite")
        size = len(envelope) - HEADER_SIZE - (76 if suite is SuiteId.SYMMETRIC else _ENC_SIZE) - _TAG
        if size < _BLOCK or size % _BLOCK:
            raise errors.SealBroken(reason="wrong_size")
        return cls(
            suite=suite, namespace=namespace, key_id=envelope[7:15], epoch=int.from_bytes(envelope[15:19], "big")
        )


def derive(key: bytes, info: bytes, length: int = 32, *, salt: bytes = b"") -> bytes:
    """HKDF-SHA-256."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(key)


def digest(data: bytes) -> bytes:
    sha = Hash(SHA256())
    sha.update(data)
    return sha.finalize()


def length_prefixed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def seal(
    key: bytes,
    content: bytes,
    *,
    namespace: Namespace,
    epoch: int,
    address: Address,
    random: Callable[[int], bytes] = os.urandom,
) -> bytes:
    """Suite 1. The key may be used for any number of records: each gets its own from a fresh salt."""
    header = Header(suite=SuiteId.SYMMETRIC, namespace=namespace, key_id=_key_id(key), epoch=epoch).encode()
    salt, iv = random(32), random(12)
    record_key, commitment = _record_key(key, salt, header)
    sealed = AESGCM(record_key).encrypt(iv, _pad(content), _associated(header, address))
    return header + salt + commitment + iv + sealed


def unseal(key: bytes, envelope: bytes, *, namespace: Namespace, address: Address) -> bytes:
    """The content of a suite 1 envelope."""
    header = Header.parse(envelope)
    if header.namespace is not namespace:
        raise errors.SealBroken(reason="wrong_namespace")
    if not hmac.compare_digest(header.key_id, _key_id(key)):
        raise errors.SealBroken(reason="wrong_key")
    head, body = envelope[:HEADER_SIZE], envelope[HEADER_SIZE:]
    record_key, commitment = _record_key(key, body[:32], head)
    if not hmac.compare_digest(commitment, body[32:64]):
        raise errors.SealBroken(reason="commitment_mismatch")
    try:
        return _unpad(AESGCM(record_key).decrypt(body[64:76], body[76:], _associated(head, address)))
    except InvalidTag:
        raise errors.SealBroken(reason="altered") from None


def seal_to(public_key: bytes, content: bytes, *, namespace: Namespace, epoch: int, address: Address) -> bytes:
    """Suite 2: only the holder of the private key opens it. `public_key` is X-Wing's 1216 bytes."""
    header = Header(suite=SuiteId.PUBLIC_KEY, namespace=namespace, key_id=digest(public_key)[:8], epoch=epoch).encode()
    info = b"sealmate v1 sealed" + _associated(header, address)
    return header + _hpke().encrypt(_pad(content), read_public_key(public_key), info)


def read_public_key(raw: bytes) -> MLKEM768X25519PublicKey:
    """An X-Wing public key: ML-KEM-768's 1184 bytes, then X25519's 32. SealBroken if it is none."""
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
    from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

    if len(raw) != PUBLIC_KEY_SIZE:
        raise errors.SealBroken(reason="not_a_public_key")
    try:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(raw[:1184]), X25519PublicKey.from_public_bytes(raw[1184:])
        )
    except ValueError:
        raise errors.SealBroken(reason="not_a_public_key") from None


@cache
def _hpke() -> Suite:
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _key_id(key: bytes) -> bytes:
    return derive(key, b"sealmate v1 key id", 8)


def _record_key(key: bytes, salt: bytes, header: bytes) -> tuple[bytes, bytes]:
    """The key of one record, and what commits to it (GCM alone opens under more than one key)."""
    okm = derive(key, b"sealmate v1 record" + header, 64, salt=salt)
    return okm[:32], okm[32:]


def _associated(header: bytes, address: Address) -> bytes:
    texts = b"".join(length_prefixed(t.encode()) for t in (address.account, address.scope, address.record))
    return length_prefixed(header) + texts + address.version.to_bytes(4, "big") + length_prefixed(address.parent)


def _pad(content: bytes) -> bytes:
    framed = length_prefixed(content)
    return framed + bytes(-len(framed) % _BLOCK)


def _unpad(padded: bytes) -> bytes:
    size = int.from_bytes(padded[:4], "big")
    content, rest = padded[4 : 4 + size], padded[4 + size :]
    if len(content) != size or len(rest) >= _BLOCK or any(rest):
        raise errors.SealBroken(reason="bad_padding")
    return content
