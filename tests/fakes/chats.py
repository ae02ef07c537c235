"""Chats, their records and the cache of recent messages, in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sealmate import errors
from sealmate.turns.ports import Chat, Imported, Record
from tests.fakes.stores import Store, Tables, note


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

    def set_title(self, account_id: str, chat_id: str, title: bytes, *, at: int) -> None:
        with self._tables.lock:
            chat = self._alive(account_id, chat_id)
            if chat is not None and chat.title is None:
                self._put(account_id, replace(chat, title=title, updated_at=at))

    def set_suggestions(self, account_id: str, chat_id: str, turn_id: str, suggestions: bytes, *, at: int) -> None:
        self._note(account_id, chat_id, turn_id, at=at, suggestions=suggestions)

    def set_review(self, account_id: str, chat_id: str, turn_id: str, *, code: str, withhold: bool, at: int) -> None:
        taken_back: dict[str, Any] = {"outcome": "withheld", "answer": None} if withhold else {}
        self._note(account_id, chat_id, turn_id, at=at, code=code, **taken_back)

    def set_details(self, account_id: str, chat_id: str, details: bytes, *, seen: int, at: int) -> bool:
        with self._tables.lock:
            chat = self._alive(account_id, chat_id)
            if chat is None or chat.revision != seen:
                return False
            self._put(account_id, replace(chat, details=details, revision=seen + 1, updated_at=at))
            return True

    def delete(self, account_id: str, chat_id: str, *, at: int) -> list[str]:
        with self._tables.lock:
            chat = self.chat(account_id, chat_id)
            if not chat.deleted:
                gone: dict[str, Any] = {
                    "keys": {},
                    "staged": {},
                    "title": None,
                    "details": None,
                    "revision": 0,
                    "deleted": True,
                }
                self._put(account_id, replace(chat, **gone, updated_at=at, active_at=at))
            keys = [key for key in self._tables.records if key[:2] == (account_id, chat_id)]
            gone_records = [self._tables.records.pop(key) for key in keys]
            return [record.turn_id for record in gone_records if record.outcome == "asked"]

    def delete_turn(self, account_id: str, chat_id: str, turn_id: str, *, outcome: str, at: int) -> bool:
        with self._tables.lock:
            record = self._tables.records.get((account_id, chat_id, turn_id))
            if record is None or record.outcome != outcome:
                return False
            said = ("message", "answer", "suggestions", "code", "mate", "model", "finish")
            return self._note(account_id, chat_id, turn_id, at=at, outcome="deleted", **dict.fromkeys(said))

    def add(self, imported: Imported, *, at: int) -> int:
        tables, account, chat_id = self._tables, imported.account_id, imported.chat_id
        with tables.lock:
            known = tables.chats.get((account, chat_id))
            self._check(imported, known)
            keys = [(account, chat_id, record.turn_id) for record in imported.records]
            new = [(key, r) for key, r in zip(keys, imported.records, strict=True) if key not in tables.records]
            if known is None or new:
                self._put(account, replace(known or _begun(imported), updated_at=at))
            if known is None:
                tables.rings[account] += 1
            tables.records.update(new)
            return len(new)

    def _check(self, imported: Imported, known: Chat | None) -> None:
        if known is None:
            if self._tables.epochs.get(imported.account_id) != imported.key_epoch:
                raise errors.WrongEpoch()
        elif known.deleted:
            raise errors.ChatNotFound()
        elif imported.chat_key not in (known.keys.get(imported.generation), known.staged.get(imported.generation)):
            raise errors.ChatKeyConflict()

    def _alive(self, account_id: str, chat_id: str) -> Chat | None:
        chat = self._tables.chats.get((account_id, chat_id))
        return None if chat is None or chat.deleted else chat

    def _put(self, account_id: str, chat: Chat) -> None:
        self._tables.chats[account_id, chat.chat_id] = chat

    def _note(self, account_id: str, chat_id: str, turn_id: str, *, at: int, **changes: Any) -> bool:
        with self._tables.lock:
            return note(self._tables, account_id, chat_id, turn_id, at=at, **changes)


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


def _begun(imported: Imported) -> Chat:
    return Chat(
        chat_id=imported.chat_id,
        generation=imported.generation,
        keys={imported.generation: imported.chat_key},
        title=None,
        details=imported.details,
        revision=1 if imported.details else 0,
        created_at=imported.created_at,
        updated_at=imported.active_at,
        active_at=imported.active_at,
    )


def _cursor(chat: Chat) -> str:
    return f"{chat.updated_at}.{chat.chat_id}"


def _place(cursor: str) -> tuple[int, str]:
    updated_at, dot, chat_id = cursor.partition(".")
    if not dot or not updated_at.isdigit():
        raise errors.InvalidRequest(field="cursor")
    return int(updated_at), chat_id
