"""Chats and their records, and the cache of recent messages."""

from __future__ import annotations

import re
import time

from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from sealmate import errors
from sealmate.adapters.dynamodb.archives import add, delete_records
from sealmate.adapters.dynamodb.conditional import applied
from sealmate.adapters.dynamodb.items import CacheItem, ChatItem, RecordItem, chat_records_key
from sealmate.adapters.dynamodb.noting import ALIVE, note
from sealmate.adapters.dynamodb.table import settled
from sealmate.model import from_base64url
from sealmate.turns.ports import Chat, Imported, Record

# What a deleted chat and a deleted turn lose.
_CONTENT = (ChatItem.staged, ChatItem.title, ChatItem.details, ChatItem.revision, ChatItem.active_at)
_SAID = (
    RecordItem.message,
    RecordItem.answer,
    RecordItem.suggestions,
    RecordItem.code,
    RecordItem.mate,
    RecordItem.model,
    RecordItem.finish,
)
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

    def set_title(self, account_id: str, chat_id: str, title: bytes, *, at: int) -> None:
        untitled = ALIVE & ChatItem.title.does_not_exist()
        _changed(account_id, chat_id, [ChatItem.title.set(title), ChatItem.updated_at.set(at)], untitled)

    def set_suggestions(self, account_id: str, chat_id: str, turn_id: str, suggestions: bytes, *, at: int) -> None:
        note(account_id, chat_id, turn_id, [RecordItem.suggestions.set(suggestions)], at=at)

    def set_review(self, account_id: str, chat_id: str, turn_id: str, *, code: str, withhold: bool, at: int) -> None:
        actions: list[Action] = [RecordItem.code.set(code)]
        if withhold:
            actions += [RecordItem.outcome.set("withheld"), RecordItem.answer.remove()]
        note(account_id, chat_id, turn_id, actions, at=at)

    def set_details(self, account_id: str, chat_id: str, details: bytes, *, seen: int, at: int) -> bool:
        unchanged = ChatItem.revision == seen if seen else ChatItem.revision.does_not_exist()
        actions: list[Action] = [
            ChatItem.details.set(details),
            ChatItem.revision.set(seen + 1),
            ChatItem.updated_at.set(at),
        ]
        return _changed(account_id, chat_id, actions, ALIVE & unchanged)

    def delete(self, account_id: str, chat_id: str, *, at: int) -> list[str]:
        if not self.chat(account_id, chat_id).deleted:
            actions: list[Action] = [ChatItem.deleted.set(True), ChatItem.keys.set({}), ChatItem.updated_at.set(at)]
            actions += [attribute.remove() for attribute in _CONTENT]
            _changed(account_id, chat_id, actions, ALIVE)
        return delete_records(account_id, chat_id)

    def delete_turn(self, account_id: str, chat_id: str, turn_id: str, *, outcome: str, at: int) -> bool:
        actions: list[Action] = [RecordItem.outcome.set("deleted"), *(each.remove() for each in _SAID)]
        return note(account_id, chat_id, turn_id, actions, at=at, condition=RecordItem.outcome == outcome)

    def add(self, imported: Imported, *, at: int) -> int:
        return add(imported, at=at)


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


def _changed(account_id: str, chat_id: str, actions: list[Action], condition: Condition) -> bool:
    """False if the condition failed; waits while a turn's transaction holds the row."""

    def change() -> None:
        ChatItem(account_id, f"CHAT#{chat_id}").update(actions=actions, condition=condition)

    return applied(lambda: settled(change))


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


def wraps(kept: dict[str, str]) -> dict[int, bytes]:
    return {int(generation): from_base64url(key) for generation, key in kept.items()}


def _chat(item: ChatItem) -> Chat:
    return Chat(
        chat_id=item.chat_id,
        generation=int(item.generation),
        keys=wraps(item.keys),
        title=item.title,
        created_at=int(item.created_at),
        updated_at=int(item.updated_at),
        active_at=int(item.active_at or item.updated_at),
        details=item.details,
        revision=int(item.revision or 0),
        deleted=bool(item.deleted),
        staged=wraps(item.staged["keys"]) if item.staged else {},
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
