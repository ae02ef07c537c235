"""Someone's device, as far as a turn sees it: it seals messages and opens what comes back, with the terminal client's own keys."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from sealmate.turns.requests import Ask
from sealmate_cli.crypto.chats import ChatKey, make_chat_key, wrap_chat_key


@dataclass(kw_only=True)
class Asker:
    """`sent`: by turn, the sealed record, which an answer names as its parent."""

    account: str
    master_key: bytes = bytes(32)
    sent: dict[str, bytes] = field(default_factory=dict)
    _turns: int = 0

    def new_chat(self) -> ChatKey:
        return make_chat_key(self.account, str(uuid.uuid4()))

    def new_turn_id(self) -> str:
        """They sort by the order in which they are made."""
        self._turns += 1
        return f"01976f6e-0000-7000-8000-{self._turns:012x}"

    def ask(self, chat: ChatKey, text: str = "Hello", *, epoch: int = 1, **changes: Any) -> Ask:
        """A chat's first message; `changes` replace fields."""
        turn = changes.get("turn_id") or self.new_turn_id()
        self.sent[turn] = chat.seal_message(turn=turn, text=text, parent=b"")
        fields: dict[str, Any] = {
            "turn_id": turn,
            "chat_id": chat.chat,
            "generation": 1,
            "message": text,
            "history": [],
            "answer_public_key": chat.answer_pair.public_key,
            "cache_key": chat.cache_key,
            "record": self.sent[turn],
            "chat_key": wrap_chat_key(chat, self.master_key, epoch=epoch),
        }
        return Ask.model_validate({**fields, **changes})

    def next_ask(self, chat: ChatKey, text: str = "And now?", **changes: Any) -> Ask:
        """A later message of a chat."""
        return self.ask(chat, text, chat_key=None, **changes)

    def open_answer(self, chat: ChatKey, turn_id: str, answer: bytes) -> dict[str, Any]:
        return chat.open_answer(answer, turn=turn_id, message=self.sent[turn_id])

    def hash_of(self, turn_id: str) -> bytes:
        return hashlib.sha256(self.sent[turn_id]).digest()
