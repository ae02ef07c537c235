"""Open WebSockets in memory: who holds which, and what each shows."""

from __future__ import annotations

from collections.abc import Sequence

from sealmate import errors
from sealmate.turns.ports import Caller, Open


class FakeConnections:
    """`open`: account and session by connection."""

    def __init__(self) -> None:
        self.open: dict[str, tuple[str, str]] = {}
        self._opened_at: dict[str, int] = {}
        self._focus: dict[str, str | None] = {}

    def add(self, caller: Caller, *, now: int) -> None:
        self.open[caller.connection_id] = (caller.account_id, caller.session_id)
        self._opened_at[caller.connection_id] = now

    def remove(self, connection_id: str) -> None:
        self.open.pop(connection_id, None)
        self._focus.pop(connection_id, None)

    def caller(self, connection_id: str) -> Caller:
        if connection_id not in self.open:
            raise errors.NotSignedIn()
        account_id, session_id = self.open[connection_id]
        return Caller(connection_id=connection_id, account_id=account_id, session_id=session_id)

    def focus(self, caller: Caller, chat_id: str | None) -> None:
        if caller.connection_id not in self.open:
            raise errors.NotSignedIn()
        self._focus[caller.connection_id] = chat_id

    def of_account(self, account_id: str) -> Sequence[Open]:
        return [
            Open(
                connection_id=connection,
                session_id=owner[1],
                focus=self._focus.get(connection),
                opened_at=self._opened_at.get(connection, 0),
            )
            for connection, owner in sorted(self.open.items())
            if owner[0] == account_id
        ]

    def of_session(self, account_id: str, session_id: str) -> list[str]:
        return [c.connection_id for c in self.of_account(account_id) if c.session_id == session_id]
