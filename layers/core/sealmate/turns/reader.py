"""Reads a model's stream in a thread of its own, so that a silent model can be left at any time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator

from sealmate import errors
from sealmate.ports import Delta, Finished


class Reader:
    """A context manager; leaving it ends the stream as soon as the model says something more."""

    def __init__(self, stream: Generator[Delta | Finished, None, None]) -> None:
        self._stream = stream
        self._parts: queue.SimpleQueue[Delta | Finished | Exception] = queue.SimpleQueue()
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._read, name="reader", daemon=True)

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Not waited for: it may sit in a read until the provider's own limit.
        self._left.set()

    def next(self, *, seconds: float) -> Delta | Finished | None:
        """The next part, or None if none came in this time. Raises what the provider's stream raised."""
        try:
            part = self._parts.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(part, Exception):
            raise part
        return part

    def _read(self) -> None:
        try:
            for part in self._stream:
                if self._left.is_set():
                    break
                self._parts.put(part)
            self._parts.put(errors.ProviderUnavailable(reason="ended_early"))
        except Exception as error:  # noqa: BLE001 - handed to the one that reads
            self._parts.put(error)
        finally:
            self._stream.close()
