"""Open WebSockets in memory: who holds which."""

from __future__ import annotations


class FakeConnections:
    """The part of the connections store that ending a session needs."""

    def __init__(self) -> None:
        self.open: dict[str, tuple[str, str]] = {}

    def of_session(self, account_id: str, session_id: str) -> list[str]:
        return [connection for connection, owner in self.open.items() if owner == (account_id, session_id)]

    def remove(self, connection_id: str) -> None:
        self.open.pop(connection_id, None)
