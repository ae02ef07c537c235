"""Stored chats and turns, opened and checked on this device: chat keys, records, and the chain of parents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sealmate_cli import crypto
from sealmate_cli.chain import check_parent
from sealmate_cli.crypto import ChatKey, CryptoError
from sealmate_cli.errors import Tampered
from sealmate_cli.profile import Identity
from sealmate_cli.wire import http as wire

Opened = TypeVar("Opened")


@dataclass(frozen=True)
class ReadChat:
    chat_id: str
    title: str | None
    """The one a person gave it, else the one made for it."""
    created_at: int
    updated_at: int
    active_at: int
    """When its last message was asked."""
    pinned: bool = False
    folder: str | None = None
    trouble: str | None = None
    """Why title or details do not open: a reason of the key scheme."""


@dataclass(frozen=True)
class ReadTurn:
    turn_id: str
    chat_id: str
    parent: str | None
    created_at: int
    outcome: wire.Outcome
    text: str | None
    """What was asked; None if the turn was deleted, or the record does not open in its place."""
    answer: str | None
    suggestions: list[str] = field(default_factory=list)
    code: str | None = None
    mate: str | None = None
    """As sealed with the answer, like the model: what the server's row says of them counts for nothing."""
    model: str | None = None
    finish: str | None = None
    """`length` or `stopped` for an answer that was cut."""
    credits: int | None = None
    answered_at: int | None = None
    trouble: str | None = None
    """The first record that does not open, and why, as `message: not_authentic`."""


class ChatKeys:
    """All generations of one chat's key, unwrapped on first use."""

    def __init__(self, identity: Identity, chat: wire.Chat) -> None:
        self._identity, self._chat = identity, chat
        self._opened: dict[int, ChatKey] = {}

    def current(self) -> ChatKey:
        """The newest: a chat may have one under this device's own master key that nothing was written with yet."""
        mine = [each.generation for each in self._chat.keys if crypto.read_epoch(each.envelope) == self._identity.epoch]
        return self.of(max([self._chat.generation, *mine]))

    def of(self, generation: int) -> ChatKey:
        if generation not in self._opened:
            self._opened[generation] = self._unwrap(generation)
        return self._opened[generation]

    def of_record(self, envelope: bytes) -> ChatKey:
        return self.of(crypto.read_epoch(envelope))

    def _unwrap(self, generation: int) -> ChatKey:
        found = [each for each in self._chat.keys if each.generation == generation]
        if not found:
            raise CryptoError("no_such_generation")
        # A key may be wrapped under two master keys at once; which opens is what counts.
        mine = [each for each in found if crypto.read_epoch(each.envelope) == self._identity.epoch]
        (wrapped, *_) = mine or found
        return crypto.unwrap_chat_key(
            wrapped.envelope,
            self._identity.master_key,
            account=self._identity.account,
            chat=self._chat.chat_id,
            generation=generation,
            epoch=self._identity.epoch,
        )


def is_ahead(chat: wire.Chat, identity: Identity) -> bool:
    """Whether a chat's keys are under no master key but one that this device doesn't have yet."""
    try:
        epochs = [crypto.read_epoch(each.envelope) for each in chat.keys]
    except CryptoError:
        return False  # opening it says what is wrong
    return bool(epochs) and min(epochs) > identity.epoch


def current_key(keys: ChatKeys) -> ChatKey:
    try:
        return keys.current()
    except CryptoError as error:
        raise Tampered("key of this chat", error.reason) from error


def read_chat(identity: Identity, chat: wire.Chat) -> ReadChat:
    title, details, trouble = None, crypto.Details(), None
    keys = ChatKeys(identity, chat)
    try:
        if chat.title is not None:
            title = keys.of_record(chat.title).open_title(chat.title)
        if chat.details is not None:
            details = keys.of_record(chat.details).open_details(chat.details, revision=chat.revision)
    except CryptoError as error:
        title, trouble = None, error.reason
    return ReadChat(
        chat_id=chat.chat_id,
        title=details.title or title,
        created_at=chat.created_at,
        updated_at=chat.updated_at,
        active_at=active_at(chat),
        pinned=details.pinned,
        folder=details.folder,
        trouble=trouble,
    )


def active_at(chat: wire.Chat) -> int:
    return chat.updated_at if chat.active_at is None else chat.active_at


def read_turns(keys: ChatKeys, turns: Sequence[wire.Turn]) -> list[ReadTurn]:
    """Every message is bound to the hash of its parent's record, so a swapped or dropped turn shows in the next."""
    by_id = {turn.turn_id: turn for turn in turns}
    return [_read_turn(keys, turn, by_id) for turn in turns]


class _Opening:
    """Opens what opens and keeps the first trouble."""

    def __init__(self) -> None:
        self.trouble: str | None = None

    def open(self, record: str, opener: Callable[[], Opened]) -> Opened | None:
        try:
            return opener()
        except CryptoError as error:
            self.trouble = self.trouble or f"{record}: {error.reason}"
            return None


def _read_turn(keys: ChatKeys, turn: wire.Turn, by_id: Mapping[str, wire.Turn]) -> ReadTurn:
    opening = _Opening()
    text = opening.open("message", lambda: _message(keys, turn))
    opening.open("message", lambda: check_parent(turn, by_id))
    answer = opening.open("answer", lambda: _answer(keys, turn)) or {}
    suggestions = opening.open("suggestions", lambda: _suggestions(keys, turn)) if answer else None
    return ReadTurn(
        turn_id=turn.turn_id,
        chat_id=turn.chat_id,
        parent=turn.parent.turn_id if turn.parent else None,
        created_at=turn.created_at,
        outcome=turn.outcome,
        text=text,
        answer=answer.get("text"),
        suggestions=suggestions or [],
        code=turn.code,
        mate=answer.get("mate"),
        model=answer.get("model"),
        finish=answer.get("finish"),
        credits=turn.credits,
        answered_at=turn.answered_at,
        trouble=opening.trouble,
    )


def _message(keys: ChatKeys, turn: wire.Turn) -> str | None:
    if turn.message is None:
        if turn.outcome != "deleted":
            raise CryptoError("message_missing")
        return None
    parent = turn.parent.hash if turn.parent else b""
    return keys.of_record(turn.message).open_message(turn.message, turn=turn.turn_id, parent=parent)


def _answer(keys: ChatKeys, turn: wire.Turn) -> dict[str, Any] | None:
    if turn.answer is None:
        if turn.outcome == "answered":
            raise CryptoError("answer_missing")
        return None
    if turn.message is None:
        raise CryptoError("message_missing")
    return keys.of_record(turn.answer).open_answer(turn.answer, turn=turn.turn_id, message=turn.message)


def _suggestions(keys: ChatKeys, turn: wire.Turn) -> list[str] | None:
    if turn.suggestions is None or turn.answer is None:
        return None
    return keys.of_record(turn.suggestions).open_suggestions(turn.suggestions, turn=turn.turn_id, answer=turn.answer)
