"""A KMS in memory: data keys bound to their context, a keyed hash, and a record of every call."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading

from sealmate import errors
from sealmate.ports import Context, DataKey
from tests.fakes.clock import FakeRandom

_MASTER = hashlib.sha256(b"fake data key").digest()
_MAC = hashlib.sha256(b"fake mac key").digest()


class FakeKeyService:
    """All instances share one key, as processes share KMS. `calls` names the calls in their order."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._random = FakeRandom("keys")
        self._lock = threading.Lock()

    def make_data_key(self, context: Context) -> DataKey:
        self._note("make_data_key")
        plain = self._random.bytes(32)
        nonce = self._random.bytes(16)
        masked = bytes(a ^ b for a, b in zip(plain, _stream(nonce), strict=True))
        return DataKey(plain=plain, sealed=nonce + masked + _tag(nonce + masked, context))

    def open_data_key(self, sealed: bytes, context: Context) -> bytes:
        self._note("open_data_key")
        body, tag = sealed[:48], sealed[48:]
        if not hmac.compare_digest(tag, _tag(body, context)):
            raise errors.SealBroken()
        return bytes(a ^ b for a, b in zip(body[16:], _stream(body[:16]), strict=True))

    def mac(self, message: bytes) -> bytes:
        self._note("mac")
        return hmac.digest(_MAC, message, "sha256")

    def _note(self, call: str) -> None:
        with self._lock:
            self.calls.append(call)


def _stream(nonce: bytes) -> bytes:
    return hmac.digest(_MASTER, b"stream" + nonce, "sha256")


def _tag(body: bytes, context: Context) -> bytes:
    return hmac.digest(_MASTER, body + json.dumps(dict(context), sort_keys=True).encode(), "sha256")
