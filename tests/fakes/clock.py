"""A clock that moves only when it is told to, and randomness that is the same in every run."""

from __future__ import annotations

import hashlib
import threading
import uuid

START = 1_800_000_000  # 2027-01-15T08:00:00Z


class FakeClock:
    """`sleep` returns at once and moves the clock."""

    def __init__(self, now: float = START) -> None:
        self._now = float(now)
        self._start = self._now
        self._lock = threading.Lock()

    def now(self) -> int:
        return int(self._now)

    def monotonic(self) -> float:
        return self._now - self._start

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds


class FakeRandom:
    """Bytes from SHA-256 over a counter: never the same twice in a test, the same in every run of it."""

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self._count = 0
        self._lock = threading.Lock()

    def bytes(self, n: int) -> bytes:
        with self._lock:
            self._count += 1
            start = f"{self._seed}/{self._count}/"
        blocks = (hashlib.sha256(f"{start}{i}".encode()).digest() for i in range(-(-n // 32)))
        return b"".join(blocks)[:n]

    def uuid(self) -> str:
        return str(uuid.UUID(bytes=self.bytes(16), version=4))
