"""What one scenario is: what a device does, what of the server's answers is a lie, and the error that must come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tests.vectors.fixed import Json

Act = Literal[
    "sign up",
    "read back",
    "sign in",
    "follow",
    "turn",
    "list",
    "open",
    "answer",
    "begin",
    "take",
    "give",
    "lose",
    "secure",
    "settings",
]
Device = Literal["new", "away", "here", "behind"]
"""Never seen here; signed out, but remembers; signed in; signed in, and another device has turned the key since."""


@dataclass(frozen=True)
class Lie:
    """Where in what the server says, and what stands there instead; without `value`, nothing does."""

    at: tuple[str | int, ...]
    value: Any = None
    removed: bool = False

    def as_json(self) -> Json:
        return {"at": list(self.at), **({} if self.removed else {"value": self.value})}


def removed(*at: str | int) -> Lie:
    return Lie(at, removed=True)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    name: str
    act: Act
    device: Device
    code: str
    lies: Sequence[Lie]
    written: Sequence[str] = ()
    """What was sent before the lie could show, of what changes something at the server."""

    def as_json(self) -> Json:
        return {
            "name": self.name,
            "act": self.act,
            "device": self.device,
            "code": self.code,
            "lies": [lie.as_json() for lie in self.lies],
            "written": list(self.written),
        }
