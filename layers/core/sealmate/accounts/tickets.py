"""Tickets: 30 seconds, one use, for opening a WebSocket, where a browser can send no header of its own."""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts import proofs
from sealmate.accounts.records import Session, Ticket
from sealmate.accounts.stores import SessionStore, TicketStore
from sealmate.model import to_base64url
from sealmate.ports import Clock, Random

LIFETIME = 30


@dataclass(frozen=True, kw_only=True)
class Tickets:
    clock: Clock
    random: Random
    store: TicketStore
    sessions: SessionStore

    def make(self, session: Session) -> str:
        ticket = to_base64url(self.random.bytes(32))
        self.store.put(
            Ticket(
                ticket_hash=_hash(ticket),
                account_id=session.account_id,
                session_id=session.session_id,
                expires_at=self.clock.now() + LIFETIME,
            )
        )
        return ticket

    def redeem(self, ticket: str) -> tuple[str, str]:
        """Account and session; NotSignedIn if the ticket was used, has expired, or its session has ended."""
        now, taken = self.clock.now(), self.store.take(_hash(ticket))
        if taken is None or taken.expires_at <= now:
            raise errors.NotSignedIn()
        if not self.alive(taken.account_id, taken.session_id):
            raise errors.NotSignedIn()
        return taken.account_id, taken.session_id

    def alive(self, account_id: str, session_id: str) -> bool:
        """Whether a session has neither been revoked nor expired."""
        session = self.sessions.get(account_id, session_id)
        return session is not None and session.expires_at > self.clock.now()


def _hash(ticket: str) -> str:
    return proofs.sha256(ticket.encode(errors="replace")).hex()
