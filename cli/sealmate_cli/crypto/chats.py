"""A chat's key and the records under it: messages, answers, titles, details, follow-ups and the server's short cache."""

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from . import envelope
from .content import read_json, text_of, write_json
from .envelope import Namespace, Place
from .errors import CryptoError
from .keys import Random, derive, sha256, system_random
from .methods import KEY_BYTES
from .xwing import KeyPair

hash_of = sha256
"""The parent hash of a record is the SHA-256 of its whole envelope."""


@dataclass(frozen=True)
class Details:
    """What a person changed about a chat; `title` goes before the one that was made for it."""

    title: str | None = None
    pinned: bool = False
    folder: str | None = None


@dataclass(frozen=True)
class ChatKey:
    account: str
    chat: str
    generation: int
    key: bytes

    @cached_property
    def answer_pair(self) -> KeyPair:
        """Its public half travels with each message; the server seals to it and cannot open again."""
        return KeyPair(derive(self.key, b"sealmate v1 answer"))

    @cached_property
    def cache_key(self) -> bytes:
        return derive(self.key, b"sealmate v1 cache")

    def seal_message(self, *, turn: str, text: str, parent: bytes, random: Random = system_random) -> bytes:
        place = self.place(Namespace.MESSAGE, turn, parent)
        return envelope.seal(self.key, place, write_json({"text": text}), random=random)

    def open_message(self, sealed: bytes, *, turn: str, parent: bytes) -> str:
        place = self.place(Namespace.MESSAGE, turn, parent)
        return text_of(read_json(envelope.open_with(self.key, place, sealed)), "text")

    def open_answer(self, sealed: bytes, *, turn: str, message: bytes) -> dict[str, Any]:
        """`message` is the whole envelope of the turn's message."""
        answer = self._open(Namespace.ANSWER, sealed, record=turn, parent=hash_of(message))
        for name in ("text", "mate", "model", "finish"):
            text_of(answer, name)
        return answer

    def open_title(self, sealed: bytes) -> str:
        return text_of(self._open(Namespace.TITLE, sealed, record=self.chat, parent=b""), "title")

    def open_suggestions(self, sealed: bytes, *, turn: str, answer: bytes) -> list[str]:
        content = self._open(Namespace.SUGGESTIONS, sealed, record=turn, parent=hash_of(answer))
        suggestions = content.get("suggestions")
        if not isinstance(suggestions, list) or not all(isinstance(each, str) for each in suggestions):
            raise CryptoError("bad_content")
        return suggestions

    def seal_details(self, details: Details, *, revision: int, random: Random = system_random) -> bytes:
        """`revision`: the one they will be stored as."""
        return envelope.seal(self.key, self._details_place(revision), write_json(asdict(details)), random=random)

    def open_details(self, sealed: bytes, *, revision: int) -> Details:
        content = read_json(envelope.open_with(self.key, self._details_place(revision), sealed))
        title, pinned, folder = content.get("title"), content.get("pinned"), content.get("folder")
        if not isinstance(pinned, bool) or not all(isinstance(each, str | None) for each in (title, folder)):
            raise CryptoError("bad_content")
        return Details(title, pinned, folder)

    def _details_place(self, revision: int) -> Place:
        return replace(self.place(Namespace.DETAILS, self.chat), version=revision)

    def place(self, namespace: Namespace, record: str, parent: bytes = b"") -> Place:
        return Place(namespace, self.account, scope=self.chat, record=record, epoch=self.generation, parent=parent)

    def _open(self, namespace: Namespace, sealed: bytes, *, record: str, parent: bytes) -> dict[str, Any]:
        content = envelope.open_sealed(self.answer_pair, self.place(namespace, record, parent), sealed)
        return read_json(content)


def make_chat_key(account: str, chat: str, *, generation: int = 1, random: Random = system_random) -> ChatKey:
    """Of a chat that begins, or of the generation that its writing goes on with."""
    return ChatKey(account, chat, generation, key=random(KEY_BYTES))


def wrap_chat_key(key: ChatKey, master_key: bytes, *, epoch: int, random: Random = system_random) -> bytes:
    place = _chat_key_place(key.account, key.chat, key.generation, epoch)
    return envelope.seal(master_key, place, key.key, random=random)


def unwrap_chat_key(
    wrapped: bytes, master_key: bytes, *, account: str, chat: str, generation: int, epoch: int
) -> ChatKey:
    place = _chat_key_place(account, chat, generation, epoch)
    content = envelope.open_with(master_key, place, wrapped)
    if len(content) != KEY_BYTES:
        raise CryptoError("bad_content")
    return ChatKey(account, chat, generation, content)


def _chat_key_place(account: str, chat: str, generation: int, epoch: int) -> Place:
    return Place(Namespace.CHAT_KEY, account, scope=chat, record=chat, epoch=epoch, version=generation)
