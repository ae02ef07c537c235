"""Everything the server tells a client: one union, told apart by `type`. Past-tense facts; docs/protocol.md says when each comes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from sealmate.model import Bytes, Shape

Finish = Literal["complete", "length", "stopped"]


class _OfTurn(Shape):
    turn_id: str
    chat_id: str


class TurnAccepted(_OfTurn):
    type: Literal["turn_accepted"] = "turn_accepted"


class CreditsReserved(_OfTurn):
    type: Literal["credits_reserved"] = "credits_reserved"
    credits: int


class MessageRead(_OfTurn):
    """`reason` is the mate's own topic line from the catalog, never words about the message."""

    type: Literal["message_read"] = "message_read"
    mate: str
    mate_name: str
    reason: str
    complexity: Literal["simple", "medium", "complex"]
    model: str


class ChatTitled(_OfTurn):
    type: Literal["chat_titled"] = "chat_titled"
    title: Bytes


class AnswerStarted(_OfTurn):
    """A higher attempt replaces everything that came before it."""

    type: Literal["answer_started"] = "answer_started"
    attempt: int
    mate: str
    model: str


class AnswerExtended(_OfTurn):
    """`seq` counts from 1 within an attempt, without gaps."""

    type: Literal["answer_extended"] = "answer_extended"
    attempt: int
    seq: int
    delta: str


class AnswerResumed(_OfTurn):
    """The whole text so far, up to and with `seq`."""

    type: Literal["answer_resumed"] = "answer_resumed"
    attempt: int
    seq: int
    text: str
    mate: str
    model: str


class AnswerFinished(_OfTurn):
    type: Literal["answer_finished"] = "answer_finished"
    finish: Finish
    answer: Bytes
    mate: str
    model: str
    answered_at: int


class SuggestionsMade(_OfTurn):
    type: Literal["suggestions_made"] = "suggestions_made"
    suggestions: Bytes


class AnswerAnnotated(_OfTurn):
    type: Literal["answer_annotated"] = "answer_annotated"
    code: Literal["possible_misuse", "unchecked"]


class AnswerWithheld(_OfTurn):
    type: Literal["answer_withheld"] = "answer_withheld"
    code: str
    message: str


class TurnCharged(_OfTurn):
    type: Literal["turn_charged"] = "turn_charged"
    credits: int
    available: int
    input_tokens: int
    output_tokens: int


class TurnRefused(_OfTurn):
    type: Literal["turn_refused"] = "turn_refused"
    code: str
    message: str
    next_step: str


class TurnStopped(_OfTurn):
    type: Literal["turn_stopped"] = "turn_stopped"


class TurnFailed(_OfTurn):
    type: Literal["turn_failed"] = "turn_failed"
    code: str
    message: str
    next_step: str
    missing_credits: int | None = None


class ChatAnswered(_OfTurn):
    type: Literal["chat_answered"] = "chat_answered"


class ChatChanged(Shape):
    """Something of the chat is other than before: whoever keeps it loads it again."""

    type: Literal["chat_changed"] = "chat_changed"
    chat_id: str
    updated_at: int


class DeviceSignedIn(Shape):
    """One that the account hasn't seen before, told to all others."""

    type: Literal["device_signed_in"] = "device_signed_in"
    device_id: str
    device: str
    place: str | None = None


class SettingsChanged(Shape):
    """An app's settings are other than before: whoever shows them loads them again."""

    type: Literal["settings_changed"] = "settings_changed"
    app: str
    revision: int


class RequestRefused(Shape):
    type: Literal["request_refused"] = "request_refused"
    code: str
    message: str
    next_step: str
    request_id: str
    turn_id: str | None = None
    missing_credits: int | None = None
    retry_after: int | None = None


Event = Annotated[
    TurnAccepted
    | CreditsReserved
    | MessageRead
    | ChatTitled
    | AnswerStarted
    | AnswerExtended
    | AnswerResumed
    | AnswerFinished
    | SuggestionsMade
    | AnswerAnnotated
    | AnswerWithheld
    | TurnCharged
    | TurnRefused
    | TurnStopped
    | TurnFailed
    | ChatAnswered
    | ChatChanged
    | DeviceSignedIn
    | SettingsChanged
    | RequestRefused,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
