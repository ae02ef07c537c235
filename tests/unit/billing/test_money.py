"""Whatever happens in whatever order, and wherever a process dies: no credit is made or lost, and each turn is charged at most once.

Executions of answer_turn are walked step by step, in any order. Before any call to a store the process may die, or another one
may take its next step; functions are invoked again after they have done their work; sweepers come in between.
"""

from __future__ import annotations

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from sealmate import catalog, errors
from sealmate.events import TurnCharged, TurnFailed, TurnRefused, TurnStopped
from tests.fakes.line import ACCOUNT, CALLER, Line
from tests.unit.billing.execution import Execution, begin
from tests.unit.billing.interruptions import Interruptions, Killed, kill

GRANTED = 150
TROUBLES = (None, None, None, errors.HarmRefused(), errors.NotJudged(), errors.ProviderBusy())

characters = st.integers(1, 72_000)
tokens = st.tuples(st.integers(0, 100_000), st.integers(0, 20_000))
calls = st.integers(0, 6)


class Money(RuleBasedStateMachine):
    executions: Bundle[Execution] = Bundle("executions")

    def __init__(self) -> None:
        super().__init__()
        self.interruptions = Interruptions()
        self.line = Line(credits=GRANTED, between=self.interruptions.wrap)
        self.numbers = itertools.count(1)
        self.all: list[Execution] = []
        self.final: dict[str, str] = {}

    # --- what may happen ---

    @rule(target=executions, characters=characters, used=tokens, trouble=st.sampled_from(TROUBLES))
    def ask(self, characters: int, used: tuple[int, int], trouble: errors.SealmateError | None) -> Execution:
        turn = begin(self.line, f"turn {next(self.numbers)}", characters=characters)
        return self._started(Execution(line=self.line, turn=turn, execution_id="first", used=used, trouble=trouble))

    @rule(target=executions, other=executions)
    def start_a_second_execution(self, other: Execution) -> Execution:
        """Asked again, resumed, or delivered twice."""
        name = f"execution {next(self.numbers)}"
        return self._started(Execution(line=self.line, turn=other.turn, execution_id=name))

    @rule(one=executions)
    def step(self, one: Execution) -> None:
        one.advance()

    @rule(one=executions)
    def finish(self, one: Execution) -> None:
        while one.state != "over":
            one.advance()

    @rule(one=executions, number=calls, other=executions)
    def step_while_another_steps(self, one: Execution, number: int, other: Execution) -> None:
        with self.interruptions.before_call(number, other.advance if other is not one else other.repeat):
            one.advance()

    @rule(one=executions, number=calls, again=st.booleans())
    def die_in_a_step(self, one: Execution, number: int, again: bool) -> None:
        """Its state machine tries the state again, or is gone as well."""
        try:
            with self.interruptions.before_call(number, kill):
                one.advance()
        except Killed:
            if not again:
                one.die()

    @rule(one=executions)
    def invoke_again(self, one: Execution) -> None:
        one.repeat()

    @rule(one=executions)
    def stop(self, one: Execution) -> None:
        self.line.stop(CALLER, one.turn.turn_id)

    @rule(one=executions)
    def resume(self, one: Execution) -> None:
        self.line.resume(CALLER, one.turn.turn_id)

    @rule(seconds=st.sampled_from([1, 16, 361]))
    def pass_time(self, seconds: int) -> None:
        self.line.clock.advance(seconds)

    @rule()
    def sweep(self) -> None:
        self.line.sweep()

    @rule(number=calls, other=executions)
    def sweep_while_another_steps(self, number: int, other: Execution) -> None:
        with self.interruptions.before_call(number, other.advance):
            self.line.sweep()

    @rule(number=calls)
    def sweep_and_die(self, number: int) -> None:
        try:
            with self.interruptions.before_call(number, kill):
                self.line.sweep()
        except Killed:
            pass

    @rule()
    def restart(self) -> None:
        """Everything dies; the sweeper is told so."""
        for one in self.all:
            one.die()
        self.line.clock.advance(1)
        self.line.sweep(died_before=self.line.clock.now())
        assert self.line.wallets.wallet(ACCOUNT).held == 0

    def teardown(self) -> None:
        """In the end, when everything is dead: nothing is held, and every turn is settled or ended."""
        for one in self.all:
            one.die()
        self.line.clock.advance(catalog.limits().hold_seconds + 1)
        assert self.line.sweep()["failed"] == 0
        assert self.line.wallets.wallet(ACCOUNT).held == 0
        for turn_id in {one.turn.turn_id for one in self.all}:
            self.line.resume(CALLER, turn_id)
            assert self.line.turns.turn(ACCOUNT, turn_id).status in ("settled", "ended")
        self.credits_are_neither_made_nor_lost()
        self.a_turn_ends_once()
        self.nobody_is_told_two_endings()

    # --- what always holds ---

    @invariant()
    def credits_are_neither_made_nor_lost(self) -> None:
        wallet, tables = self.line.tables.wallets[ACCOUNT], self.line.tables
        assert wallet.available >= 0
        assert wallet.held == sum(row.hold.credits for row in tables.holds.values())
        charged = sum(row.credits for row in tables.ledger.values() if row.kind == "charge")
        assert wallet.available + wallet.held + charged == GRANTED

    @invariant()
    def a_turn_ends_once(self) -> None:
        tables = self.line.tables
        for key, row in tables.turns.items():
            status, charges = row.turn.status, [r for r in tables.ledger.values() if r.turn_id == key[1]]
            assert len(charges) == (status == "settled")
            assert (key in tables.holds) == (status in ("running", "answered"))
            assert status == self.final.get(key[1], status)
            if status in ("settled", "ended"):
                self.final[key[1]] = status

    @invariant()
    def nobody_is_told_two_endings(self) -> None:
        told: dict[str, set[str | int]] = {}
        for _, event in self.line.push.sent:
            if isinstance(event, TurnCharged):
                told.setdefault(event.turn_id, set()).add(event.credits)
            elif isinstance(event, TurnFailed | TurnRefused):
                told.setdefault(event.turn_id, set()).add(event.code)
            elif isinstance(event, TurnStopped):
                told.setdefault(event.turn_id, set()).add(event.type)
        assert all(len(endings) == 1 for endings in told.values())

    def _started(self, one: Execution) -> Execution:
        self.all.append(one)
        return one


Money.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestMoney = Money.TestCase
