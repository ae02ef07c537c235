"""What turns need from storage and from open connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from sealmate.events import Finish

Status = Literal["asked", "running", "answered", "settled", "ended"]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Where a turn stands. `characters` counts the message and its history, for the estimate that is held.

    `connection_id` is empty if it was asked over HTTP. `temporary`: nothing of it goes into its chat, which isn't stored either.
    What follows `characters` is known once an execution has claimed it, or answered it.
    """

    account_id: str
    turn_id: str
    chat_id: str
    status: Status
    created_at: int
    connection_id: str
    characters: int
    temporary: bool = False
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
    """All that an accepted `ask` stores: the sealed record for ever (but of a temporary turn), the message in flight for minutes."""

    turn: Turn
    generation: int
    record: bytes
    parent: tuple[str, bytes] | None
    sealed_message: bytes
    chat_key: bytes | None
    key_epoch: int | None


@dataclass(frozen=True, kw_only=True)
class Stream:
    """The answer so far. `stop`: someone asked to stop. `joined`: connections that came to it since it began.

    `answer`: the sealed envelope, which of a temporary turn is kept here alone.
    """

    attempt: int
    seq: int
    stop: bool
    joined: frozenset[str]
    snapshot: bytes | None
    mate: str | None
    model: str | None
    lease_until: int = 0
    answer: bytes | None = None


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
    """A turn as a chat keeps it; bytes are envelopes. `parent`: the turn before, and the hash this message was sealed with.

    `message` is None once the turn was deleted: what is left holds the chain of parents together.
    """

    turn_id: str
    chat_id: str
    parent: tuple[str, bytes] | None
    created_at: int
    message: bytes | None
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
    """`updated_at`: the last change of any kind; `active_at`: the last message. `revision` counts the changes of `details`, from 1.

    A deleted chat stays as its id, its times and `deleted`, so that other devices learn of it. `staged`: its keys once more, under the
    master key of another epoch (docs/decisions/0013-rotation.md); each envelope names its own.
    """

    chat_id: str
    generation: int
    keys: dict[int, bytes]
    title: bytes | None
    created_at: int
    updated_at: int
    active_at: int
    details: bytes | None = None
    revision: int = 0
    deleted: bool = False
    staged: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A chat from an archive, or a part of it. What the chat itself brings counts only if it isn't there yet."""

    account_id: str
    chat_id: str
    generation: int
    chat_key: bytes
    key_epoch: int
    details: bytes | None
    created_at: int
    active_at: int
    records: list[Record]


class Turns(Protocol):
    def count_ask(self, account_id: str, *, minute: int) -> int:
        """Counts one more message of this account in this minute since 1970; returns how many they are now."""

    def count_import(self, account_id: str, *, minute: int) -> int:
        """The same for parts of archives."""

    def begin(self, new: NewTurn) -> bool:
        """Stores turn, message in flight, record and, with a first message, the chat: all or nothing. False if the turn is known.

        Of a temporary turn only what the turns table holds. ChatNotFound, ChatKeyConflict, WrongEpoch.
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

    def answered(self, turn: Turn, answer: Answer, *, attempt: int) -> bool:
        """False if there is no chat (any more) to keep the answer in: then it is told and charged, and no more.

        TurnAlreadyRunning if another attempt holds the lease or the turn has ended.
        """


class Chats(Protocol):
    def chats(self, account_id: str, *, cursor: str | None, limit: int) -> tuple[list[Chat], str | None]:
        """Last changed first, deleted ones among them."""

    def chat(self, account_id: str, chat_id: str) -> Chat:
        """Also one that was deleted. ChatNotFound."""

    def records(
        self, account_id: str, chat_id: str, *, after: str | None, limit: int
    ) -> tuple[list[Record], str | None]:
        """Oldest first, from behind the turn `after`."""

    def record(self, account_id: str, chat_id: str, turn_id: str) -> Record:
        """TurnNotFound."""

    def set_title(self, account_id: str, chat_id: str, title: bytes, *, at: int) -> None:
        """Only the first title is kept; a deleted chat gets none."""

    def set_suggestions(self, account_id: str, chat_id: str, turn_id: str, suggestions: bytes, *, at: int) -> None:
        """Does nothing if chat or turn were deleted meanwhile."""

    def set_review(self, account_id: str, chat_id: str, turn_id: str, *, code: str, withhold: bool, at: int) -> None:
        """Notes what post-processing found; withholding deletes the stored answer. Does nothing to what was deleted meanwhile."""

    def set_details(self, account_id: str, chat_id: str, details: bytes, *, seen: int, at: int) -> bool:
        """Stores them as revision `seen` + 1; False if the chat is deleted, unknown, or at another revision."""

    def delete(self, account_id: str, chat_id: str, *, at: int) -> list[str]:
        """Leaves only the mark that it was deleted, then deletes its records. Repeating it finishes it. ChatNotFound.

        Returns the turns that had not ended.
        """

    def delete_turn(self, account_id: str, chat_id: str, turn_id: str, *, outcome: str, at: int) -> bool:
        """Takes message, answer and follow-ups out of a record of this outcome; False if there is none."""

    def add(self, imported: Imported, *, at: int) -> int:
        """Stores the records that aren't there yet, and the chat with them; returns how many. Safe to repeat.

        ChatNotFound if the chat was deleted, ChatKeyConflict if it has another key, WrongEpoch.
        """


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
    opened_at: int  # when its $connect was answered, or a moment before, in seconds


class Connections(Protocol):
    def add(self, caller: Caller, *, now: int) -> None: ...

    def remove(self, connection_id: str) -> None: ...

    def caller(self, connection_id: str) -> Caller:
        """NotSignedIn if the connection is unknown."""

    def focus(self, caller: Caller, chat_id: str | None) -> None: ...

    def of_account(self, account_id: str) -> Sequence[Open]: ...

    def of_session(self, account_id: str, session_id: str) -> list[str]: ...
