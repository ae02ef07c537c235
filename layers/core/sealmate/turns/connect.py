"""A WebSocket opens: its origin is checked, its ticket used up, and its protocol answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts.tickets import Tickets
from sealmate.ports import Clock
from sealmate.turns.ports import Caller, Connections

PROTOCOL = "sealmate.v1"
_TICKET = "ticket."


@dataclass(frozen=True, kw_only=True)
class Connect:
    tickets: Tickets
    connections: Connections
    clock: Clock
    origins: tuple[str, ...]

    def __call__(self, connection_id: str, headers: Mapping[str, str]) -> str:
        """The subprotocol to answer. ForeignOrigin, NotSignedIn.

        A browser always sends its page's origin and can't forge it; a terminal sends none and has a ticket all the same.
        """
        lower = {name.lower(): value for name, value in headers.items()}
        if lower.get("origin") and lower["origin"] not in self.origins:
            raise errors.ForeignOrigin()
        offered = [part.strip() for part in lower.get("sec-websocket-protocol", "").split(",")]
        ticket = next((part.removeprefix(_TICKET) for part in offered if part.startswith(_TICKET)), "")
        if PROTOCOL not in offered or not ticket:
            raise errors.NotSignedIn()
        account_id, session_id = self.tickets.redeem(ticket)
        caller = Caller(connection_id=connection_id, account_id=account_id, session_id=session_id)
        self.connections.add(caller, now=self.clock.now())
        if not self.tickets.alive(account_id, session_id):
            # Revoked between the two: whoever revoked it could not see this connection yet.
            self.connections.remove(connection_id)
            raise errors.NotSignedIn()
        return PROTOCOL
