"""Chats, their records and the cache of recent messages, in memory."""

from __future__ import annotations

from dataclasses import replace

from sealmate import errors
from sealmate.turns.ports import Chat, Record
from tests.fakes.stores import Store, Tables


class FakeChats(Store):
    def chats(self, account_id: str, *, cursor: str | None, limit: int) -> tuple[list[Chat], str | None]:
        mine = {_cursor(chat): chat for (account, _), chat in self._tables.chats.items() if account == account_id}
        behind = _place(cursor) if cursor is not None else None
        left = sorted((place for place in map(_place, mine) if behind is None or place < behind), reverse=True)
        page = [mine[f"{updated_at}.{chat_id}"] for updated_at, chat_id in left[:limit]]
        return page, _cursor(page[-1]) if len(left) > limit else None

    def chat(self, account_id: str, chat_id: str) -> Chat:
        chat = self._tables.chats.get((account_id, chat_id))
        if chat is None:
            raise errors.ChatNotFound()
        return chat

    def records(
        self, account_id: str, chat_id: str, *, after: str | None, limit: int
    ) -> tuple[list[Record], str | None]:
        rows = self._tables.records
        mine = {turn: row for (account, chat, turn), row in rows.items() if (account, chat) == (account_id, chat_id)}
        left = sorted(turn for turn in mine if turn > (after or ""))
        return [mine[turn] for turn in left[:limit]], left[limit - 1] if len(left) > limit else None

    def record(self, account_id: str, chat_id: str, turn_id: str) -> Record:
        record = self._tables.records.get((account_id, chat_id, turn_id))
        if record is None:
            raise errors.TurnNotFound()
        return record

    def set_title(self, account_id: str, chat_id: str, title: bytes) -> None:
        with self._tables.lock:
            chat = self._tables.chats.get((account_id, chat_id))
            if chat is not None and chat.title is None:
                self._tables.chats[account_id, chat_id] = replace(chat, title=title)

    def set_suggestions(self, account_id: str, chat_id: str, turn_id: str, suggestions: bytes) -> None:
        with self._tables.lock:
            record = self.record(account_id, chat_id, turn_id)
            self._tables.records[account_id, chat_id, turn_id] = replace(record, suggestions=suggestions)

    def set_review(self, account_id: str, chat_id: str, turn_id: str, *, code: str, withhold: bool) -> None:
        with self._tables.lock:
            record = replace(self.record(account_id, chat_id, turn_id), code=code)
            if withhold:
                record = replace(record, outcome="withheld", answer=None)
            self._tables.records[account_id, chat_id, turn_id] = record


class FakeHistoryCache(Store):
    def __init__(self, tables: Tables, *, keep: int) -> None:
        super().__init__(tables)
        self._keep = keep

    def get(self, account_id: str, chat_id: str) -> bytes | None:
        found = self._tables.cache.get((account_id, chat_id))
        return found[1] if found else None

    def put(self, account_id: str, chat_id: str, sealed: bytes, *, now: int) -> None:
        cache = self._tables.cache
        with self._tables.lock:
            cache[account_id, chat_id] = now, sealed
            mine = [key for key in cache if key[0] == account_id]
            for old in sorted(mine, key=lambda key: -cache[key][0])[self._keep :]:
                del cache[old]

    def forget(self, account_id: str, chat_id: str) -> None:
        self._tables.cache.pop((account_id, chat_id), None)


def _cursor(chat: Chat) -> str:
    return f"{chat.updated_at}.{chat.chat_id}"


def _place(cursor: str) -> tuple[int, str]:
    updated_at, dot, chat_id = cursor.partition(".")
    if not dot or not updated_at.isdigit():
        raise errors.InvalidRequest(field="cursor")
    return int(updated_at), chat_id
