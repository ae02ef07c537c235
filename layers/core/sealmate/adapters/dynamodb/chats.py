"""Chats and their records, and the cache of recent messages."""

from __future__ import annotations

import re
import time

from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from sealmate import errors
from sealmate.adapters.dynamodb.items import CacheItem, ChatItem, RecordItem, chat_records_key
from sealmate.adapters.dynamodb.table import settled
from sealmate.model import from_base64url
from sealmate.turns.ports import Chat, Record

_CURSOR = re.compile(r"([0-9]{1,12})\.([0-9a-f-]{36})")


class DynamoChats:
    def chats(self, account_id: str, *, cursor: str | None, limit: int) -> tuple[list[Chat], str | None]:
        page = ChatItem.recent_chats.query(
            account_id, scan_index_forward=False, limit=limit, last_evaluated_key=_chat_cursor(account_id, cursor)
        )
        found = [_chat(item) for item in page]
        last = page.last_evaluated_key
        return found, f"{last['updated_at']['N']}.{last['sk']['S'].removeprefix('CHAT#')}" if last else None

    def chat(self, account_id: str, chat_id: str) -> Chat:
        try:
            return _chat(ChatItem.get(account_id, f"CHAT#{chat_id}", consistent_read=True))
        except DoesNotExist:
            raise errors.ChatNotFound() from None

    def records(
        self, account_id: str, chat_id: str, *, after: str | None, limit: int
    ) -> tuple[list[Record], str | None]:
        key = chat_records_key(account_id, chat_id)
        page = RecordItem.query(key, RecordItem.sk > f"TURN#{after or ''}", consistent_read=True, limit=limit)
        found = [_record(item) for item in page]
        last = page.last_evaluated_key
        return found, last["sk"]["S"].removeprefix("TURN#") if last else None

    def record(self, account_id: str, chat_id: str, turn_id: str) -> Record:
        try:
            return _record(
                RecordItem.get(chat_records_key(account_id, chat_id), f"TURN#{turn_id}", consistent_read=True)
            )
        except DoesNotExist:
            raise errors.TurnNotFound() from None

    def set_title(self, account_id: str, chat_id: str, title: bytes) -> None:
        untitled = ChatItem.pk.exists() & ChatItem.title.does_not_exist()
        try:
            _update(ChatItem(account_id, f"CHAT#{chat_id}"), [ChatItem.title.set(title)], untitled)
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise

    def set_suggestions(self, account_id: str, chat_id: str, turn_id: str, suggestions: bytes) -> None:
        record = RecordItem(chat_records_key(account_id, chat_id), f"TURN#{turn_id}")
        _update(record, [RecordItem.suggestions.set(suggestions)], RecordItem.pk.exists())

    def set_review(self, account_id: str, chat_id: str, turn_id: str, *, code: str, withhold: bool) -> None:
        actions: list[Action] = [RecordItem.code.set(code)]
        if withhold:
            actions += [RecordItem.outcome.set("withheld"), RecordItem.answer.remove()]
        record = RecordItem(chat_records_key(account_id, chat_id), f"TURN#{turn_id}")
        _update(record, actions, RecordItem.pk.exists())


class DynamoHistoryCache:
    """`keep` chats an account, `ttl` seconds each."""

    def __init__(self, *, keep: int, ttl: int) -> None:
        self._keep, self._ttl = keep, ttl

    def get(self, account_id: str, chat_id: str) -> bytes | None:
        try:
            item = CacheItem.get(f"{account_id}#CACHE", chat_id, consistent_read=True)
        except DoesNotExist:
            return None
        return None if item.ttl < time.time() else item.sealed

    def put(self, account_id: str, chat_id: str, sealed: bytes, *, now: int) -> None:
        CacheItem(f"{account_id}#CACHE", chat_id, sealed=sealed, saved_at=now, ttl=now + self._ttl).save()
        kept = list(
            CacheItem.query(f"{account_id}#CACHE", consistent_read=True, attributes_to_get=["pk", "sk", "saved_at"])
        )
        for old in sorted(kept, key=lambda item: -item.saved_at)[self._keep :]:
            old.delete()

    def forget(self, account_id: str, chat_id: str) -> None:
        CacheItem(f"{account_id}#CACHE", chat_id).delete()


def _update(item: ChatItem | RecordItem, actions: list[Action], condition: Condition) -> None:
    """Billing's transaction may hold the row at this moment."""

    def change() -> None:
        item.update(actions=actions, condition=condition)

    settled(change)


def _chat_cursor(account_id: str, cursor: str | None) -> dict[str, dict[str, str]] | None:
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise errors.InvalidRequest(field="cursor")
    updated_at, chat_id = found.groups()
    return {
        "pk": {"S": account_id},
        "sk": {"S": f"CHAT#{chat_id}"},
        "account_id": {"S": account_id},
        "updated_at": {"N": updated_at},
    }


def _chat(item: ChatItem) -> Chat:
    return Chat(
        chat_id=item.chat_id,
        generation=int(item.generation),
        keys={int(generation): from_base64url(key) for generation, key in item.keys.items()},
        title=item.title,
        created_at=int(item.created_at),
        updated_at=int(item.updated_at),
    )


def _record(item: RecordItem) -> Record:
    return Record(
        turn_id=item.turn_id,
        chat_id=item.chat_id,
        parent=(item.parent_turn_id, item.parent_hash) if item.parent_turn_id and item.parent_hash else None,
        created_at=int(item.created_at),
        message=item.message,
        outcome=item.outcome,
        code=item.code,
        answer=item.answer,
        suggestions=item.suggestions,
        mate=item.mate,
        model=item.model,
        finish=item.finish,
        credits=None if item.credits is None else int(item.credits),
        answered_at=None if item.answered_at is None else int(item.answered_at),
    )
