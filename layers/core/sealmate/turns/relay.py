"""Turns a model's deltas into frames: the first at once, then at most one in an interval, by a sender apart from the reader.

The reader only appends; the sender takes all that has gathered. A slow connection therefore makes frames larger, never the answer later,
and a fast model makes them fewer (docs/decisions/0004). Once a second, and in the same thread, the sender stores a snapshot.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sealmate.ports import Clock


@dataclass(kw_only=True)
class Pace:
    """When the next frame and the next snapshot are due. Seconds, on the monotonic clock."""

    frame_interval: float
    snapshot_interval: float
    _frame_at: float = field(default=0.0, init=False)
    _snapshot_at: float = field(default=0.0, init=False)

    def begin(self, now: float) -> None:
        self._frame_at, self._snapshot_at = now, now + self.snapshot_interval

    def frame_due(self, now: float) -> bool:
        return now >= self._frame_at

    def snapshot_due(self, now: float) -> bool:
        return now >= self._snapshot_at

    def framed(self, now: float) -> None:
        self._frame_at = now + self.frame_interval

    def snapped(self, now: float) -> None:
        self._snapshot_at = now + self.snapshot_interval

    def wait(self, now: float, *, gathered: bool) -> float:
        """Seconds the sender may sleep: until the next snapshot, or the next frame if there is something to send."""
        until = min(self._frame_at, self._snapshot_at) if gathered else self._snapshot_at
        return max(0.0, until - now)


class Relay:
    """`send(seq, delta)` delivers a frame; `snapshot(seq, text)` stores the text so far and says whether to stop."""

    def __init__(
        self,
        *,
        pace: Pace,
        clock: Clock,
        send: Callable[[int, str], None],
        snapshot: Callable[[int, str], bool],
    ) -> None:
        self._pace, self._clock, self._send, self._snapshot = pace, clock, send, snapshot
        self._wake = threading.Condition()
        self._gathered: list[str] = []
        self._sent: list[str] = []
        self._seq = 0
        self._ended = False
        self._failure: Exception | None = None
        self.stopped = False
        self._sender = threading.Thread(target=self._work, name="sender", daemon=True)

    def __enter__(self) -> Relay:
        self._pace.begin(self._clock.monotonic())
        self._sender.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Sends what is left, then ends the sender. Raises what it met, as then something may not have been sent."""
        with self._wake:
            self._ended = True
            self._wake.notify()
        self._sender.join()
        if self._failure and kind is None:
            raise self._failure

    def add(self, delta: str) -> None:
        """From the reader. Raises what the sender met, so that a lost lease ends the stream too."""
        if self._failure:
            raise self._failure
        with self._wake:
            self._gathered.append(delta)
            self._wake.notify()

    @property
    def text(self) -> str:
        """All that was sent; complete once the relay has been left."""
        return "".join(self._sent)

    @property
    def seq(self) -> int:
        return self._seq

    def _work(self) -> None:
        try:
            while self._step():
                pass
        except Exception as failure:  # noqa: BLE001 - handed to the reader, which raises it
            self._failure = failure

    def _step(self) -> bool:
        """One wait and what is due after it. False when all is sent."""
        with self._wake:
            now = self._clock.monotonic()
            if not self._ended:
                self._wake.wait(self._pace.wait(now, gathered=bool(self._gathered)))
                now = self._clock.monotonic()
            ended = self._ended
            due = self._gathered and (ended or self._pace.frame_due(now))
            delta = "".join(self._gathered) if due else ""
            if due:
                self._gathered.clear()
        if delta:
            self._seq += 1
            self._sent.append(delta)
            self._pace.framed(now)
            self._send(self._seq, delta)
        if self._pace.snapshot_due(now) and not ended:
            self._pace.snapped(now)
            self.stopped = self._snapshot(self._seq, self.text) or self.stopped
        return not ended
