"""The socket that comes back: one line to the server, dialled again when it falls, its events sorted by turn."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from sealmate_cli.errors import ClientError, ConnectionLost
from sealmate_cli.socket import Dial, Socket, SocketClosed, frames
from sealmate_cli.wire.events import ConnectionDropped, OfTurn, Received, read_event


@dataclass(frozen=True)
class Patience:
    """Waits in seconds."""

    waits: tuple[float, ...] = (0.5, 1, 2, 4, 8, 15, 30, 30)
    """Before each try to connect again."""
    silence: float = 30
    """Without an event: then the turn is asked for again, as a push may be lost though the socket stands."""
    aftermath: float = 8
    """Without an event once answered: then what is missing is looked for in storage."""
    aftermath_rounds: int = 5
    gap: float = 1
    """Before asking once more for what is missing: the server's snapshot may be that old."""
    gap_resumes: int = 30
    """How often at most the same gap is asked for."""
    keep_alive: float = 7 * 60


PATIENCE = Patience()


class Signal(Enum):
    FELL = 1
    SILENT = 2


Item = Received | Signal
Inbox = asyncio.Queue[Item]


class Line:
    def __init__(
        self,
        *,
        ticket: Callable[[], str],
        dial: Dial,
        patience: Patience,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.patience, self.sleep = patience, sleep
        self._ticket, self._dial = ticket, dial
        self._socket: Socket | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._inboxes: dict[str, Inbox] = {}
        self._focus: str | None = None
        self._dialling = asyncio.Lock()

    async def open(self) -> None:
        """Does nothing if the line stands; raises SocketClosed."""
        async with self._dialling:
            if self._socket is not None:
                return
            await self._end_tasks()
            try:
                ticket = await asyncio.to_thread(self._ticket)
            except ClientError as error:
                if error.passing:
                    raise SocketClosed from error
                raise
            socket = self._socket = await self._dial(ticket)
            self._tasks = [
                asyncio.create_task(self._listen(socket)),
                asyncio.create_task(self._keep_alive(socket)),
            ]

    async def close(self) -> None:
        socket, self._socket = self._socket, None
        await self._end_tasks()
        if socket is not None:
            await socket.close()

    async def send(self, message: list[str]) -> None:
        """Raises SocketClosed."""
        await self.open()
        socket = self._socket
        if socket is None:
            raise SocketClosed
        try:
            await socket.send(message)
        except SocketClosed:
            self._fell(socket)
            raise

    async def show(self, chat: str) -> None:
        """Tells the server which chat this device shows, if it doesn't know."""
        if self._focus != chat:
            self._focus = chat
            await self.send(self._focus_frames())

    @contextlib.contextmanager
    def inbox(self, turn_id: str) -> Iterator[Inbox]:
        """Where this turn's events arrive, and FELL when the line falls."""
        inbox: Inbox = asyncio.Queue()
        self._inboxes[turn_id] = inbox
        try:
            yield inbox
        finally:
            del self._inboxes[turn_id]

    async def restore(self) -> AsyncGenerator[ConnectionDropped, None]:
        """Dials until the line stands again; says before each try how long it waits."""
        for wait in self.patience.waits:
            if self._socket is not None:
                return
            yield ConnectionDropped(wait=wait)
            await self.sleep(wait)
            with contextlib.suppress(SocketClosed):
                await self.open()
                if self._focus is not None:
                    await self.send(self._focus_frames())
        if self._socket is None:
            raise ConnectionLost

    async def _listen(self, socket: Socket) -> None:
        try:
            while True:
                event = read_event(await socket.receive())
                if event is not None:
                    self._sort(event)
        except SocketClosed:
            self._fell(socket)

    def _sort(self, event: Received) -> None:
        if isinstance(event, OfTurn) or event.turn_id is not None:
            inbox = self._inboxes.get(event.turn_id or "")
            if inbox is not None:
                inbox.put_nowait(event)
            return
        for inbox in self._inboxes.values():
            inbox.put_nowait(event)

    def _fell(self, socket: Socket) -> None:
        if self._socket is socket:
            self._socket = None
            for inbox in self._inboxes.values():
                inbox.put_nowait(Signal.FELL)

    async def _keep_alive(self, socket: Socket) -> None:
        with contextlib.suppress(SocketClosed):
            while True:
                await asyncio.sleep(self.patience.keep_alive)
                await socket.send(self._focus_frames())

    def _focus_frames(self) -> list[str]:
        return frames({"action": "focus", "chat_id": self._focus})

    async def _end_tasks(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
