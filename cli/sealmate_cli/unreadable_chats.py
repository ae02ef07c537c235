"""Chats whose keys open nowhere: what takes all chats along waits for a person's word about these, and says which they are."""

import time
from collections.abc import Mapping
from typing import Any

from sealmate_cli.errors import Tampered

_NAMED = 5


class UnreadableChats(Tampered):
    """By chat the reason of the key scheme; the code is the first one's."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.chats = tuple(reasons)
        reason = reasons[self.chats[0]]
        super().__init__("key of a chat", reason)
        named = ", ".join(f"{chat}{_begun(chat)}" for chat in self.chats[:_NAMED])
        more = f" and {len(self.chats) - _NAMED} more" if len(self.chats) > _NAMED else ""
        what = "The key of this chat opens" if len(self.chats) == 1 else f"The keys of {len(self.chats)} chats open"
        self.message = f"{what} nowhere ({reason}), so your account's keys can't be replaced: {named}{more}."
        self.next_step = (
            "Nothing was changed. The server may be keeping the right key back: ask its operator first, with this code. A browser that has "
            "shown this chat may still have the key, and puts it back when it is opened there. "
            f"`sealmate delete {self.chats[0]}` gives a chat up for good; the rest then goes on without it."
        )

    def as_json(self) -> dict[str, Any]:
        return {**super().as_json(), "chats": list(self.chats)}


def _begun(chat: str) -> str:
    """When it was begun, as its id says: what else is known of it is under its key."""
    digits = chat.replace("-", "")
    if len(digits) != 32 or digits[12] != "7":
        return ""
    return time.strftime(" (begun %Y-%m-%d %H:%M)", time.localtime(int(digits[:12], 16) / 1000))
