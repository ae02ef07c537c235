"""Whatever happens in whatever order, and wherever a process dies: no credit is made or lost, and each turn is charged at most once.

Executions of answer_turn are walked step by step, in any order. Before any call to a store the process may die, or another one
may take its next step; functions are invoked again after they have done their work; sweepers come in between.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sealmate import catalog, errors
from sealmate.billing.prices import most
from sealmate.events import TurnCharged, TurnFailed, TurnRefused, TurnStopped
from tests.fakes.line import ACCOUNT, CALLER, MODEL_SET, Line
from tests.unit.billing.execution import Execution, begin
from tests.unit.billing.interruptions import Interruptions, Killed, kill

TURNS = 3
TROUBLES = (None, None, None, errors.HarmRefused(), errors.ProviderBusy())

tokens = st.tuples(st.integers(0, 100_000), st.integers(0, 20_000))
turns = st.tuples(st.integers(1, 72_000), tokens, st.sampled_from(TROUBLES))
# Each turn has two executions: it was asked twice, or started twice.
executions = st.integers(0, 2 * TURNS - 1)
calls = st.integers(0, 6)
meanwhile = st.sampled_from(["second", "again", "sweep", "resume", "stop"])


class Money(RuleBasedStateMachine):
    # --- what may happen ---

    @initialize(granted=st.integers(20, 150), asked=st.lists(turns, min_size=TURNS, max_size=TURNS))
    def ask(self, granted: int, asked: list[tuple[int, tuple[int, int], errors.SealmateError | None]]) -> None:
        self.interruptions = Interruptions()
        self.granted, self.line = granted, Line(credits=granted, between=self.interruptions.wrap)
        self.executions: list[Execution] = []
        self.final: dict[str, str] = {}
        for number, (characters, used, trouble) in enumerate(asked):
            turn = begin(self.line, f"turn {number}", characters=characters)
            for name in ("first", "second"):
                one = Execution(line=self.line, turn=turn, execution_id=name, used=used)
                one.trouble = trouble if name == "first" else None
                self.executions.append(one)

    @rule(number=executions, steps=st.integers(1, 4))
    def go_on(self, number: int, steps: int) -> None:
        for _ in range(steps):
            self.executions[number].advance()

    @rule(number=executions, call=calls, what=meanwhile)
    def go_on_while_something_happens(self, number: int, call: int, what: str) -> None:
        with self.interruptions.before_call(call, lambda: self._happen(what, number)):
            self.executions[number].advance()

    @rule(number=executions, call=calls, tried_again=st.booleans())
    def die_in_a_step(self, number: int, call: int, tried_again: bool) -> None:
        """Then the state machine tries the state again, or is gone as well."""
        try:
            with self.interruptions.before_call(call, kill):
                self.executions[number].advance()
        except Killed:
            if not tried_again:
                self.executions[number].die()

    @rule(number=executions, what=meanwhile)
    def something_happens(self, number: int, what: str) -> None:
        self._happen(what, number)

    @rule(number=executions, call=calls)
    def sweep_while_a_turn_goes_on(self, number: int, call: int) -> None:
        self._pass_deadlines()
        with self.interruptions.before_call(call, self.executions[number].advance):
            self.line.sweep()

    @rule(call=calls)
    def sweep_and_die(self, call: int) -> None:
        self._pass_deadlines()
        try:
            with self.interruptions.before_call(call, kill):
                self.line.sweep()
        except Killed:
            pass

    @rule(seconds=st.sampled_from([1, 16]))
    def pass_time(self, seconds: int) -> None:
        self.line.clock.advance(seconds)

    def _happen(self, what: str, number: int) -> None:
        one = self.executions[number]
        match what:
            case "second":
                self.executions[number ^ 1].advance()
            case "again":
                one.repeat()
            case "sweep":
                self._pass_deadlines()
                self.line.sweep()
            case "resume":
                self.line.resume(CALLER, one.turn.turn_id)
            case "stop":
                self.line.stop(CALLER, one.turn.turn_id)

    def _pass_deadlines(self) -> None:
        """Of all that is reserved by now; executions go on all the same, which is more than the cloud would let them."""
        self.line.clock.advance(catalog.limits().hold_seconds + 1)

    def teardown(self) -> None:
        """In the end, when everything is dead: nothing is held, and every turn is settled or ended."""
        self.line.clock.advance(1)
        assert self.line.sweep(died_before=self.line.clock.now())["failed"] == 0
        assert self.line.wallets.wallet(ACCOUNT).held == 0
        self._pass_deadlines()
        for _, turn_id in self.line.tables.turns:
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
        assert wallet.available + wallet.held + charged == self.granted

    @invariant()
    def a_turn_ends_once(self) -> None:
        tables = self.line.tables
        for key, row in tables.turns.items():
            status, charges = row.turn.status, [r for r in tables.ledger.values() if r.turn_id == key[1]]
            assert len(charges) == (status == "settled")
            assert all(0 < charge.credits <= most(MODEL_SET, characters=row.turn.characters) for charge in charges)
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


TestMoney = Money.TestCase
