"""What turns need from storage and from open connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sealmate.events import Finish

Status = Literal["asked", "running", "answered", "settled", "ended"]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Where a turn stands. `characters` counts the message and its history, for the estimate that is held.

    What follows `connection_id` and `characters` is known once an execution has claimed it, or answered it.
    """

    account_id: str
    turn_id: str
    chat_id: str
    status: Status
    created_at: int
    connection_id: str
    characters: int
    code: str | None = None
    mate: str | None = None
    model: str | None = None
    finish: Finish | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    credits: int | None = None
    execution_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewTurn:
    """All that an accepted `ask` stores: the sealed record for ever, the message in flight for minutes."""

    turn: Turn
    generation: int
    record: bytes
    parent: tuple[str, bytes] | None
    sealed_message: bytes
    chat_key: bytes | None
    key_epoch: int | None


@dataclass(frozen=True, kw_only=True)
class Stream:
    """The answer so far. `stop`: someone asked to stop. `joined`: connections that came to it since it began."""

    attempt: int
    seq: int
    stop: bool
    joined: frozenset[str]
    snapshot: bytes | None
    mate: str | None
    model: str | None
    lease_until: int = 0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is stored in one transaction with the turn's mark as answered. `credits`: its price on the day it was made."""

    envelope: bytes
    snapshot: bytes
    finish: Finish
    mate: str
    model: str
    input_tokens: int
    output_tokens: int
    credits: int
    answered_at: int


@dataclass(frozen=True, kw_only=True)
class Record:
    """A turn as a chat keeps it; bytes are envelopes. `parent`: the turn before, and the hash this message was sealed with."""

    turn_id: str
    chat_id: str
    parent: tuple[str, bytes] | None
    created_at: int
    message: bytes
    outcome: str
    code: str | None = None
    answer: bytes | None = None
    suggestions: bytes | None = None
    mate: str | None = None
    model: str | None = None
    finish: str | None = None
    credits: int | None = None
    answered_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class Chat:
    chat_id: str
    generation: int
    keys: dict[int, bytes]
    title: bytes | None
    created_at: int
    updated_at: int


class Turns(Protocol):
    def count_ask(self, account_id: str, *, minute: int) -> int:
        """Counts one more message of this account in this minute since 1970; returns how many they are now."""

    def begin(self, new: NewTurn) -> bool:
        """Stores turn, message in flight, record and, with a first message, the chat: all or nothing. False if the turn is known.

        ChatNotFound, ChatKeyConflict, WrongEpoch.
        """

    def turn(self, account_id: str, turn_id: str) -> Turn:
        """TurnNotFound for a foreign or unknown id."""

    def message(self, account_id: str, turn_id: str) -> bytes:
        """The sealed message in flight; TurnInterrupted if it is gone."""

    def claim(self, turn: Turn, *, now: int, lease_until: int, mate: str, model: str) -> Stream:
        """Begins an attempt at streaming; TurnAlreadyRunning while another's lease lasts."""

    def save(self, turn: Turn, *, attempt: int, seq: int, snapshot: bytes, lease_until: int) -> Stream:
        """Stores the answer so far and renews the lease; what others asked for comes back with the same call."""

    def give_up(self, turn: Turn, *, attempt: int) -> None:
        """Ends the lease, so that a retry may start at once."""

    def stream(self, account_id: str, turn_id: str) -> Stream | None: ...

    def forget(self, turn: Turn) -> None:
        """Deletes what is in flight: message and stream. The state machine does so itself when a turn goes well."""

    def ask_to_stop(self, turn: Turn) -> None: ...

    def join(self, turn: Turn, connection_id: str) -> None:
        """Asks the streaming function to include this connection."""

    def answered(self, turn: Turn, answer: Answer, *, attempt: int) -> None:
        """TurnAlreadyRunning if another attempt holds the lease or the turn has ended."""


class Chats(Protocol):
    def chats(self, account_id: str, *, cursor: str | None, limit: int) -> tuple[list[Chat], str | None]:
        """Newest activity first."""

    def chat(self, account_id: str, chat_id: str) -> Chat:
        """ChatNotFound."""

    def records(
        self, account_id: str, chat_id: str, *, after: str | None, limit: int
    ) -> tuple[list[Record], str | None]:
        """Oldest first, from behind the turn `after`."""

    def record(self, account_id: str, chat_id: str, turn_id: str) -> Record:
        """TurnNotFound."""

    def set_title(self, account_id: str, chat_id: str, title: bytes) -> None:
        """Only the first title is kept."""

    def set_suggestions(self, account_id: str, chat_id: str, turn_id: str, suggestions: bytes) -> None: ...

    def set_review(self, account_id: str, chat_id: str, turn_id: str, *, code: str, withhold: bool) -> None:
        """Notes what post-processing found; withholding deletes the stored answer."""


class HistoryCache(Protocol):
    def get(self, account_id: str, chat_id: str) -> bytes | None: ...

    def put(self, account_id: str, chat_id: str, sealed: bytes, *, now: int) -> None:
        """Keeps the account's latest few chats, drops the others."""

    def forget(self, account_id: str, chat_id: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Caller:
    connection_id: str
    account_id: str
    session_id: str


@dataclass(frozen=True, kw_only=True)
class Open:
    """An open connection of an account and the chat it shows."""

    connection_id: str
    session_id: str
    focus: str | None


class Connections(Protocol):
    def add(self, caller: Caller, *, now: int) -> None: ...

    def remove(self, connection_id: str) -> None: ...

    def caller(self, connection_id: str) -> Caller:
        """NotSignedIn if the connection is unknown."""

    def focus(self, caller: Caller, chat_id: str | None) -> None: ...

    def of_account(self, account_id: str) -> Sequence[Open]: ...

    def of_session(self, account_id: str, session_id: str) -> list[str]: ...
