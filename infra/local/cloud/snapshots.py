"""Saves every changed service within a second of activity, so that a killed process comes back as it was.

State is taken on the event loop, one service at a time, and written by a thread: whole files, by rename.
"""

import asyncio
import hashlib
import json
import logging
import os
import time
from importlib import import_module
from pathlib import Path
from typing import Any

_EVERY_SECONDS = 0.5
_AFTER_QUIET = 3
_PAUSE_SECONDS = {"cloudwatch": 30.0, "cloudwatch_logs": 10.0}  # they change with every invocation

logger = logging.getLogger("snapshots")


class Snapshots:
    """Call `touch` when something happened; `run` saves what changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._due = 0
        self._stacks_due = 0
        self._saved: dict[str, bytes] = {}
        self._next_at: dict[str, float] = {}

    def touch(self, *, stacks: bool) -> None:
        """What follows a request in the background is still caught: saving goes on for a few rounds.

        `stacks` says that the request was one to CloudFormation, whose state is large and changes with no other.
        """
        self._due = _AFTER_QUIET
        if stacks:
            self._stacks_due = _AFTER_QUIET

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            if self._due:
                self._due -= 1
                await self.save()

    async def save(self, *, everything: bool = False) -> None:
        """Writes each service whose state is not what was written last."""
        self._folder.mkdir(parents=True, exist_ok=True)
        app: Any = import_module("ministack.app")
        for service, take in app._build_persistence_save_dict().items():
            if everything or self._is_due(service):
                body = self._take(service, take)
                digest = hashlib.sha256(body or b"").digest()
                if body and self._saved.get(service) != digest:
                    await asyncio.to_thread(self._write, service, body)
                    self._saved[service] = digest
                await asyncio.sleep(0)

    def _is_due(self, service: str) -> bool:
        if service == "cloudformation":
            self._stacks_due -= 1
            return self._stacks_due >= 0
        if self._next_at.get(service, 0.0) > time.monotonic():
            return False
        self._next_at[service] = time.monotonic() + _PAUSE_SECONDS.get(service, 0.0)
        return True

    def _take(self, service: str, take: Any) -> bytes | None:
        persistence: Any = import_module("ministack.core.persistence")
        try:
            state = take()
            if state is None or self._is_nothing(service, state):
                return None
            wrapped = {"__ministack_format__": persistence._state_format_version(service), "payload": state}
            return json.dumps(wrapped, default=persistence._json_default).encode()
        except RuntimeError:  # a background thread changed a dictionary under our eyes: next round
            self._due = max(self._due, 1)
            self._stacks_due = max(self._stacks_due, 1)
            return None
        except (TypeError, ValueError):
            logger.exception("the state of %s cannot be saved", service)
            return None

    def _is_nothing(self, service: str, state: Any) -> bool:
        """An unused service leaves no file, since each file costs an import at the next start."""
        held = (getattr(value, "_data", value) for value in state.values())
        return not any(held) and not (self._folder / f"{service}.json").exists()

    def _write(self, service: str, body: bytes) -> None:
        path = self._folder / f"{service}.json"
        fresh = path.with_suffix(".json.new")
        fresh.write_bytes(body)
        os.replace(fresh, path)
