"""A live connection: asks in chats old and new, and hands on opened events."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Protocol, Self

from sealmate_cli import crypto
from sealmate_cli.asking import OpenChat, Question, make_question, make_uuid7, parent_of, said_in_turn
from sealmate_cli.crypto import ChatKey, CryptoError
from sealmate_cli.errors import ClientError, ConnectionLost, Tampered
from sealmate_cli.following import Following
from sealmate_cli.line import Line, Patience
from sealmate_cli.profile import Identity
from sealmate_cli.reading import ChatKeys
from sealmate_cli.socket import Dial, SocketClosed, frames
from sealmate_cli.turn import TurnReader
from sealmate_cli.wire import events as wire
from sealmate_cli.wire.events import Event, Received

_LOOK_EVERY = 3600


class Device(Protocol):
    """What a connection needs of the client; each call may block on HTTP."""

    random: crypto.Random
    now: Callable[[], float]

    def identity(self) -> Identity: ...
    def arrive(self) -> None: ...
    def ticket(self) -> str: ...
    def open_chat(self, chat_id: str) -> OpenChat: ...
    def chat_keys(self, chat_id: str) -> ChatKeys: ...
    def stored_message(self, chat_id: str, turn_id: str) -> tuple[ChatKey, bytes]: ...
    def stored_aftermath(self, chat_id: str, turn_id: str) -> list[Received]: ...


class Connection:
    def __init__(
        self, device: Device, *, dial: Dial, patience: Patience, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._device = device
        self._line = Line(ticket=device.ticket, dial=dial, patience=patience, sleep=sleep)
        self._chats: dict[str, OpenChat] = {}
        self._looked_at = 0.0

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        await self._arrive()
        try:
            await self._line.open()
        except SocketClosed as error:
            raise ConnectionLost from error

    async def close(self) -> None:
        await self._line.close()

    async def ask(self, text: str, chat: str | None = None, mate: str | None = None) -> AsyncGenerator[Event, None]:
        """Ends when nothing more is to come of the turn; without `chat` a new one is begun.

        A refused or failed turn is an event; ClientError is for what keeps this device from following.
        """
        await self._look()
        opened = await self._open(chat)
        new, cached = not opened.stored, opened.cached
        device = self._device
        identity = device.identity()
        question = make_question(opened, text, identity=identity, mate=mate, random=device.random, now=device.now())
        reader = TurnReader(opened.key, question.turn_id, question.record)
        try:
            yield wire.MessageSent(turn_id=question.turn_id, chat_id=opened.key.chat)
            async for event in self._follow(reader, question, cached=cached):
                yield event
            if new and reader.accepted and (reason := await self._check_key(opened.key)):
                yield wire.RecordUnreadable(
                    turn_id=question.turn_id, chat_id=opened.key.chat, record="chat_key", reason=reason
                )
        finally:
            self._remember(question, reader)

    async def resume(self, turn_id: str, chat: str) -> AsyncGenerator[Event, None]:
        """Follows a turn that was asked earlier, here or on another device."""
        key, message = await asyncio.to_thread(self._device.stored_message, chat, turn_id)
        reader = TurnReader(key, turn_id, message, accepted=True)
        async for event in self._follow(reader, None):
            yield event

    async def stop(self, turn_id: str) -> None:
        """The answer so far is kept; how it ended comes as an event of the turn."""
        with contextlib.suppress(SocketClosed):  # whoever follows the turn will notice
            await self._line.send(frames({"action": "stop", "turn_id": turn_id}))

    async def _follow(
        self, reader: TurnReader, question: Question | None, *, cached: bool = False
    ) -> AsyncGenerator[Event, None]:
        chat = reader.key.chat
        following = Following(
            line=self._line,
            reader=reader,
            question=question,
            stored=lambda: self._device.stored_aftermath(chat, reader.turn_id),
            rewrap=lambda: self._wrap_anew(reader.key),
            cached=cached,
        )
        async with contextlib.aclosing(following.events()) as events:
            async for event in events:
                yield event

    async def _look(self) -> None:
        """In a long conversation, too, the account's keys are turned when that is due, and followed."""
        if self._device.now() < self._looked_at + _LOOK_EVERY:
            return
        try:
            await self._arrive()
        except ClientError as error:
            if not error.passing:
                raise

    async def _arrive(self) -> None:
        self._looked_at = self._device.now()
        await asyncio.to_thread(self._device.arrive)

    def _wrap_anew(self, key: ChatKey) -> bytes:
        """Another device has turned the account's key since this one looked."""
        self._device.arrive()
        identity = self._device.identity()
        return crypto.wrap_chat_key(key, identity.master_key, epoch=identity.epoch, random=self._device.random)

    async def _open(self, chat: str | None) -> OpenChat:
        """Handed over for one turn: it comes back when the turn's end is known, else it is loaded anew."""
        if chat is None:
            account = self._device.identity().account
            key = crypto.make_chat_key(account, make_uuid7(self._device.now()), random=self._device.random)
            return OpenChat(key=key, stored=False)
        if chat in self._chats:
            return self._chats.pop(chat)
        return await asyncio.to_thread(self._device.open_chat, chat)

    def _remember(self, question: Question, reader: TurnReader) -> None:
        chat = question.chat
        if not (reader.refused or reader.withheld or reader.answer_text is not None):
            return
        answer = None if reader.withheld else reader.answer
        chat.stored = True
        chat.parent = (question.turn_id, parent_of(question.record, answer))
        if reader.answer_text is not None and not reader.withheld:
            chat.said += said_in_turn(question.text, reader.answer_text)
            chat.cached = True
        self._chats[chat.key.chat] = chat

    async def _check_key(self, key: ChatKey) -> str | None:
        """What was written is read back and opened before it counts."""
        try:
            keys = await asyncio.to_thread(self._device.chat_keys, key.chat)
            return None if keys.current().key == key.key else "key_replaced"
        except CryptoError:
            return "key_replaced"
        except Tampered as error:
            return error.code
        except ClientError:
            return None  # it can't be asked now
