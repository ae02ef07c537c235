"""A software authenticator: makes credentials and signs, as WebAuthn lays it down, and can be told to do it wrong."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from sealmate.model import from_base64url, to_base64url

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass(kw_only=True)
class Authenticator:
    """One credential. `verifies`: asks who holds it; `counts`: by how much its counter rises with each use; `rsa_bits`: else ES256."""

    name: str
    origin: str
    verifies: bool = True
    counts: int = 1
    counter: int = 0
    user_handle: str = ""
    rp_id: str = ""
    rsa_bits: int = 0
    _key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.rsa_bits:
            self._key = rsa.generate_private_key(65537, self.rsa_bits)
            return
        secret = int.from_bytes(hashlib.sha256(f"key of {self.name}".encode()).digest(), "big")
        self._key = ec.derive_private_key(secret % (2**255) + 1, ec.SECP256R1())

    @property
    def credential_id(self) -> bytes:
        return hashlib.sha256(f"id of {self.name}".encode()).digest()

    def create(self, options: dict[str, Any], **client_data: object) -> dict[str, Any]:
        """A Registration, as a client sends it. `client_data`: what to say otherwise."""
        self.rp_id, self.user_handle = options["rp"]["id"], options["user"]["id"]
        said = self._client_data("webauthn.create", options["challenge"], client_data)
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self._cose()
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(self.rp_id, _ATTESTED) + attested}
        return {
            "credential_id": to_base64url(self.credential_id),
            "client_data": to_base64url(said),
            "attestation": to_base64url(cbor2.dumps(attestation)),
            "transports": ["internal"],
        }

    def get(self, options: dict[str, Any], *, rp_id: str = "", **client_data: object) -> dict[str, Any]:
        """An Assertion, as a client sends it."""
        self.counter += self.counts
        said = self._client_data("webauthn.get", options["challenge"], client_data)
        data = self._data(rp_id or options["rpId"])
        signature = self._sign(data + hashlib.sha256(said).digest())
        return {
            "credential_id": to_base64url(self.credential_id),
            "client_data": to_base64url(said),
            "authenticator_data": to_base64url(data),
            "signature": to_base64url(signature),
            "user_handle": self.user_handle,
        }

    def _client_data(self, kind: str, challenge: str, changes: dict[str, object]) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | changes).encode()

    def _data(self, rp_id: str, more: int = 0) -> bytes:
        flags = _PRESENT | (_VERIFIED if self.verifies else 0) | more
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _sign(self, signed: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(signed, padding.PKCS1v15(), SHA256())
        return self._key.sign(signed, ec.ECDSA(SHA256()))

    def _cose(self) -> bytes:
        """ES256 on P-256, or RS256."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            public = self._key.public_key().public_numbers()
            modulus = public.n.to_bytes((public.n.bit_length() + 7) // 8, "big")
            return cbor2.dumps({1: 3, 3: -257, -1: modulus, -2: public.e.to_bytes(3, "big")})
        at = self._key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: at.x.to_bytes(32, "big"), -3: at.y.to_bytes(32, "big")})


def flipped(text: str) -> str:
    """The same bytes but for one bit of the last one."""
    raw = from_base64url(text)
    return to_base64url(raw[:-1] + bytes([raw[-1] ^ 1]))
