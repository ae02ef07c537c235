"""The envelope: how every record is encrypted, to a key (suite 1) or to a public key (suite 2)."""

import hmac
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import xwing
from .errors import CryptoError
from .keys import Random, derive, lp, sha256, system_random, u32

MAGIC = b"SEAL"
VERSION = 1
HEADER_BYTES = 19
PADDED_TO = 64
_SALT, _COMMITMENT, _IV, _TAG = 32, 32, 12, 16


class Suite(IntEnum):
    KEY = 1
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

    @property
    def suite(self) -> Suite:
        return Suite.PUBLIC_KEY if self in _TO_PUBLIC_KEYS else Suite.KEY


_TO_PUBLIC_KEYS = {
    Namespace.UNLOCK_MASTER,
    Namespace.ANSWER,
    Namespace.TITLE,
    Namespace.SUGGESTIONS,
    Namespace.PAIRING,
}


@dataclass(frozen=True)
class Place:
    """Where a record belongs; an envelope opens in no other place."""

    namespace: Namespace
    account: str
    scope: str
    record: str
    epoch: int
    """Of the master key, or the generation of the chat key."""
    version: int = 1
    parent: bytes = b""
    """SHA-256 of the parent's whole envelope, or empty."""


def key_id(key: bytes) -> bytes:
    return derive(key, b"sealmate v1 key id", 8)


def public_key_id(public_key: bytes) -> bytes:
    return sha256(public_key)[:8]


def header(place: Place, identifier: bytes) -> bytes:
    kind = bytes([VERSION, place.namespace.suite, place.namespace])
    return MAGIC + kind + identifier + u32(place.epoch)


def aad(place: Place, head: bytes) -> bytes:
    names = b"".join(lp(name.encode()) for name in (place.account, place.scope, place.record))
    return lp(head) + names + u32(place.version) + lp(place.parent)


def read_epoch(envelope: bytes) -> int:
    """The epoch or generation an envelope says it was made with: unproven until it opens."""
    _check_kind(envelope)
    return int.from_bytes(envelope[15:HEADER_BYTES], "big")


def pad(content: bytes) -> bytes:
    framed = lp(content)
    return framed + bytes(-len(framed) % PADDED_TO)


def unpad(padded: bytes) -> bytes:
    content = padded[4 : 4 + int.from_bytes(padded[:4], "big")]
    if pad(content) != padded:
        raise CryptoError("bad_padding")
    return content


def seal(key: bytes, place: Place, content: bytes, *, random: Random = system_random) -> bytes:
    """Suite 1. Each record has its own salt, so its own encryption key."""
    _expect_suite(place, Suite.KEY)
    head = header(place, key_id(key))
    salt, iv = random(_SALT), random(_IV)
    record_key, commitment = _record_keys(key, salt, head)
    return head + salt + commitment + iv + AESGCM(record_key).encrypt(iv, pad(content), aad(place, head))


def open_with(key: bytes, place: Place, envelope: bytes) -> bytes:
    """Suite 1."""
    _expect_suite(place, Suite.KEY)
    head = _check_header(envelope, place, key_id(key))
    body = envelope[HEADER_BYTES:]
    _check_length(len(body) - _SALT - _COMMITMENT - _IV)
    salt, rest = body[:_SALT], body[_SALT:]
    sent_commitment, iv, ciphertext = rest[:_COMMITMENT], rest[_COMMITMENT:][:_IV], rest[_COMMITMENT + _IV :]
    record_key, commitment = _record_keys(key, salt, head)
    if not hmac.compare_digest(commitment, sent_commitment):
        raise CryptoError("commitment_mismatch")
    try:
        return unpad(AESGCM(record_key).decrypt(iv, ciphertext, aad(place, head)))
    except InvalidTag as error:
        raise CryptoError("not_authentic") from error


def seal_to(public_key: bytes, place: Place, content: bytes) -> bytes:
    """Suite 2. HPKE draws its own randomness, so two seals of one content always differ."""
    _expect_suite(place, Suite.PUBLIC_KEY)
    head = header(place, public_key_id(public_key))
    return head + xwing.seal(public_key, pad(content), hpke_info(place, head))


def open_sealed(pair: xwing.KeyPair, place: Place, envelope: bytes) -> bytes:
    """Suite 2."""
    _expect_suite(place, Suite.PUBLIC_KEY)
    head = _check_header(envelope, place, public_key_id(pair.public_key))
    _check_length(len(envelope) - HEADER_BYTES - xwing.ENC_BYTES)
    return unpad(pair.open(envelope[HEADER_BYTES:], hpke_info(place, head)))


def hpke_info(place: Place, head: bytes) -> bytes:
    return b"sealmate v1 sealed" + aad(place, head)


def _record_keys(key: bytes, salt: bytes, head: bytes) -> tuple[bytes, bytes]:
    both = derive(key, b"sealmate v1 record" + head, 64, salt=salt)
    return both[:32], both[32:]


def _expect_suite(place: Place, suite: Suite) -> None:
    if place.namespace.suite is not suite:
        raise CryptoError("wrong_suite")


def _check_kind(envelope: bytes) -> None:
    if envelope[:4] != MAGIC:
        raise CryptoError("not_an_envelope")
    if len(envelope) < HEADER_BYTES:
        raise CryptoError("truncated")
    version, suite, namespace = envelope[4:7]
    if version != VERSION:
        raise CryptoError("unknown_version")
    if suite not in set(Suite):
        raise CryptoError("unknown_suite")
    if namespace not in set(Namespace):
        raise CryptoError("unknown_namespace")


def _check_header(envelope: bytes, place: Place, identifier: bytes) -> bytes:
    _check_kind(envelope)
    head, expected = envelope[:HEADER_BYTES], header(place, identifier)
    parts = {"wrong_suite": slice(5, 6), "wrong_namespace": slice(6, 7), "wrong_key": slice(7, 15)}
    for reason, part in parts.items():
        if head[part] != expected[part]:
            raise CryptoError(reason)
    if head != expected:
        raise CryptoError("wrong_epoch")
    return head


def _check_length(ciphertext: int) -> None:
    if ciphertext < PADDED_TO + _TAG or (ciphertext - _TAG) % PADDED_TO:
        raise CryptoError("truncated")
