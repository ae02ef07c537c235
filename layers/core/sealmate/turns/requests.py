"""What a client may ask of chats and turns, over the WebSocket or HTTP, validated at the edge."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sealmate.events import Finish
from sealmate.model import Bytes, Shape, TurnId, Uuid

Generation = Annotated[int, Field(ge=1, lt=2**32, strict=True)]
Seconds = Annotated[int, Field(ge=0, lt=2**33, strict=True)]
Message = Annotated[Bytes, Field(max_length=128 * 1024)]
WrappedKey = Annotated[Bytes, Field(max_length=1024)]
SealedDetails = Annotated[Bytes, Field(max_length=4096)]
Text = Annotated[str, Field(min_length=1, max_length=24_000)]


class Said(Shape):
    """One earlier message of the chat."""

    role: Literal["user", "assistant"]
    text: Annotated[str, Field(max_length=48_000)]


class Parent(Shape):
    """The turn this one follows: its id, and the SHA-256 of its answer's envelope (of its message's, if it has no answer)."""

    turn_id: TurnId
    hash: Annotated[Bytes, Field(min_length=32, max_length=32)]


class Ask(Shape):
    """`temporary`: answered as any other, and stored nowhere; it brings no `chat_key`, and its history each time."""

    turn_id: TurnId
    chat_id: Uuid
    generation: Generation
    message: Text
    history: Literal["cached"] | Annotated[list[Said], Field(max_length=40)]
    parent: Parent | None = None
    answer_public_key: Annotated[Bytes, Field(min_length=1216, max_length=1216)]
    cache_key: Annotated[Bytes, Field(min_length=32, max_length=32)]
    record: Message
    chat_key: WrappedKey | None = None
    mate: Annotated[str, Field(max_length=40)] | None = None
    temporary: Annotated[bool, Field(strict=True)] = False


class Stop(Shape):
    turn_id: TurnId


class Resume(Shape):
    """`attempt` and `seq`: the last ones this connection's client has seen, 0 if none."""

    turn_id: TurnId
    attempt: Annotated[int, Field(ge=0, strict=True)] = 0
    seq: Annotated[int, Field(ge=0, strict=True)] = 0


class Focus(Shape):
    chat_id: Uuid | None


class PutDetails(Shape):
    """`revision`: the one they were made from, 0 if there were none; they are sealed with the next."""

    revision: Annotated[int, Field(ge=0, lt=2**32 - 1, strict=True)]
    details: SealedDetails


class ImportedTurn(Shape):
    """A turn of an archive, sealed anew by the device for this chat. Twenty of any size must fit into a page of a reply."""

    turn_id: TurnId
    parent: Parent | None = None
    created_at: Seconds
    message: Message | None = None
    answer: Annotated[Bytes, Field(max_length=64 * 1024)] | None = None
    suggestions: Annotated[Bytes, Field(max_length=8 * 1024)] | None = None
    outcome: Literal["answered", "refused", "failed", "stopped", "withheld", "deleted"]
    code: Annotated[str, Field(pattern=r"^[a-z]+(_[a-z]+)*$", max_length=40)] | None = None
    mate: Annotated[str, Field(max_length=40)] | None = None
    model: Annotated[str, Field(max_length=80)] | None = None
    finish: Finish | None = None
    answered_at: Seconds | None = None


class ImportChat(Shape):
    """A chat of an archive, or a part of it. `details` are sealed as their first revision."""

    generation: Generation
    chat_key: WrappedKey
    created_at: Seconds
    active_at: Seconds
    details: SealedDetails | None = None
    turns: Annotated[list[ImportedTurn], Field(max_length=20)]
