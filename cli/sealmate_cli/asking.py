"""What goes out with a message: its sealed record, the history that fits, and the keys of one answer."""

import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

from sealmate_cli import crypto
from sealmate_cli.crypto import ChatKey, hash_of
from sealmate_cli.errors import ClientError
from sealmate_cli.profile import Identity
from sealmate_cli.socket import MAX_MESSAGE_BYTES, frames
from sealmate_cli.wire.shape import to_wire

MAX_CHARACTERS = 24_000
HISTORY_CHARACTERS = 24_000
HISTORY_TURNS = 20


@dataclass(frozen=True)
class Said:
    role: Literal["user", "assistant"]
    text: str


@dataclass
class OpenChat:
    """A chat as this connection knows it, ready for the next message."""

    key: ChatKey
    stored: bool
    """False until its first message is accepted: then its key travels along."""
    said: list[Said] = field(default_factory=list)
    parent: tuple[str, bytes] | None = None
    """(turn id, hash) of the last turn."""
    cached: bool = False
    """The server probably still holds the history."""


@dataclass
class Question:
    """One message on its way; asking again with it is safe."""

    chat: OpenChat
    turn_id: str
    text: str
    record: bytes
    mate: str | None
    chat_key: bytes | None

    def action(self, *, cached: bool) -> dict[str, Any]:
        key = self.chat.key
        action = {
            "action": "ask",
            "turn_id": self.turn_id,
            "chat_id": key.chat,
            "generation": key.generation,
            "message": self.text,
            "history": "cached" if cached else [],
            "answer_public_key": key.answer_pair.public_key,
            "cache_key": key.cache_key,
            "record": self.record,
        }
        if self.chat.parent is not None:
            turn, parent = self.chat.parent
            action["parent"] = {"turn_id": turn, "hash": parent}
        if self.chat_key is not None:
            action["chat_key"] = self.chat_key
        if self.mate is not None:
            action["mate"] = self.mate
        wire: dict[str, Any] = to_wire(action)
        return wire

    def frames(self, *, cached: bool) -> list[str]:
        bare = frames(self.action(cached=cached))  # refuses a message that is too long by itself
        if cached or not self.chat.said:
            return bare
        spare = MAX_MESSAGE_BYTES - sum(len(frame.encode()) for frame in bare)
        history = recent(self.chat.said, characters=HISTORY_CHARACTERS, size=spare)
        return frames({**self.action(cached=False), "history": to_wire(history)})


def make_question(
    chat: OpenChat, text: str, *, identity: Identity, mate: str | None, random: crypto.Random, now: float
) -> Question:
    _check(text)
    before, parent = chat.parent or (None, b"")
    turn_id = make_uuid7(now, after=before)
    chat_key = None
    if not chat.stored:
        chat_key = crypto.wrap_chat_key(chat.key, identity.master_key, epoch=identity.epoch, random=random)
    record = chat.key.seal_message(turn=turn_id, text=text, parent=parent, random=random)
    return Question(chat, turn_id, text, record, mate, chat_key)


def recent(said: list[Said], *, characters: int, size: int) -> list[Said]:
    """The last whole turns that fit into so many characters and, as JSON, so many bytes."""
    kept: list[Said] = []
    for start in range(len(said) - 2, max(0, len(said) - 2 * HISTORY_TURNS) - 1, -2):
        turn = said[start : start + 2]
        characters -= sum(len(each.text) for each in turn)
        size -= sum(len(frame.encode()) + 1 for each in turn for frame in frames(to_wire(each)))
        if characters < 0 or size < 0:
            break
        kept = turn + kept
    return kept


def said_in_turn(question: str, answer: str) -> list[Said]:
    return [Said("user", question), Said("assistant", answer)]


def parent_of(record: bytes, answer: bytes | None) -> bytes:
    return hash_of(answer if answer is not None else record)


def make_uuid7(now: float, *, after: str | None = None) -> str:
    """RFC 9562: milliseconds, then randomness, so that ids sort by time; this one after another, however slow the clock."""
    milliseconds = int(now * 1000)
    if after is not None:
        milliseconds = max(milliseconds, (uuid.UUID(after).int >> 80) + 1)
    number = milliseconds << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=number))


def _check(text: str) -> None:
    if not text.strip():
        raise ClientError("empty_message", "There is no message.", "Write something.")
    if len(text) > MAX_CHARACTERS:
        raise ClientError(
            "message_too_long",
            f"This message has {len(text)} characters; {MAX_CHARACTERS} are the most.",
            "Shorten it, or send it in parts.",
        )
    if any("\ud800" <= each <= "\udfff" for each in text):
        raise ClientError("not_text", "This message holds bytes that are no UTF-8 text.", "Send it as UTF-8.")
