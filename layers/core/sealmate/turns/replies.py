"""What the REST API answers about chats and turns, in the shapes of docs/protocol.md."""

from __future__ import annotations

from sealmate.model import Bytes, Shape
from sealmate.turns.ports import Chat, Record
from sealmate.turns.requests import Parent


class ChatKey(Shape):
    generation: int
    envelope: Bytes


class ChatReply(Shape):
    chat_id: str
    generation: int
    keys: list[ChatKey]
    title: Bytes | None
    details: Bytes | None
    revision: int
    deleted: bool
    created_at: int
    updated_at: int
    active_at: int

    @classmethod
    def of(cls, chat: Chat) -> ChatReply:
        wraps = [*sorted(chat.keys.items()), *sorted(chat.staged.items())]
        keys = [ChatKey(generation=generation, envelope=key) for generation, key in wraps]
        return cls(
            chat_id=chat.chat_id,
            generation=chat.generation,
            keys=keys,
            title=chat.title,
            details=chat.details,
            revision=chat.revision,
            deleted=chat.deleted,
            created_at=chat.created_at,
            updated_at=chat.updated_at,
            active_at=chat.active_at,
        )


class ChatsReply(Shape):
    chats: list[ChatReply]
    cursor: str | None


class TurnReply(Shape):
    turn_id: str
    chat_id: str
    parent: Parent | None
    created_at: int
    message: Bytes | None
    outcome: str
    code: str | None
    answer: Bytes | None
    suggestions: Bytes | None
    mate: str | None
    model: str | None
    finish: str | None
    credits: int | None
    answered_at: int | None

    @classmethod
    def of(cls, record: Record) -> TurnReply:
        parent = Parent(turn_id=record.parent[0], hash=record.parent[1]) if record.parent else None
        return cls(**{**vars(record), "parent": parent})


class TurnsReply(Shape):
    turns: list[TurnReply]
    cursor: str | None


class TurnBegun(Shape):
    """`begun`: whether it was begun now; False if the turn was known."""

    turn_id: str
    begun: bool


class ChatImported(Shape):
    """`imported`: how many turns were stored now; the others were there."""

    imported: int
