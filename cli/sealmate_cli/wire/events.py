"""What a turn tells: the server's events as they arrive, and as this client hands them on, opened."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from .shape import Bytes, Shape

Finish = Literal["complete", "length", "stopped"]


class OfTurn(Shape):
    turn_id: str
    chat_id: str


class TurnAccepted(OfTurn):
    type: Literal["turn_accepted"] = "turn_accepted"


class CreditsReserved(OfTurn):
    type: Literal["credits_reserved"] = "credits_reserved"
    credits: int


class MessageRead(OfTurn):
    type: Literal["message_read"] = "message_read"
    mate: str
    mate_name: str
    reason: str
    complexity: str
    model: str


class AnswerStarted(OfTurn):
    type: Literal["answer_started"] = "answer_started"
    attempt: int
    mate: str
    model: str


class AnswerExtended(OfTurn):
    type: Literal["answer_extended"] = "answer_extended"
    attempt: int
    seq: int
    delta: str


class AnswerResumed(OfTurn):
    type: Literal["answer_resumed"] = "answer_resumed"
    attempt: int
    seq: int
    text: str
    mate: str
    model: str


class AnswerAnnotated(OfTurn):
    type: Literal["answer_annotated"] = "answer_annotated"
    code: str


class AnswerWithheld(OfTurn):
    type: Literal["answer_withheld"] = "answer_withheld"
    code: str
    message: str


class TurnCharged(OfTurn):
    type: Literal["turn_charged"] = "turn_charged"
    credits: int
    available: int
    input_tokens: int
    output_tokens: int


class TurnRefused(OfTurn):
    type: Literal["turn_refused"] = "turn_refused"
    code: str
    message: str
    next_step: str


class TurnStopped(OfTurn):
    type: Literal["turn_stopped"] = "turn_stopped"


class TurnFailed(OfTurn):
    type: Literal["turn_failed"] = "turn_failed"
    code: str
    message: str
    next_step: str
    missing_credits: int | None = None


class ChatAnswered(OfTurn):
    type: Literal["chat_answered"] = "chat_answered"


class RequestRefused(Shape):
    type: Literal["request_refused"] = "request_refused"
    code: str
    message: str
    next_step: str
    request_id: str = ""
    turn_id: str | None = None
    missing_credits: int | None = None
    retry_after: int | None = None


# --- sealed, as they arrive ---


class SealedTitle(OfTurn):
    type: Literal["chat_titled"] = "chat_titled"
    title: Bytes


class SealedAnswer(OfTurn):
    type: Literal["answer_finished"] = "answer_finished"
    answer: Bytes
    answered_at: int


class SealedSuggestions(OfTurn):
    type: Literal["suggestions_made"] = "suggestions_made"
    suggestions: Bytes


# --- opened, or made by this client ---


class ChatTitled(OfTurn):
    type: Literal["chat_titled"] = "chat_titled"
    title: str


class AnswerFinished(OfTurn):
    """`streamed` compares what was streamed with the sealed text, which is the one that counts."""

    type: Literal["answer_finished"] = "answer_finished"
    finish: str
    text: str
    mate: str
    model: str
    answered_at: int
    streamed: Literal["equal", "incomplete", "different"]


class SuggestionsMade(OfTurn):
    type: Literal["suggestions_made"] = "suggestions_made"
    suggestions: list[str]


class RecordUnreadable(OfTurn):
    """A record that came with the turn does not open in its place: `reason` is the key scheme's."""

    type: Literal["record_unreadable"] = "record_unreadable"
    record: Literal["answer", "title", "suggestions", "chat_key"]
    reason: str


class MessageSent(OfTurn):
    """The ids this client chose; the server has not said anything yet."""

    type: Literal["message_sent"] = "message_sent"


class ConnectionDropped(Shape):
    """The socket fell; this client connects again after `wait` seconds and resumes."""

    type: Literal["connection_dropped"] = "connection_dropped"
    wait: float


Plain = (
    TurnAccepted
    | CreditsReserved
    | MessageRead
    | AnswerStarted
    | AnswerExtended
    | AnswerResumed
    | AnswerAnnotated
    | AnswerWithheld
    | TurnCharged
    | TurnRefused
    | TurnStopped
    | TurnFailed
    | ChatAnswered
    | RequestRefused
)
Received = Plain | SealedTitle | SealedAnswer | SealedSuggestions
Event = Plain | ChatTitled | AnswerFinished | SuggestionsMade | RecordUnreadable | MessageSent | ConnectionDropped

_RECEIVED: TypeAdapter[Received] = TypeAdapter(Annotated[Received, Field(discriminator="type")])


def read_event(frame: str | bytes) -> Received | None:
    """None for what this client does not know or cannot read: a newer server may say more."""
    try:
        return _RECEIVED.validate_json(frame)
    except ValidationError:
        return None
