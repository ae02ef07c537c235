"""The real clock and the real randomness."""

from __future__ import annotations

import os
import time
import uuid


class SystemClock:
    def now(self) -> int:
        return int(time.time())

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class SystemRandom:
    def bytes(self, n: int) -> bytes:
        return os.urandom(n)

    def uuid(self) -> str:
        return str(uuid.uuid4())
