"""Scripts by message, so that what one test prescribes for its own message never meets another's."""

import secrets
import threading

from tests.scripted_model.scripts import Asked, Script, Scripts


class Playbook(Scripts):
    def __init__(self) -> None:
        super().__init__()
        self._parts: dict[str, Scripts] = {}
        self._adding = threading.Lock()

    def on(self, message: str) -> Scripts:
        """The scripts of one message, and the log of what it led to; to be called before it is sent. It needs words of its own."""
        with self._adding:
            return self._parts.setdefault(message, Scripts())

    def take(self, asked: Asked) -> Script:
        with self._adding:
            # A follow-up's reading quotes what was said before it, so the latest message goes first.
            found = next((part for message, part in reversed(self._parts.items()) if message in asked.text), None)
        return found.take(asked) if found else super().take(asked)


def unique(text: str) -> str:
    return f"{text} ({secrets.token_hex(6)})"
