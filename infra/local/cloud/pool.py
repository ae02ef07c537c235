"""Idle and busy Lambda workers: reuses the warm, caps how many live, ends those idle for long or of old code."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from infra.local.cloud.sandbox import Sandbox


@dataclass(frozen=True)
class Version:
    """What a worker was started from: two versions of one function never share a worker."""

    function: str
    digest: str


@dataclass
class _Idle:
    version: Version
    sandbox: Sandbox
    since: float = field(default_factory=time.monotonic)


class Pool:
    """Workers by function version. `limit` counts all that are alive; callers keep busy ones below it."""

    def __init__(self, *, limit: int, idle_seconds: float) -> None:
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._guard = threading.Lock()
        self._idle: list[_Idle] = []
        self._busy = 0

    @contextmanager
    def worker(self, version: Version, make: Callable[[], Sandbox]) -> Iterator[Sandbox]:
        """A worker for one invocation, forked when no warm one is free."""
        with self._guard:
            sandbox = self._take(version)
            self._busy += 1
        try:
            sandbox = sandbox or make()
            yield sandbox
        finally:
            with self._guard:
                self._busy -= 1
                if sandbox is not None and sandbox.alive:
                    self._idle.append(_Idle(version, sandbox))

    def end_idle(self) -> None:
        """Ends workers that nobody has used for long."""
        with self._guard:
            limit = time.monotonic() - self._idle_seconds
            for old in [idle for idle in self._idle if idle.since < limit]:
                self._end(old)

    def reap_for_ever(self, every_seconds: float) -> None:
        def loop() -> None:
            while True:
                time.sleep(every_seconds)
                self.end_idle()

        threading.Thread(target=loop, daemon=True, name="lambda-reaper").start()

    def _take(self, version: Version) -> Sandbox | None:
        """The worker used last, so that a surplus grows old; workers of the function's former versions end here."""
        for idle in [idle for idle in self._idle if idle.version.function == version.function]:
            if idle.version != version:
                self._end(idle)
        for idle in reversed(self._idle):
            if idle.version == version:
                self._idle.remove(idle)
                return idle.sandbox
        while self._idle and len(self._idle) + self._busy >= self._limit:
            self._end(self._idle[0])
        return None

    def _end(self, idle: _Idle) -> None:
        self._idle.remove(idle)
        idle.sandbox.end()
