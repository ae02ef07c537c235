"""Where words go: to a person (text on stdout, progress and errors on stderr) or to a script (JSON lines)."""

import json
import sys
from dataclasses import asdict, is_dataclass
from typing import Any, Protocol

from pydantic import BaseModel
from rich.console import Console
from rich.status import Status

from sealmate_cli.errors import ClientError

# Turn text round, or can't be seen at all.
_MISLEADING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xE0000, 0xE0080))}


def printable(text: str) -> str:
    """Without anything that steers a terminal: a model's words or a title must not move cursors or hide text."""
    return "".join(
        each for each in text if each in "\n\t" or not (ord(each) < 32 or 127 <= ord(each) < 160 or each in _MISLEADING)
    )


class Output(Protocol):
    json: bool

    def result(self, kind: str, value: Any, text: str) -> None:
        """A fact asked for: `value` for scripts, `text` for people."""

    def note(self, text: str) -> None:
        """For people only."""

    def alert(self, text: str) -> None:
        """For people only, and beside what was asked for."""

    def stream(self, text: str) -> None:
        """A piece of an answer."""

    def status(self, text: str | None) -> None:
        """The one line that says what is going on; None takes it away."""

    def stage(self, text: str) -> None:
        """A status that stays on the screen when it has passed."""

    def fail(self, error: ClientError) -> None: ...


class JsonOutput:
    json = True

    def result(self, kind: str, value: Any, text: str) -> None:  # noqa: ARG002 - for people
        _write(sys.stdout, {"type": kind, **as_json(value)})

    def note(self, text: str) -> None: ...

    def alert(self, text: str) -> None: ...

    def stream(self, text: str) -> None: ...

    def status(self, text: str | None) -> None: ...

    def stage(self, text: str) -> None: ...

    def fail(self, error: ClientError) -> None:
        _write(sys.stderr, {"error": error.as_json()})


class PlainOutput:
    """Plain lines; on a terminal the status is one line that changes."""

    json = False

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False)
        self._status: Status | None = None

    def result(self, kind: str, value: Any, text: str) -> None:  # noqa: ARG002 - for scripts
        self.note(text)

    def note(self, text: str) -> None:
        self.status(None)
        print(printable(text), flush=True)

    def alert(self, text: str) -> None:
        self.status(None)
        print(printable(text), file=sys.stderr, flush=True)

    def stream(self, text: str) -> None:
        self.status(None)
        print(printable(text), end="", flush=True)

    def status(self, text: str | None) -> None:
        if text is not None and not self._console.is_terminal:
            print(f"· {printable(text)}", file=sys.stderr, flush=True)
        elif text is None:
            if self._status is not None:
                self._status.stop()
            self._status = None
        elif self._status is None:
            self._status = self._console.status(printable(text), spinner="dots")
            self._status.start()
        else:
            self._status.update(printable(text))

    def stage(self, text: str) -> None:
        if self._console.is_terminal:
            self.status(None)
            self._console.print(printable(text), style="dim")
        else:
            self.status(text)

    def fail(self, error: ClientError) -> None:
        self.status(None)
        print(f"{printable(error.message)}\n{printable(error.next_step)}", file=sys.stderr)
        if (wait := error.details.get("retry_after")) is not None:
            print(f"Wait {_duration(wait)}.", file=sys.stderr)
        if (missing := error.details.get("missing_credits")) is not None:
            print(f"{missing} {'credit is' if missing == 1 else 'credits are'} missing.", file=sys.stderr)


def _duration(seconds: int) -> str:
    """Rounded up, so that whoever waits so long isn't early."""
    if seconds <= 90:
        return f"{seconds} s"
    minutes = -(-seconds // 60)
    return f"{minutes} minutes" if minutes <= 90 else f"{-(-minutes // 60)} hours"


def as_json(value: Any) -> dict[str, Any]:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if is_dataclass(value) and not isinstance(value, type):
        return {name: each for name, each in asdict(value).items() if each is not None}
    return dict(value)


def _write(stream: Any, value: dict[str, Any]) -> None:
    print(json.dumps(value), file=stream, flush=True)  # ASCII: safe in any locale
