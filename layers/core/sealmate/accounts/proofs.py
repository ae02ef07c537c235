"""Keyed hashes of what people prove: only the key service can compute them, so a copied database helps no guessing."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import uuid
from collections.abc import Iterable

from sealmate.ports import KeyService
from sealmate.seal.envelope import length_prefixed


def _mac(keys: KeyService, label: str, *parts: bytes | str) -> bytes:
    """Each use has its own label, and parts can't run into each other."""
    texts = (part.encode() if isinstance(part, str) else part for part in parts)
    return keys.mac(f"sealmate v1 {label}".encode() + b"".join(map(length_prefixed, texts)))


def email_key(email: str, *, keys: KeyService) -> str:
    """Under which a normalised address is looked up."""
    return _mac(keys, "email", email).hex()


def source_key(address: str, *, keys: KeyService) -> str:
    """Of IPv6 the /64: one customer has all of its addresses."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return _mac(keys, "source", address).hex()
    network = ipaddress.ip_network((ip, 64), strict=False) if ip.version == 6 else ip
    return _mac(keys, "source", str(network)).hex()


def decoy(email: str, *, keys: KeyService) -> tuple[str, bytes]:
    """An account id and a salt for an address that has no account: the same every time, and shaped like real ones."""
    mac = _mac(keys, "decoy", email)
    return str(uuid.UUID(bytes=mac[:16], version=4)), mac[16:]


def auth_mac(account_id: str, auth: bytes, *, keys: KeyService) -> bytes:
    return _mac(keys, "auth", account_id, auth)


def mail_code_mac(signup_id: str, code: str, *, keys: KeyService) -> bytes:
    return _mac(keys, "mail code", signup_id, code)


def erasure_id(request_id: str, *, keys: KeyService) -> str:
    """Of the erasure that this request of a reset may end in: the same at every try, and nobody can guess it."""
    mac = _mac(keys, "erasure of a reset", request_id)
    return str(uuid.UUID(bytes=mac[:16], version=4))


def receipt_mac(receipt: str, *, keys: KeyService) -> bytes:
    return _mac(keys, "erasure receipt", receipt)


def backup_macs(account_id: str, codes: Iterable[str], *, keys: KeyService) -> list[bytes]:
    """One call to the key service for all codes of an account. `codes` are as `backup.read` returns them."""
    key = _mac(keys, "backup codes", account_id)
    return [hmac.digest(key, code.encode(), "sha256") for code in codes]


def next_nonce(session_id: str, secret: bytes, *, keys: KeyService) -> bytes:
    """What the secret after `secret` is made of (sessions.py): repeating a rotation gives the same one."""
    return _mac(keys, "rotation", session_id, secret)[:16]


def sha256(secret: bytes) -> bytes:
    """Enough for secrets of full entropy."""
    return hashlib.sha256(secret).digest()


def matches(given: bytes, expected: bytes | None) -> bool:
    """In constant time; nothing matches None."""
    known = bytes(len(given)) if expected is None else expected
    return hmac.compare_digest(given, known) and expected is not None
