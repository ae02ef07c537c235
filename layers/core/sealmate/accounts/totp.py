"""TOTP (RFC 6238: SHA-1, six digits, 30 s), one step of clock drift allowed either way."""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING

from sealmate.ports import Random

if TYPE_CHECKING:
    from pyotp import TOTP

STEP = 30
_ISSUER = "Sealmate"
_SEED_SIZE = 20


def make_seed(random: Random) -> bytes:
    return random.bytes(_SEED_SIZE)


def as_text(seed: bytes) -> str:
    """What a person types into an authenticator."""
    return base64.b32encode(seed).decode()


def provisioning_uri(seed: bytes, *, email: str) -> str:
    return _totp(seed).provisioning_uri(name=email, issuer_name=_ISSUER)


def step_of(code: str, *, seed: bytes, now: int) -> int | None:
    """The time step this code belongs to, if that is now or next to it. Whether it was used is the store's to say."""
    otp, current = _totp(seed), now // STEP
    found = [s for s in (current - 1, current, current + 1) if hmac.compare_digest(otp.generate_otp(s), code)]
    return found[-1] if found else None


def _totp(seed: bytes) -> TOTP:
    from pyotp import TOTP

    return TOTP(as_text(seed), interval=STEP)
