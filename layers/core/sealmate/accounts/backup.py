"""Backup codes: ten, of 50 random bits each, written so that they can be read aloud."""

from __future__ import annotations

from sealmate.ports import Random

COUNT = 10
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None})


def make(random: Random) -> list[str]:
    """As shown to the person: two groups of five."""
    return [_show(random.bytes(10)) for _ in range(COUNT)]


def read(text: str) -> str:
    """A code as it is hashed, whatever its case, white space and look-alikes."""
    return "".join(text.split()).upper().translate(_READ_AS)


def _show(raw: bytes) -> str:
    code = "".join(_ALPHABET[byte % 32] for byte in raw)
    return f"{code[:5]}-{code[5:]}"
