"""Open WebSockets: by connection, to know who speaks; by account, to know whom to tell."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.transactions import TransactWrite

from sealmate import errors
from sealmate.adapters.dynamodb.items import CallerItem, ConnectionItem
from sealmate.adapters.dynamodb.table import commit
from sealmate.turns.ports import Caller, Open

# API Gateway ends a connection after two hours; $disconnect is best effort, so rows go by themselves soon after.
_TTL = 2 * 3600 + 600


class DynamoConnections:
    def add(self, caller: Caller, *, now: int) -> None:
        mine = _key(caller.connection_id)

        def write(transaction: TransactWrite) -> None:
            transaction.save(
                CallerItem(
                    mine, "CONNECTION", account_id=caller.account_id, session_id=caller.session_id, ttl=now + _TTL
                )
            )
            transaction.save(
                ConnectionItem(
                    f"ACCOUNT#{caller.account_id}",
                    mine,
                    connection_id=caller.connection_id,
                    session_id=caller.session_id,
                    opened_at=now,
                    ttl=now + _TTL,
                )
            )

        commit(write)

    def remove(self, connection_id: str) -> None:
        try:
            caller = self.caller(connection_id)
        except errors.NotSignedIn:
            return
        ConnectionItem(f"ACCOUNT#{caller.account_id}", _key(connection_id)).delete()
        CallerItem(_key(connection_id), "CONNECTION").delete()

    def caller(self, connection_id: str) -> Caller:
        try:
            item = CallerItem.get(_key(connection_id), "CONNECTION", consistent_read=True)
        except DoesNotExist:
            raise errors.NotSignedIn() from None
        return Caller(connection_id=connection_id, account_id=item.account_id, session_id=item.session_id)

    def focus(self, caller: Caller, chat_id: str | None) -> None:
        action = ConnectionItem.focus.remove() if chat_id is None else ConnectionItem.focus.set(chat_id)
        try:
            ConnectionItem(f"ACCOUNT#{caller.account_id}", _key(caller.connection_id)).update(
                actions=[action], condition=ConnectionItem.pk.exists()
            )
        except UpdateError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                raise errors.NotSignedIn() from None
            raise

    def of_account(self, account_id: str) -> Sequence[Open]:
        items = ConnectionItem.query(f"ACCOUNT#{account_id}", consistent_read=True)
        return [
            Open(connection_id=i.connection_id, session_id=i.session_id, focus=i.focus, opened_at=int(i.opened_at))
            for i in items
        ]

    def of_session(self, account_id: str, session_id: str) -> list[str]:
        return [c.connection_id for c in self.of_account(account_id) if c.session_id == session_id]


def _key(connection_id: str) -> str:
    return f"CONNECTION#{connection_id}"
