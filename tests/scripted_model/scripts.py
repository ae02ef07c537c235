"""What a scripted model may be told to do, and the queue that says which request gets which script."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple


class Message(NamedTuple):
    role: str
    text: str


@dataclass(kw_only=True)
class Asked:
    """A request as it arrived.

    `schema`: the name of the wanted JSON schema, None for a stream. `left`: the client went before the end.
    """

    model: str
    messages: list[Message]
    schema: str | None
    temperature: float
    max_tokens: int
    body: dict[str, Any] = field(default_factory=dict)
    secret: str = ""
    at: float = field(default_factory=time.monotonic)
    left: threading.Event = field(default_factory=threading.Event)

    @property
    def kind(self) -> str:
        return self.schema or "stream"

    @property
    def text(self) -> str:
        return self.messages[-1].text


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Deltas at set times (seconds), then an end or a fault in its place.

    `piece`: the bytes are written in pieces of this size, wherever that cuts them. Faults come after the last delta: `cut` closes
    the connection, `garbage` sends what is no JSON, `error` an error object with status 429, `silent` nothing until the client leaves.
    """

    deltas: tuple[str, ...]
    reason: str = "stop"
    usage: tuple[int, int] | None = (20, 10)
    first_delay: float = 0
    delay: float = 0
    piece: int | None = None
    fault: Literal["cut", "garbage", "error", "silent"] | None = None


@dataclass(frozen=True, kw_only=True)
class Structured:
    """The content of a whole answer: a dict becomes JSON, a text is sent as it is, fitting or not."""

    content: dict[str, Any] | str
    delay: float = 0


@dataclass(frozen=True, kw_only=True)
class Fault:
    """An HTTP error; its body repeats the message, as careless providers do."""

    status: int
    code: str = "some_error"


@dataclass(frozen=True, kw_only=True)
class Garbage:
    """200, and a body in nobody's format."""


@dataclass(frozen=True, kw_only=True)
class Silence:
    """Takes the request and says nothing until the client leaves."""


Script = Stream | Structured | Fault | Garbage | Silence
Otherwise = Callable[[Asked], Script]

READING: dict[str, Any] = {
    "harm": 0,
    "misuse": 0,
    "language": "en",
    "title": "A question about something quite ordinary",
    "complexity": "simple",
    "temperature": 0.3,
    "mate": "tavi",
}
REVIEW: dict[str, Any] = {"misuse": 0, "suggestions": [f"What about number {n}?" for n in range(1, 7)]}
ANSWER = Stream(deltas=("Gladly", ": ", "here ", "is ", "an ", "answer", "."), usage=(20, 7))


def obliging(asked: Asked) -> Script:
    """A harmless reading, a short answer, a contented review; `{}` for a schema of another name."""
    if asked.schema is None:
        return ANSWER
    return Structured(content={"Reading": READING, "Review": REVIEW}.get(asked.schema, {}))


class Scripts:
    """Thread-safe; `asked` logs every request in order of arrival."""

    def __init__(self, otherwise: Otherwise = obliging) -> None:
        self.asked: list[Asked] = []
        self._otherwise = otherwise
        self._queue: list[tuple[str | None, Script]] = []
        self._lock = threading.Lock()

    def add(self, *scripts: Script, to: str | None = None) -> None:
        """For the next requests: all of them, or only those of a schema's name or of "stream"."""
        with self._lock:
            self._queue += [(to, script) for script in scripts]

    def take(self, asked: Asked) -> Script:
        with self._lock:
            self.asked.append(asked)
            for place, (to, script) in enumerate(self._queue):
                if to in (None, asked.kind):
                    del self._queue[place]
                    return script
        return self._otherwise(asked)
