"""Many records of one chat at once: written from an archive, or deleted with their chat."""

from __future__ import annotations

from functools import partial

from pynamodb.exceptions import DoesNotExist
from pynamodb.transactions import TransactWrite

from sealmate import errors
from sealmate.adapters.dynamodb.items import ChatItem, EpochItem, RecordItem, chat_records_key, raise_ring
from sealmate.adapters.dynamodb.noting import ALIVE
from sealmate.adapters.dynamodb.table import Refused, commit
from sealmate.model import to_base64url
from sealmate.turns.ports import Imported, Record

# A transaction takes a hundred.
_AT_ONCE = 50


def delete_records(account_id: str, chat_id: str) -> list[str]:
    """All of a chat that is marked as deleted, so that none is added meanwhile; what is done stays done if it breaks off.

    Returns the turns that had not ended.
    """
    unended: list[str] = []
    while found := _some(account_id, chat_id):
        commit(partial(_delete, records=found))
        unended += [record.turn_id for record in found if record.outcome == "asked"]
    return unended


def _some(account_id: str, chat_id: str) -> list[RecordItem]:
    needed = ["pk", "sk", "turn_id", "outcome"]
    key = chat_records_key(account_id, chat_id)
    return list(
        RecordItem.query(key, consistent_read=True, attributes_to_get=needed, limit=_AT_ONCE, page_size=_AT_ONCE)
    )


def _delete(transaction: TransactWrite, *, records: list[RecordItem]) -> None:
    for record in records:
        transaction.delete(record)


def add(imported: Imported, *, at: int) -> int:
    """Chat and records in one transaction; with what turns out to be there left out, as often as something does."""
    left = imported.records
    while True:
        known = _known(imported)
        if known and not left:
            return 0
        try:
            commit(partial(_write, imported=imported, records=left, known=known, at=at))
        except Refused as refused:
            chat_failed, *rest = refused.failed
            if any(rest[len(left) :]):
                raise errors.WrongEpoch() from None
            if not chat_failed and not any(rest):
                raise errors.Internal() from None
            left = [record for record, there in zip(left, rest, strict=False) if not there]
        else:
            return len(left)


def _known(imported: Imported) -> bool:
    """Whether the chat is there, with the very key that the records are under."""
    try:
        chat = ChatItem.get(imported.account_id, f"CHAT#{imported.chat_id}", consistent_read=True)
    except DoesNotExist:
        return False
    if chat.deleted:
        raise errors.ChatNotFound()
    wraps = (chat.keys, (chat.staged or {}).get("keys", {}))
    if to_base64url(imported.chat_key) not in [keys.get(str(imported.generation)) for keys in wraps]:
        raise errors.ChatKeyConflict()
    return True


def _write(transaction: TransactWrite, *, imported: Imported, records: list[Record], known: bool, at: int) -> None:
    chat = ChatItem(imported.account_id, f"CHAT#{imported.chat_id}")
    if known:
        transaction.update(chat, actions=[ChatItem.updated_at.set(at)], condition=ALIVE)
    else:
        chat.chat_id, chat.account_id, chat.generation = imported.chat_id, imported.account_id, imported.generation
        chat.keys = {str(imported.generation): to_base64url(imported.chat_key)}
        chat.details, chat.revision = imported.details, 1 if imported.details else None
        chat.created_at, chat.active_at, chat.updated_at = imported.created_at, imported.active_at, at
        transaction.save(chat, condition=ChatItem.pk.does_not_exist())
    for record in records:
        transaction.save(_item(imported.account_id, record), condition=RecordItem.pk.does_not_exist())
    if not known:
        transaction.condition_check(
            EpochItem, imported.account_id, "ACCOUNT", condition=EpochItem.epoch == imported.key_epoch
        )
        raise_ring(transaction, imported.account_id)


def _item(account_id: str, record: Record) -> RecordItem:
    return RecordItem(
        chat_records_key(account_id, record.chat_id),
        f"TURN#{record.turn_id}",
        turn_id=record.turn_id,
        chat_id=record.chat_id,
        parent_turn_id=record.parent[0] if record.parent else None,
        parent_hash=record.parent[1] if record.parent else None,
        created_at=record.created_at,
        message=record.message,
        outcome=record.outcome,
        code=record.code,
        answer=record.answer,
        suggestions=record.suggestions,
        mate=record.mate,
        model=record.model,
        finish=record.finish,
        answered_at=record.answered_at,
    )
