"""A device's proof that it holds its key: a DPoP proof (RFC 9449) over one request, and over a nonce that makes it good once.

At sign-in the nonce is the id of the step that is completed, which ends with it. Later it is the server's own: bound to the session by its
`lineage`, good for two minutes by the server's clock, so that nothing hangs on a device's. The next one comes with the answer to each
signed request, so that a device that goes on needn't be refused first (RFC 9449, 8.2).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from sealmate import errors
from sealmate.accounts import proofs
from sealmate.accounts.records import Session
from sealmate.accounts.stores import SessionStore
from sealmate.accounts.transport import HttpRequest
from sealmate.model import Bytes, Shape, from_base64url, to_base64url
from sealmate.ports import Clock, Random

HEADER = "dpop"
_LIFETIME = 120
_LONGEST = 2048
_TAG = 16
# What stands before a function's path in the addresses that clients call.
_ROOT = "/api"
_Coordinate = Annotated[Bytes, Field(min_length=32, max_length=32)]


class _Jwk(Shape):
    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: _Coordinate
    y: _Coordinate

    def thumbprint(self) -> str:
        """RFC 7638."""
        x, y = to_base64url(self.x), to_base64url(self.y)
        return to_base64url(proofs.sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode()))


class _Header(Shape):
    typ: Literal["dpop+jwt"]
    alg: Literal["ES256"]
    jwk: _Jwk


class _Claims(Shape):
    jti: Annotated[str, Field(min_length=1, max_length=64)]
    htm: str
    htu: str
    iat: int
    nonce: str


@dataclass(frozen=True, kw_only=True)
class DeviceProofs:
    clock: Clock
    random: Random
    store: SessionStore

    def check(self, request: HttpRequest | None, session: Session) -> None:
        """The session's own device signed this very request, for the first time. DeviceProofNeeded, InvalidDeviceProof."""
        if request is None or not request.headers.get(HEADER):
            raise self._needed(session)
        key, nonce = _read(request)
        if not self._is_fresh(nonce, session):
            raise self._needed(session)
        if not session.device_key or not hmac.compare_digest(key, session.device_key):
            raise errors.InvalidDeviceProof()
        if not self.store.spend_nonce(session, nonce, expires_at=self.clock.now() + _LIFETIME):
            raise self._needed(session)

    def make_nonce(self, session: Session) -> str:
        """For one request of this session, within two minutes."""
        stamp = self.clock.now().to_bytes(8, "big") + self.random.bytes(8)
        return to_base64url(stamp + _tag(stamp, session))

    def _needed(self, session: Session) -> errors.DeviceProofNeeded:
        return errors.DeviceProofNeeded(nonce=self.make_nonce(session))

    def _is_fresh(self, nonce: str, session: Session) -> bool:
        try:
            given = from_base64url(nonce)
        except ValueError:
            return False
        stamp, tag = given[:-_TAG], given[-_TAG:]
        ours = hmac.compare_digest(tag, _tag(stamp, session))
        return ours and 0 <= self.clock.now() - int.from_bytes(stamp[:8], "big") < _LIFETIME


def key_at_sign_in(request: HttpRequest | None, *, step_id: str) -> str:
    """The thumbprint of the key that signed this step's request. InvalidDeviceProof, also if there is no proof."""
    if request is None or not request.headers.get(HEADER):
        raise errors.InvalidDeviceProof()
    key, nonce = _read(request)
    if nonce != step_id:
        raise errors.InvalidDeviceProof()
    return key


def _read(request: HttpRequest) -> tuple[str, str]:
    """Thumbprint and nonce of a proof that is whole, signed, and of this request's method and path."""
    text = str(request.headers[HEADER])
    try:
        if len(text) > _LONGEST:
            raise ValueError("too long")
        head, body, signature = text.split(".")
        header = _Header.model_validate_json(from_base64url(head))
        claims = _Claims.model_validate_json(from_base64url(body))
        _verify(header.jwk, f"{head}.{body}".encode(), from_base64url(signature))
    except ValueError:
        raise errors.InvalidDeviceProof() from None
    path = str(request.context.get("resourcePath")).format(**(request.uri_params or {}))
    if (claims.htm, urlsplit(claims.htu).path) != (request.method, _ROOT + path):
        raise errors.InvalidDeviceProof()
    return header.jwk.thumbprint(), claims.nonce


def _verify(jwk: _Jwk, signed: bytes, signature: bytes) -> None:
    """ValueError unless the key's holder signed it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    if len(signature) != 64:
        raise ValueError("no signature of this curve")
    x, y, r, s = (int.from_bytes(part, "big") for part in (jwk.x, jwk.y, signature[:32], signature[32:]))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    try:
        key.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise ValueError("bad signature") from None


def _tag(stamp: bytes, session: Session) -> bytes:
    return hmac.digest(session.lineage, b"sealmate v1 device nonce" + stamp, "sha256")[:_TAG]
