"""What tests ask over a live connection, and what they look for in what comes."""

import asyncio
from typing import Any

from sealmate_cli.client import Client
from sealmate_cli.wire import events as wire
from sealmate_cli.wire.events import Event


def ask(client: Client, *messages: str) -> str:
    async def run() -> str:
        chat: str | None = None
        async with client.connect() as connection:
            for message in messages:
                async for event in connection.ask(message, chat=chat):
                    chat = getattr(event, "chat_id", chat)
        return chat or ""

    return asyncio.run(run())


def talk(client: Client, *messages: str, chat: str | None = None) -> list[list[Event]]:
    """Asks one after the other in one chat; the events of each turn."""

    async def run() -> list[list[Event]]:
        told: list[list[Event]] = []
        current = chat
        async with client.connect() as connection:
            for message in messages:
                told.append([event async for event in connection.ask(message, chat=current)])
                current = next(event.chat_id for event in told[-1] if isinstance(event, wire.MessageSent))
        return told

    return asyncio.run(run())


def only(events: list[Event], kind: type[Event]) -> Any:
    (found,) = [event for event in events if isinstance(event, kind)]
    return found


def text_of(events: list[Event]) -> str:
    return "".join(event.delta for event in events if isinstance(event, wire.AnswerExtended))
