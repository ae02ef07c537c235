"""Keeps what was sent to each connection, and can be told that one is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from sealmate import errors
from sealmate.events import EVENT, Event


class FakePush:
    """Every event goes through the wire's own JSON, so that what can't travel fails here. `on_send` may do things meanwhile."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Event]] = []
        self.closed: list[str] = []
        self.gone: set[str] = set()
        self.failing: set[str] = set()
        self.on_send: Callable[[str, Event], None] = lambda _connection, _event: None
        self._lock = threading.Lock()

    def send(self, connection_id: str, event: Event) -> None:
        if connection_id in self.gone:
            raise errors.ConnectionGone(connection_id=connection_id)
        if connection_id in self.failing:
            raise errors.DeliveryFailed(connection_id=connection_id)
        with self._lock:
            self.sent.append((connection_id, EVENT.validate_json(event.model_dump_json(exclude_none=True))))
        self.on_send(connection_id, event)

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)
        self.gone.add(connection_id)

    def to(self, connection_id: str) -> list[Any]:
        """Any: a test that reads a field says by that which event it expects."""
        return [event for connection, event in self.sent if connection == connection_id]

    def types(self, connection_id: str) -> list[str]:
        return [event.type for event in self.to(connection_id)]
