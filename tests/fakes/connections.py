"""Open WebSockets in memory: who holds which, and which were closed."""

from __future__ import annotations

from sealmate import errors
from sealmate.events import Event


class FakeConnections:
    """The part of the connections store that ending a session needs."""

    def __init__(self) -> None:
        self.open: dict[str, tuple[str, str]] = {}

    def of_session(self, account_id: str, session_id: str) -> list[str]:
        return [connection for connection, owner in self.open.items() if owner == (account_id, session_id)]

    def remove(self, connection_id: str) -> None:
        self.open.pop(connection_id, None)


class FakePush:
    def __init__(self) -> None:
        self.sent: list[tuple[str, Event]] = []
        self.closed: list[str] = []

    def send(self, connection_id: str, event: Event) -> None:
        if connection_id in self.closed:
            raise errors.ConnectionGone()
        self.sent.append((connection_id, event))

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)
