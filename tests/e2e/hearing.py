"""A message asked by a device, and all that was heard of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from sealmate_cli.client import Client
from sealmate_cli.connection import Connection
from sealmate_cli.wire.events import Event

On = Callable[[Any], Awaitable[None] | None]


@dataclass
class Heard:
    """A turn's events in order of arrival."""

    events: list[Event] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        """Without the deltas and what the device itself says."""
        return [e.type for e in self.events if e.type not in ("answer_extended", "message_sent")]

    @property
    def turn(self) -> str:
        return str(self.all("message_sent")[0].turn_id)

    @property
    def chat(self) -> str:
        return str(self.all("message_sent")[0].chat_id)

    @property
    def text(self) -> str:
        """As it grew on the screen: what a resume or a new attempt replaced is replaced."""
        text = ""
        for event in self.events:
            match event.type:
                case "answer_started":
                    text = ""
                case "answer_resumed":
                    text = event.text
                case "answer_extended":
                    text += event.delta
        return text

    def all(self, kind: str) -> list[Any]:
        return [event for event in self.events if event.type == kind]

    def one(self, kind: str) -> Any:
        found = self.all(kind)
        assert len(found) == 1, f"{len(found)} times {kind} in {self.kinds}"
        return found[0]


def ask(client: Client, text: str, *, chat: str | None = None, mate: str | None = None, on: On | None = None) -> Heard:
    """Asks over a connection of its own; `on` is called with each event as it comes."""

    async def asking() -> Heard:
        async with client.connect() as connection:
            return await ask_over(connection, text, chat=chat, mate=mate, on=on)

    return asyncio.run(asking())


async def ask_over(
    connection: Connection, text: str, *, chat: str | None = None, mate: str | None = None, on: On | None = None
) -> Heard:
    heard = Heard()
    async with aclosing(connection.ask(text, chat, mate)) as events:
        async for event in events:
            heard.events.append(event)
            doing = on(event) if on else None
            if doing is not None:
                await doing
    return heard
