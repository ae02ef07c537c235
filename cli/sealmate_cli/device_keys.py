"""This device's signing key, one an account: it proves at sign-in and after which device a request comes from (DPoP, RFC 9449)."""

import json
import uuid
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from sealmate_cli.wire.shape import to_base64url

Sign = Callable[[str, str, str], str]
"""From method, address and nonce to the proof that travels as the header `DPoP`."""

_CURVE = ec.SECP256R1()
_BYTES = 32


def make_device_key() -> bytes:
    """The private scalar, as it is kept in the profile."""
    return ec.generate_private_key(_CURVE).private_numbers().private_value.to_bytes(_BYTES, "big")


def signer(device_key: bytes, now: Callable[[], float]) -> Sign:
    key = ec.derive_private_key(int.from_bytes(device_key, "big"), _CURVE)
    public = key.public_key().public_numbers()
    x, y = (to_base64url(number.to_bytes(_BYTES, "big")) for number in (public.x, public.y))
    header = _part({"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256", "x": x, "y": y}})

    def sign(method: str, address: str, nonce: str) -> str:
        claims = {"jti": str(uuid.uuid4()), "htm": method, "htu": address, "iat": int(now()), "nonce": nonce}
        signed = f"{header}.{_part(claims)}"
        r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
        return f"{signed}.{to_base64url(r.to_bytes(_BYTES, 'big') + s.to_bytes(_BYTES, 'big'))}"

    return sign


def _part(content: dict[str, object]) -> str:
    return to_base64url(json.dumps(content, separators=(",", ":")).encode())
