"""Tickets for the WebSocket: taken once."""

from __future__ import annotations

from pynamodb.exceptions import DoesNotExist

from sealmate.accounts.records import Ticket
from sealmate.adapters.dynamodb.account_items import TicketItem
from sealmate.adapters.dynamodb.conditional import applied


class DynamoTickets:
    def put(self, ticket: Ticket) -> None:
        TicketItem(
            f"TICKET#{ticket.ticket_hash}",
            "TICKET",
            account_id=ticket.account_id,
            session_id=ticket.session_id,
            expires_at=ticket.expires_at,
            ttl=ticket.expires_at,
        ).save()

    def take(self, ticket_hash: str) -> Ticket | None:
        try:
            item = TicketItem.get(f"TICKET#{ticket_hash}", "TICKET", consistent_read=True)
        except DoesNotExist:
            return None
        # Of all who read it, the one whose delete finds it has taken it.
        if not applied(lambda: item.delete(condition=TicketItem.pk.exists())):
            return None
        return Ticket(
            ticket_hash=ticket_hash,
            account_id=item.account_id,
            session_id=item.session_id,
            expires_at=int(item.expires_at),
        )
