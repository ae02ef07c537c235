"""What becomes of a turn is noted in its record and on its chat, in one transaction; what was deleted stays deleted."""

from __future__ import annotations

from collections.abc import Callable

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from sealmate.adapters.dynamodb.items import ChatItem, RecordItem, chat_records_key
from sealmate.adapters.dynamodb.table import Refused, commit
from sealmate.turns.ports import Turn

ALIVE: Condition = ChatItem.pk.exists() & ChatItem.deleted.does_not_exist()
_WHOLE: Condition = RecordItem.pk.exists() & (RecordItem.outcome != "deleted")


def note(
    account_id: str, chat_id: str, turn_id: str, changes: list[Action], *, at: int, condition: Condition = _WHOLE
) -> bool:
    """False, and nothing changed, if chat or turn are gone, or the condition fails."""

    def write(transaction: TransactWrite) -> None:
        _write(transaction, account_id, chat_id, turn_id, changes, at=at, condition=condition)

    try:
        commit(write)
    except Refused:
        return False
    return True


def commit_noting(
    turn: Turn, write: Callable[[TransactWrite], None], changes: list[Action], *, at: int | None = None
) -> bool:
    """Commits the writes together with the note; False if they were made without it, as there is nothing (any more) to note it in.

    A turn must end, and be paid, whatever became of its chat. A record that is gone never comes back. Without `at` the
    chat doesn't count as changed. Refused if one of the writes is.
    """
    if turn.temporary:
        commit(write)
        return False

    def noted(transaction: TransactWrite) -> None:
        write(transaction)
        _write(transaction, turn.account_id, turn.chat_id, turn.turn_id, changes, at=at, condition=_WHOLE)

    try:
        commit(noted)
    except Refused as refused:
        own = refused.failed[: -1 if at is None else -2]
        if any(own):
            raise Refused(own) from None
        commit(write)
        return False
    return True


def _write(
    transaction: TransactWrite,
    account_id: str,
    chat_id: str,
    turn_id: str,
    changes: list[Action],
    *,
    at: int | None,
    condition: Condition,
) -> None:
    record = RecordItem(chat_records_key(account_id, chat_id), f"TURN#{turn_id}")
    transaction.update(record, actions=changes, condition=condition)
    if at is not None:
        chat = ChatItem(account_id, f"CHAT#{chat_id}")
        transaction.update(chat, actions=[ChatItem.updated_at.set(at)], condition=ALIVE)
