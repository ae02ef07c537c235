"""What makes the vectors repeatable: fixed randomness, and HPKE ciphertexts made once and kept."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

from sealmate_cli.crypto import envelope
from sealmate_cli.crypto.envelope import Place
from sealmate_cli.crypto.xwing import KeyPair, seal

Json = dict[str, Any]


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def fixed(label: str, length: int = 32) -> bytes:
    """Bytes that look random and follow from their label."""
    return hashlib.shake_256(f"sealmate vectors {label}".encode()).digest(length)


def identifier(label: str) -> str:
    data = fixed(label, 16).hex()
    return f"{data[:8]}-{data[8:12]}-7{data[13:16]}-8{data[17:20]}-{data[20:]}"


class FixedRandom:
    """A source of randomness that says the same thing every time."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._calls = 0

    def __call__(self, length: int) -> bytes:
        self._calls += 1
        return fixed(f"{self._label} {self._calls}", length)


@dataclass
class Sealed:
    """HPKE seals are random by nature: each is made once, kept in the file, and found again by its inputs."""

    kept: list[Json]
    used: list[Json] = field(default_factory=list)

    def envelope(self, pair: KeyPair, place: Place, content: bytes) -> bytes:
        return self.padded_envelope(pair, place, envelope.pad(content))

    def padded_envelope(self, pair: KeyPair, place: Place, padded: bytes) -> bytes:
        head = envelope.header(place, envelope.public_key_id(pair.public_key))
        return head + self._hpke(pair, envelope.hpke_info(place, head), padded)

    def _hpke(self, pair: KeyPair, info: bytes, plaintext: bytes) -> bytes:
        inputs = {"seed": encode(pair.seed), "info": encode(info), "plaintext": encode(plaintext)}
        for entry in self.used + self.kept:
            if {name: entry[name] for name in inputs} == inputs:
                break
        else:
            entry = {**inputs, "ciphertext": encode(seal(pair.public_key, plaintext, info))}
        if entry not in self.used:
            self.used.append(entry)
        return decode(entry["ciphertext"])
