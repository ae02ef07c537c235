"""Writes formats_v1.json, rotation_v1.json, hostile_v1.json and pairing_v1.json, the vectors every implementation must meet.

From the root: `PYTHONPATH=.:cli python -m tests.vectors.make_vectors`.
"""

import json
from pathlib import Path

from sealmate_cli.crypto import envelope
from sealmate_cli.crypto.keys import derive
from sealmate_cli.crypto.xwing import KeyPair

from . import accounts, hostile, pairing, passkeys, records, rotation
from .fixed import Json, Sealed, encode, fixed

FILE = Path(__file__).with_name("formats_v1.json")
ROTATION_FILE = Path(__file__).with_name("rotation_v1.json")
HOSTILE_FILE = Path(__file__).with_name("hostile_v1.json")
PAIRING_FILE = Path(__file__).with_name("pairing_v1.json")


def make(kept: list[Json]) -> Json:
    """Deterministic, but for HPKE ciphertexts that are not among `kept` (the file's own `hpke` list)."""
    sealed = Sealed(kept)
    vectors = {
        "about": "Sealmate stored formats, version 1: see docs/formats.md. Bytes are base64url without padding.",
        "derivations": _derivations(),
        "xwing": _key_pairs(),
        "padding": _paddings(),
        "passwords": accounts.password_vectors(),
        "passwords_refused": accounts.password_refusals(),
        "recovery": accounts.recovery_vectors(),
        "recovery_refused": accounts.recovery_refusals(),
        "statements": accounts.statement_vectors(),
        "envelopes": records.envelope_vectors(sealed),
        "envelopes_refused": records.refused_vectors(sealed),
        "account": accounts.account_vectors(sealed),
        "passkeys": passkeys.passkey_vectors(sealed),
    }
    return {**vectors, "hpke": sealed.used}


def kept_hpke(file: Path = FILE) -> list[Json]:
    hpke: list[Json] = json.loads(file.read_text())["hpke"] if file.exists() else []
    return hpke


def as_text(vectors: Json) -> str:
    return json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"


def _derivations() -> list[Json]:
    key, salt = fixed("derivation key"), fixed("derivation salt")
    head = envelope.header(records.records()[0].place, envelope.key_id(records.KEK))
    cases = {
        "key id": (b"sealmate v1 key id", b"", 8),
        "record keys": (b"sealmate v1 record" + head, salt, 64),
        "answer seed": (b"sealmate v1 answer", b"", 32),
        "cache key": (b"sealmate v1 cache", b"", 32),
        "master commitment": (b"sealmate v1 master commitment", b"", 32),
    }
    return [
        {
            "name": name,
            "key": encode(key),
            "salt": encode(salt),
            "info": encode(info),
            "length": length,
            "output": encode(derive(key, info, length, salt=salt)),
        }
        for name, (info, salt, length) in cases.items()
    ]


def _key_pairs() -> list[Json]:
    pairs = [KeyPair(seed) for seed in (fixed("X-Wing seed"), bytes(32), records.ANSWER_PAIR.seed)]
    return [
        {
            "seed": encode(pair.seed),
            "public_key": encode(pair.public_key),
            "key_id": encode(envelope.public_key_id(pair.public_key)),
        }
        for pair in pairs
    ]


def _paddings() -> list[Json]:
    contents = [b"", b"a", b"x" * 59, b"x" * 60, b"x" * 61, b"x" * 124, b"\0" * 60]
    return [{"content": encode(each), "padded": encode(envelope.pad(each))} for each in contents]


if __name__ == "__main__":
    FILE.write_text(as_text(make(kept_hpke())))
    ROTATION_FILE.write_text(as_text(rotation.vectors()))
    HOSTILE_FILE.write_text(as_text(hostile.vectors(kept_hpke(HOSTILE_FILE))))
    PAIRING_FILE.write_text(as_text(pairing.vectors(kept_hpke(PAIRING_FILE))))
