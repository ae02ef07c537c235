"""Callers take turns at the engine, leave the queue when cancelled, and come before warming."""

import asyncio

from infra.local.model.gate import Gate


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Caller:
    """A task that holds a slot, or the whole gate, until it is let go."""

    def __init__(self, gate: Gate, *, alone: bool = False) -> None:
        self.inside = False
        self._leave = asyncio.Event()
        self._enter = gate.alone if alone else gate.slot
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async with self._enter():
            self.inside = True
            await self._leave.wait()

    async def leave(self) -> None:
        self._leave.set()
        await self.task
        await settle()


def test_no_more_than_the_slots_run_and_the_rest_are_served_in_order() -> None:
    async def scenario() -> None:
        gate = Gate(2)
        callers = [Caller(gate) for _ in range(4)]
        await settle()
        assert [caller.inside for caller in callers] == [True, True, False, False]
        assert (gate.active, gate.waiting) == (2, 2)
        await callers[1].leave()
        assert [caller.inside for caller in callers] == [True, True, True, False]
        for caller in (callers[0], callers[2], callers[3]):
            await caller.leave()
        assert (gate.active, gate.waiting) == (0, 0)

    asyncio.run(scenario())


def test_a_cancelled_waiter_leaves_the_queue() -> None:
    async def scenario() -> None:
        gate = Gate(1)
        holder, leaver, last = Caller(gate), Caller(gate), Caller(gate)
        await settle()
        leaver.task.cancel()
        await settle()
        assert gate.waiting == 1
        await holder.leave()
        assert last.inside
        await last.leave()

    asyncio.run(scenario())


def test_a_caller_cancelled_in_the_moment_of_its_turn_leaves_no_slot_behind() -> None:
    async def scenario() -> None:
        gate = Gate(1)
        holder, leaver = Caller(gate), Caller(gate)
        await settle()
        holder.task.cancel()  # lets go in its next step,
        await asyncio.sleep(0)
        leaver.task.cancel()  # which is when the leaver's turn comes
        await settle()
        assert (gate.active, gate.waiting) == (0, 0)
        last = Caller(gate)
        await settle()
        assert last.inside
        await last.leave()

    asyncio.run(scenario())


def test_warming_waits_for_every_caller_and_callers_wait_for_one_warming() -> None:
    async def scenario() -> None:
        gate = Gate(1)
        first, second = Caller(gate), Caller(gate)
        await settle()
        warming = Caller(gate, alone=True)
        await settle()
        assert not warming.inside
        await first.leave()
        assert second.inside
        assert not warming.inside
        await second.leave()
        assert warming.inside
        third = Caller(gate)
        await settle()
        assert not third.inside
        await warming.leave()
        assert third.inside
        await third.leave()

    asyncio.run(scenario())
