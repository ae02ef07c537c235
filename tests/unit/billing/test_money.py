"""Whatever happens in whatever order, and wherever a process dies: no credit is made or lost, and each turn is charged at most once.

Executions of answer_turn are walked step by step, in any order. Before any call to a store the process may die, or another one
may take its next step; functions are invoked again after they have done their work; sweepers come in between.
"""

from __future__ import annotations

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sealmate import catalog, errors
from sealmate.billing.prices import most
from sealmate.events import TurnCharged, TurnFailed, TurnRefused, TurnStopped
from tests.fakes.line import ACCOUNT, CALLER, MODEL_SET, Line
from tests.unit.billing.execution import Execution, begin
from tests.unit.billing.interruptions import Interruptions, Killed

# What happens, and what comes between two of its calls to a store; as often as they stand here.
HAPPENINGS = (
    *[("step", "nothing")] * 6,
    *[("step", "second")] * 2,
    *[("step", "death")] * 2,
    *[("step", "late sweep")] * 2,
    *[("step", other) for other in ("again", "resume", "stop", "late resume")],
    *[(alone, "nothing") for alone in ("second", "again", "resume", "stop", "late sweep", "a while")],
    *itertools.product(("late sweep", "late resume"), ("step", "death")),
)
# Between two looks a turn may go more than one step, but never back, and from its answer nowhere but to its charge.
LEADS_TO = {
    *itertools.combinations_with_replacement(("asked", "running", "answered", "settled"), 2),
    *[(status, "ended") for status in ("asked", "running", "ended")],
}
PLACES = 3
TROUBLES = (None, None, errors.HarmRefused(), errors.ProviderBusy())
Message = tuple[int, tuple[int, int], errors.SealmateError | None]

# Characters sent, tokens used, and what the model's calls end with, if anything.
messages: st.SearchStrategy[Message] = st.tuples(
    st.integers(1, 72_000), st.tuples(st.integers(0, 100_000), st.integers(0, 20_000)), st.sampled_from(TROUBLES)
)


class Money(RuleBasedStateMachine):
    """In each place stands a turn with two executions: it was asked twice, or started twice."""

    @initialize(granted=st.integers(20, 150))
    def open_account(self, granted: int) -> None:
        self.interruptions = Interruptions()
        self.granted, self.line = granted, Line(credits=granted, between=self.interruptions.wrap)
        self.executions: dict[tuple[int, str], Execution] = {}
        self.seen: dict[tuple[str, str], str] = {}

    @rule(
        place=st.integers(0, PLACES - 1),
        name=st.sampled_from(["first", "second"]),
        happening=st.sampled_from(HAPPENINGS),
        call=st.integers(0, 4),
        message=messages,
    )
    def something_happens(self, place: int, name: str, happening: tuple[str, str], call: int, message: Message) -> None:
        here = [one for (where, _), one in self.executions.items() if where == place]
        if all(one.state == "over" for one in here):
            self._ask(place, message)
        one, other = self.executions[place, name], self.executions[place, "second" if name == "first" else "first"]
        what, meanwhile = happening
        try:
            with self.interruptions.before_call(call, lambda: self._happen(meanwhile, one, other)):
                self._happen(what, one, other)
        except Killed:
            # Its state machine tries the state again, or is gone as well.
            if call % 2:
                one.die()
        except errors.TurnAlreadyRunning:
            # The sweeper counts it as failed; whoever resumed is told to wait.
            pass

    def _ask(self, place: int, message: Message) -> None:
        characters, used, trouble = message
        turn = begin(self.line, f"turn {len(self.line.tables.turns)}", characters=characters)
        for name in ("first", "second"):
            one = Execution(line=self.line, turn=turn, execution_id=name, used=used)
            one.trouble = trouble if name == "first" else None
            self.executions[place, name] = one

    def _happen(self, what: str, one: Execution, other: Execution) -> None:
        match what:
            case "step":
                one.advance()
            case "second":
                other.advance()
            case "again":
                one.repeat()
            case "stop":
                self.line.stop(CALLER, one.turn.turn_id)
            case "resume":
                self.line.resume(CALLER, one.turn.turn_id)
            case "late resume":
                self._pass_deadlines()
                self.line.resume(CALLER, one.turn.turn_id)
            case "late sweep":
                self._pass_deadlines()
                self.line.sweep()
            case "a while":
                self.line.clock.advance(16)
            case "death":
                raise Killed

    def _pass_deadlines(self) -> None:
        """Of all that is reserved by now. Executions go on all the same, which is more than the cloud would let them."""
        self.line.clock.advance(catalog.limits().vault_ttl_seconds)

    def teardown(self) -> None:
        """In the end, when everything is dead: nothing is held, and every turn is settled or ended."""
        if not hasattr(self, "line"):
            return
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
        for key, turn in tables.turns.items():
            charges = [row for row in tables.ledger.values() if row.turn_id == turn.turn_id]
            assert len(charges) == (turn.status == "settled")
            assert all(0 < row.credits <= most(MODEL_SET, characters=turn.characters) for row in charges)
            assert (key in tables.holds) == (turn.status in ("running", "answered"))
            assert (self.seen.get(key, "asked"), turn.status) in LEADS_TO
            self.seen[key] = turn.status

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
TestMoney.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
