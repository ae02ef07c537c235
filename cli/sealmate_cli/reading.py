"""Stored chats and turns, opened and checked on this device: chat keys, records, and the chain of parents."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sealmate_cli import crypto
from sealmate_cli.crypto import ChatKey, CryptoError, hash_of
from sealmate_cli.errors import Tampered
from sealmate_cli.profile import Identity
from sealmate_cli.wire import http as wire


@dataclass(frozen=True)
class ReadChat:
    chat_id: str
    title: str | None
    created_at: int
    updated_at: int
    trouble: str | None = None
    """Why the title does not open: a reason of the key scheme."""


@dataclass(frozen=True)
class ReadTurn:
    turn_id: str
    chat_id: str
    parent: str | None
    created_at: int
    outcome: wire.Outcome
    text: str | None
    """What was asked; None if the record does not open in its place."""
    answer: str | None
    suggestions: list[str] = field(default_factory=list)
    code: str | None = None
    mate: str | None = None
    model: str | None = None
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
        return self.of(self._chat.generation)

    def of(self, generation: int) -> ChatKey:
        if generation not in self._opened:
            self._opened[generation] = self._unwrap(generation)
        return self._opened[generation]

    def of_record(self, envelope: bytes) -> ChatKey:
        return self.of(crypto.read_epoch(envelope))

    def _unwrap(self, generation: int) -> ChatKey:
        wrapped = next((each for each in self._chat.keys if each.generation == generation), None)
        if wrapped is None:
            raise CryptoError("no_such_generation")
        return crypto.unwrap_chat_key(
            wrapped.envelope,
            self._identity.master_key,
            account=self._identity.account,
            chat=self._chat.chat_id,
            generation=generation,
            epoch=self._identity.epoch,
        )


def current_key(keys: ChatKeys) -> ChatKey:
    try:
        return keys.current()
    except CryptoError as error:
        raise Tampered("key of this chat", error.reason) from error


def read_chat(identity: Identity, chat: wire.Chat) -> ReadChat:
    title = trouble = None
    if chat.title is not None:
        try:
            title = ChatKeys(identity, chat).of_record(chat.title).open_title(chat.title)
        except CryptoError as error:
            trouble = error.reason
    return ReadChat(chat.chat_id, title, chat.created_at, chat.updated_at, trouble)


def read_turns(keys: ChatKeys, turns: Iterable[wire.Turn]) -> list[ReadTurn]:
    """Every message is bound to the hash of its parent's record, so a swapped or dropped turn shows in the next."""
    by_id: dict[str, wire.Turn] = {}
    read = []
    for turn in turns:
        read.append(_read_turn(keys, turn, by_id))
        by_id[turn.turn_id] = turn
    return read


def parent_hash(turn: wire.Turn) -> bytes:
    return hash_of(turn.answer if turn.answer is not None else turn.message)


class _Opening:
    """Opens what opens and keeps the first trouble."""

    def __init__(self) -> None:
        self.trouble: str | None = None

    def note(self, record: str, error: CryptoError) -> None:
        self.trouble = self.trouble or f"{record}: {error.reason}"


def _read_turn(keys: ChatKeys, turn: wire.Turn, earlier: dict[str, wire.Turn]) -> ReadTurn:
    opening = _Opening()
    text = answer = None
    suggestions: list[str] = []
    try:
        text = _message(keys, turn)
        _check_chain(turn, earlier)
    except CryptoError as error:
        opening.note("message", error)
    if turn.answer is not None:
        try:
            key = keys.of_record(turn.answer)
            answer = key.open_answer(turn.answer, turn=turn.turn_id, message=turn.message)["text"]
            if turn.suggestions is not None:
                key = keys.of_record(turn.suggestions)
                suggestions = key.open_suggestions(turn.suggestions, turn=turn.turn_id, answer=turn.answer)
        except CryptoError as error:
            opening.note("answer" if answer is None else "suggestions", error)
    return ReadTurn(
        turn_id=turn.turn_id,
        chat_id=turn.chat_id,
        parent=turn.parent.turn_id if turn.parent else None,
        created_at=turn.created_at,
        outcome=turn.outcome,
        text=text,
        answer=answer,
        suggestions=suggestions,
        code=turn.code,
        mate=turn.mate,
        model=turn.model,
        credits=turn.credits,
        answered_at=turn.answered_at,
        trouble=opening.trouble,
    )


def _message(keys: ChatKeys, turn: wire.Turn) -> str:
    parent = turn.parent.hash if turn.parent else b""
    return keys.of_record(turn.message).open_message(turn.message, turn=turn.turn_id, parent=parent)


def _check_chain(turn: wire.Turn, earlier: dict[str, wire.Turn]) -> None:
    """The hash a message was sealed with is that of its parent's answer, or of its message if the answer was still to come."""
    if turn.parent is None:
        return
    parent = earlier.get(turn.parent.turn_id)
    if parent is None:
        raise CryptoError("parent_missing")
    # An answer that was taken back is no longer there to be hashed.
    if parent.outcome != "withheld" and turn.parent.hash not in (parent_hash(parent), hash_of(parent.message)):
        raise CryptoError("chain_broken")
