"""A mailer that keeps what it was asked to send."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mail:
    to: str
    subject: str
    text: str

    @property
    def code(self) -> str:
        """The six digits in the mail; AssertionError if there are none."""
        found = re.search(r"(?<!\d)\d{6}(?!\d)", self.text)
        assert found is not None, "this mail has no code"
        return found.group()


class FakeMailer:
    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self._lock = threading.Lock()

    def send(self, *, to: str, subject: str, text: str) -> None:
        with self._lock:
            self.sent.append(Mail(to=to, subject=subject, text=text))

    @property
    def last(self) -> Mail:
        return self.sent[-1]
