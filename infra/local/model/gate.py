"""Who may use the engine now: as many callers as it has slots, in order; warming only when nobody asks."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Bounds what runs at once; a caller that is cancelled while it waits leaves the queue."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._waiting: deque[object] = deque()
        self._warming = False
        self._changed = asyncio.Condition()
        self.active = 0

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one slot."""
        ticket = object()
        self._waiting.append(ticket)
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: self._is_next(ticket))
                self.active += 1
        finally:
            self._waiting.remove(ticket)
            await self._wake()
        try:
            yield
        finally:
            self.active -= 1
            await self._wake()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Hold the whole engine, after everybody who waits: what is in it then is only the holder's."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self.active and not self._waiting)
            self._warming = True
        try:
            yield
        finally:
            self._warming = False
            await self._wake()

    def _is_next(self, ticket: object) -> bool:
        return not self._warming and self.active < self._slots and self._waiting[0] is ticket

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()
