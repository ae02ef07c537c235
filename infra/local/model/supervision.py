"""Keeps an engine running: lends the one that is loaded, notices its end, and starts the next."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from infra.local.model.upstream import EngineFailed, Upstream

log = logging.getLogger(__name__)

# An engine that lived this long worked; those that end sooner, one after another, won't work the next time either.
STEADY_SECONDS = 60.0
SHORT_LIVES = 5
PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0)
# How long a request waits for the engine's next life.
LOAN_SECONDS = 90.0


class Engine(Protocol):
    """What is supervised."""

    @property
    def upstream(self) -> Upstream: ...

    async def ended(self) -> str:
        """Wait for its end; how it ended, in words."""


Start = Callable[[], AbstractAsyncContextManager[Engine]]
Hook = Callable[[Upstream], Awaitable[None]]


class Supervisor:
    """One engine after another: `prepare` has each before it is lent, `tend` while it is."""

    def __init__(
        self,
        start: Start,
        *,
        prepare: Hook,
        tend: Hook,
        loan_seconds: float = LOAN_SECONDS,
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        self._start, self._prepare, self._tend = start, prepare, tend
        self._loan_seconds, self._pauses = loan_seconds, pauses
        self._loaded: asyncio.Future[Upstream] = asyncio.get_running_loop().create_future()
        self.ended = 0

    @property
    def is_lending(self) -> bool:
        return self._loaded.done()

    async def run(self) -> None:
        """Returns when too many engines in a row had a short life."""
        short = 0
        while short < SHORT_LIVES:
            began = time.monotonic()
            how = await self._live()
            self.ended += 1
            short = 0 if time.monotonic() - began > STEADY_SECONDS else short + 1
            log.error("the engine %s; what it wrote stands above", how)
            await asyncio.sleep(self._pauses[min(short, len(self._pauses)) - 1] if short else 0)
        log.error("%d engines in a row did not last: no other is started", short)

    async def lent(self) -> Upstream:
        """The loaded engine; when there is none, or it has just ended, its successor is waited for."""
        try:
            async with asyncio.timeout(self._loan_seconds):
                while not await (upstream := await asyncio.shield(self._loaded)).is_listening():
                    await asyncio.sleep(0.02)  # its end is noticed in a moment
                return upstream
        except TimeoutError:
            raise EngineFailed("the engine is not running") from None

    async def _live(self) -> str:
        try:
            async with self._start() as engine, asyncio.TaskGroup() as group:
                serving = group.create_task(self._serve(engine.upstream))
                how = await engine.ended()
                serving.cancel()
            return how
        except ConnectionError as failure:
            return str(failure)
        finally:
            if self._loaded.done():
                self._loaded = asyncio.get_running_loop().create_future()

    async def _serve(self, upstream: Upstream) -> None:
        await self._prepare(upstream)
        self._loaded.set_result(upstream)
        await self._tend(upstream)
