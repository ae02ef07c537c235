"""An engine that ends has a successor, whoever asks meanwhile waits for it, and engines that never last are given up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from infra.local.model.supervision import SHORT_LIVES, Supervisor
from infra.local.model.upstream import EngineFailed, Upstream

NO_PAUSES = (0.0,)


class FakeEngine:
    """Ends when it is told; it refuses connections from that moment on."""

    def __init__(self) -> None:
        self._over = asyncio.Event()
        transport = httpx.MockTransport(self._answer)
        self.upstream = Upstream(httpx.AsyncClient(transport=transport, base_url="http://engine"))

    def die(self) -> None:
        self._over.set()

    async def ended(self) -> str:
        await self._over.wait()
        return "was ended by SIGKILL"

    def _answer(self, _: httpx.Request) -> httpx.Response:
        if self._over.is_set():
            raise httpx.ConnectError("connection refused")
        return httpx.Response(200)


class Machine:
    """Starts engines and notes them; `broken` ends each while it loads."""

    def __init__(self, *, broken: bool = False, loan_seconds: float = 60) -> None:
        self.started: list[FakeEngine] = []
        self.prepared: list[Upstream] = []
        self.tended: list[Upstream] = []
        self.broken = broken
        self.supervisor = Supervisor(
            self._start, prepare=self._prepare, tend=self._tend, loan_seconds=loan_seconds, pauses=NO_PAUSES
        )

    @asynccontextmanager
    async def _start(self) -> AsyncIterator[FakeEngine]:
        self.started.append(FakeEngine())
        if self.broken:
            raise ConnectionError("ended with code 1 while loading")
        yield self.started[-1]

    async def _prepare(self, upstream: Upstream) -> None:
        assert not self.supervisor.is_lending
        self.prepared.append(upstream)

    async def _tend(self, upstream: Upstream) -> None:
        self.tended.append(upstream)
        await asyncio.Event().wait()


def test_each_engine_is_prepared_before_it_is_lent_and_tended_while_it_is() -> None:
    async def scenario() -> None:
        machine = Machine()
        running = asyncio.create_task(machine.supervisor.run())
        first = await machine.supervisor.lent()
        machine.started[0].die()
        second = await machine.supervisor.lent()

        assert [first, second] == [engine.upstream for engine in machine.started]
        assert machine.prepared == machine.tended == [first, second]
        running.cancel()

    asyncio.run(scenario())


def test_who_asks_while_no_engine_runs_is_told_after_a_while() -> None:
    async def scenario() -> None:
        machine = Machine(loan_seconds=0)
        with pytest.raises(EngineFailed):
            await machine.supervisor.lent()

    asyncio.run(scenario())


def test_engines_that_never_last_are_given_up() -> None:
    async def scenario() -> None:
        machine = Machine(broken=True)
        await machine.supervisor.run()

        assert len(machine.started) == machine.supervisor.ended == SHORT_LIVES
        assert not machine.supervisor.is_lending

    asyncio.run(scenario())


def test_a_fault_of_the_server_itself_is_not_taken_for_the_engines_end() -> None:
    async def scenario() -> None:
        machine = Machine()

        async def faulty(_: Upstream) -> None:
            raise ZeroDivisionError

        supervisor = Supervisor(machine._start, prepare=faulty, tend=machine._tend, pauses=NO_PAUSES)
        with pytest.raises(ExceptionGroup):
            await supervisor.run()
        assert len(machine.started) == 1

    asyncio.run(scenario())
