"""Who may use the engine now: as many callers as it has slots, in order; warming only when nobody asks."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Gate:
    """Bounds what runs at once; a caller that is cancelled while it waits leaves the queue."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._callers: deque[asyncio.Future[None]] = deque()
        self._warmers: deque[asyncio.Future[None]] = deque()
        self._warming = False
        self.active = 0

    @property
    def waiting(self) -> int:
        return len(self._callers)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one slot."""
        await self._turn(self._callers, self._leave_slot)
        try:
            yield
        finally:
            self._leave_slot()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Hold the whole engine, after everybody who waits: what is in it then is only the holder's."""
        await self._turn(self._warmers, self._leave_alone)
        try:
            yield
        finally:
            self._leave_alone()

    async def _turn(self, queue: deque[asyncio.Future[None]], leave: Callable[[], None]) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn in queue:
                queue.remove(turn)
                self._admit()
            elif not turn.cancelled():
                leave()  # its turn came in the same moment
            raise

    # Nothing below waits: a caller that is cancelled can't leave a slot behind.

    def _leave_slot(self) -> None:
        self.active -= 1
        self._admit()

    def _leave_alone(self) -> None:
        self._warming = False
        self._admit()

    def _admit(self) -> None:
        while self._callers and not self._warming and self.active < self._slots:
            turn = self._callers.popleft()
            if not turn.cancelled():
                self.active += 1
                turn.set_result(None)
        while self._warmers and not self._warming and not self.active and not self._callers:
            turn = self._warmers.popleft()
            if not turn.cancelled():
                self._warming = True
                turn.set_result(None)
