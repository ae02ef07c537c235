"""One run of a command: its client, where its words go, and how it asks for what it needs."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from sealmate_cli.client import Client
from sealmate_cli.errors import ClientError
from sealmate_cli.output import Output

MakeClient = Callable[[str | None, Path], Client]


@dataclass(frozen=True)
class Surroundings:
    """What tests replace."""

    make_client: MakeClient = Client
    interactive: bool | None = None
    """Is there a person at a terminal? None: look."""


@dataclass(frozen=True)
class Invocation:
    client: Client
    output: Output
    interactive: bool

    def ask(self, name: str, prompt: str, *, given: str | None = None, hidden: bool = False) -> str:
        """`given` on the command line, else typed by a person, else the next line of standard input."""
        if given is not None:
            return given
        if self.interactive:
            self.output.status(None)
            answer: str = typer.prompt(prompt, hide_input=hidden)
            return answer
        self.output.result("input_needed", {"name": name, "prompt": prompt}, f"{prompt}:")
        line = read_line()
        if line is None:
            raise ClientError(
                "input_missing", f"The {name} is missing.", "Give it as an option or as a line of standard input."
            )
        return line


def read_line() -> str | None:
    """The next line of standard input without its end; None at the end of the input."""
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError as error:
        raise ClientError("not_text", "The input holds bytes that are no UTF-8 text.", "Send it as UTF-8.") from error
    return line.rstrip("\r\n") if line else None


def is_interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
