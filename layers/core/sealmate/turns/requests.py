"""What a client may ask over the WebSocket, validated at the edge."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sealmate.model import Bytes, Shape, TurnId, Uuid

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
    turn_id: TurnId
    chat_id: Uuid
    generation: Annotated[int, Field(ge=1, lt=2**32, strict=True)]
    message: Text
    history: Literal["cached"] | Annotated[list[Said], Field(max_length=40)]
    parent: Parent | None = None
    answer_public_key: Annotated[Bytes, Field(min_length=1216, max_length=1216)]
    cache_key: Annotated[Bytes, Field(min_length=32, max_length=32)]
    record: Annotated[Bytes, Field(max_length=128 * 1024)]
    chat_key: Annotated[Bytes, Field(max_length=1024)] | None = None
    mate: Annotated[str, Field(max_length=40)] | None = None


class Stop(Shape):
    turn_id: TurnId


class Resume(Shape):
    """`attempt` and `seq`: the last ones this connection's client has seen, 0 if none."""

    turn_id: TurnId
    attempt: Annotated[int, Field(ge=0, strict=True)] = 0
    seq: Annotated[int, Field(ge=0, strict=True)] = 0


class Focus(Shape):
    chat_id: Uuid | None
