"""One turn followed to its end over a line that may fall: asks again, resumes gaps, and looks into storage at last."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from sealmate_cli.asking import Question
from sealmate_cli.errors import AnswerOverdue, ClientError
from sealmate_cli.line import Inbox, Item, Line, Signal
from sealmate_cli.socket import SocketClosed, frames
from sealmate_cli.turn import TurnReader
from sealmate_cli.wire import events as wire
from sealmate_cli.wire.events import Event, Received


@dataclass
class Following:
    line: Line
    reader: TurnReader
    question: Question | None
    """None if the turn was asked earlier: then it is only resumed."""
    stored: Callable[[], list[Received]]
    """What storage holds of answer, follow-ups and charge; may block."""
    rewrap: Callable[[], bytes] | None = None
    """The key of a chat that begins, under the account's present master key; may block. Asked for once."""
    cached: bool = False
    """The history is left to the server's cache."""
    gap_resumes: int = 0
    """How often was asked for what is missing now."""

    async def events(self) -> AsyncGenerator[Event, None]:
        with self.line.inbox(self.reader.turn_id) as inbox:
            await self._begin(inbox)
            looks = 0
            while not self.reader.ended and looks < self.line.patience.aftermath_rounds:
                item = await self._next(inbox)
                if item is Signal.FELL:
                    async for dropped in self.line.restore():
                        yield dropped
                    await self._begin(inbox)
                    continue
                if isinstance(item, wire.RequestRefused):
                    told, over = await self._read_refusal(item, inbox)
                elif item is Signal.SILENT:
                    looks += self.aftermath
                    told, over = await self._break_silence(inbox), False
                else:
                    told, over = self.reader.read(item), False
                for event in told:
                    yield event
                if over:
                    return
                await self._mind(item, inbox)
        if self.reader.overdue:
            raise AnswerOverdue

    @property
    def aftermath(self) -> bool:
        """The turn is answered, or never will be: what else there is of it is stored."""
        return self.reader.settled or self.reader.overdue

    async def _next(self, inbox: Inbox) -> Item:
        patience = self.line.patience
        try:
            async with asyncio.timeout(patience.aftermath if self.aftermath else patience.silence):
                return await inbox.get()
        except TimeoutError:
            # A machine that stood still lets the time run out on what has come meanwhile.
            return Signal.SILENT if inbox.empty() else inbox.get_nowait()

    async def _begin(self, inbox: Inbox) -> None:
        """Asks, or, once accepted, resumes: also after every fall."""
        if self.reader.accepted or self.question is None:
            await self._resume(inbox)
        else:
            await self._send(self.question.frames(cached=self.cached), inbox)

    async def _resume(self, inbox: Inbox) -> None:
        reader = self.reader
        where = {"turn_id": reader.turn_id, "attempt": reader.attempt, "seq": reader.seq}
        await self._send(frames({"action": "resume", **where}), inbox)

    async def _send(self, message: list[str], inbox: Inbox) -> None:
        try:
            await self.line.send(message)
        except SocketClosed:
            inbox.put_nowait(Signal.FELL)

    async def _break_silence(self, inbox: Inbox) -> list[Event]:
        if not self.aftermath:
            await self._begin(inbox)
            return []
        try:
            stored = await asyncio.to_thread(self.stored)
        except ClientError as error:
            if error.passing:
                return []
            raise
        return [event for found in stored for event in self.reader.read(found)]

    async def _mind(self, item: Item, inbox: Inbox) -> None:
        """After an event: shows the chat once it exists, and asks for what is missing."""
        if isinstance(item, wire.TurnAccepted):
            try:
                await self.line.show(item.chat_id)
            except SocketClosed:
                inbox.put_nowait(Signal.FELL)
        if not self.reader.gap:
            self.gap_resumes = 0
            return
        in_vain = isinstance(item, wire.AnswerResumed)
        if self.gap_resumes == 0 or (in_vain and self.gap_resumes < self.line.patience.gap_resumes):
            if in_vain:
                await self.line.sleep(self.line.patience.gap)
            self.gap_resumes += 1
            await self._resume(inbox)

    async def _read_refusal(self, refusal: wire.RequestRefused, inbox: Inbox) -> tuple[list[Event], bool]:
        """What to hand on, and whether following is over."""
        accepted = self.reader.accepted
        if refusal.turn_id is None and accepted:
            return [], False  # an action of something else
        if self.question is not None and not accepted:
            if refusal.code == "history_not_cached" and self.cached:
                self.cached = False
                await self._begin(inbox)
                return [], False
            if refusal.code == "wrong_epoch" and self.question.chat_key is not None and self.rewrap is not None:
                self.question.chat_key, self.rewrap = await asyncio.to_thread(self.rewrap), None
                await self._begin(inbox)
                return [], False
            if refusal.code == "turn_already_running":
                self.reader.accepted = True
                await self._resume(inbox)
                return [], False
        return [refusal], not accepted or refusal.code == "turn_not_found"
