"""Lambda and Step Functions promise at least once: each step called twice leaves and says what it does when called once."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from sealmate import catalog, errors
from sealmate.billing.prices import cost, most
from sealmate.turns.stages import Billing, BillingPrecheck, Charged, Ended, Failed, Failure, Reserved
from tests.fakes.line import ACCOUNT, CALLER, MODEL_SET, Line
from tests.unit.billing.execution import Execution, begin

TURN = "turn 1"
IDS = {"account_id": ACCOUNT, "turn_id": TURN, "chat_id": f"chat of {TURN}", "connection_id": CALLER.connection_id}
HELD = most(MODEL_SET, characters=5)
COST = cost("mistral-large-latest", input_tokens=2000, output_tokens=1000)


@pytest.fixture
def line() -> Line:
    return Line()


def walk(line: Line, *, until: str, trouble: errors.SealmateError | None = None) -> Execution:
    """An execution that stands before the state `until`."""
    turn = begin(line, TURN)
    one = Execution(line=line, turn=turn, execution_id="first", used=(2000, 1000), trouble=trouble)
    while one.state != until:
        one.advance()
    return one


def precheck(line: Line, *, execution: str = "first", characters: int = 5) -> Reserved:
    stage = BillingPrecheck(**IDS, characters=characters, execution_id=execution)
    return line.precheck(stage, line.audience_of(stage))


def settle(line: Line) -> Charged:
    stage = Billing(**IDS, credits=HELD, reserved_at=line.tables.turns[ACCOUNT, TURN].created_at)
    return line.settle(stage, line.audience_of(stage))


def fail(line: Line, error: str = "ProviderBusy", *, execution: str = "first") -> Ended:
    failure = Failure.model_validate({"Error": error, "Cause": '{"errorMessage": "{}"}'})
    return line.fail(Failed(**IDS, execution_id=execution, failure=failure))


def end(line: Line) -> str:
    return line.end(line.turns.turn(ACCOUNT, TURN), errors.TurnInterrupted())


def told(line: Line) -> list[str]:
    return line.push.types(CALLER.connection_id)


def twice(line: Line, step: Callable[[], object]) -> object:
    """The same in storage and in its answer, both times; what is told may be told again."""
    first = step()
    rows = copy.copy(vars(line.tables))
    kept = {name: copy.copy(rows[name]) for name in rows if name != "lock"}
    assert step() == first
    assert {name: value for name, value in vars(line.tables).items() if name != "lock"} == kept
    return first


def wallet(line: Line) -> tuple[int, int]:
    found = line.wallets.wallet(ACCOUNT)
    return found.available, found.held


def test_a_precheck_reserves_once(line: Line) -> None:
    walk(line, until="BillingPrecheck")
    assert twice(line, lambda: precheck(line)) == Reserved(credits=HELD, reserved_at=line.clock.now())
    assert wallet(line) == (1000 - HELD, HELD)
    line.clock.advance(7)
    assert precheck(line).reserved_at == line.clock.now() - 7, "a late retry keeps the first one's time"


def test_a_precheck_of_a_second_execution_changes_nothing(line: Line) -> None:
    walk(line, until="PreProcessing")
    with pytest.raises(errors.TurnAlreadyRunning):
        precheck(line, execution="second")
    assert wallet(line) == (1000 - HELD, HELD)


def test_a_precheck_holds_by_the_size_of_the_message_and_says_what_is_missing() -> None:
    line = Line(credits=HELD)
    walk(line, until="BillingPrecheck")
    more = most(MODEL_SET, characters=72_000)
    for _ in range(2):
        with pytest.raises(errors.InsufficientCredits) as raised:
            precheck(line, characters=72_000)
        assert raised.value.details == {"missing_credits": more - HELD}
    assert told(line) == []
    assert precheck(line).credits == HELD
    assert wallet(line) == (0, HELD)


def test_a_turn_is_settled_once(line: Line) -> None:
    walk(line, until="Billing")
    assert twice(line, lambda: settle(line)) == Charged(credits=COST, available=1000 - COST)
    assert wallet(line) == (1000 - COST, 0)
    assert told(line)[-2:] == ["turn_charged"] * 2, "a client that missed it hears it from the retry"


def test_a_turn_whose_hold_was_released_is_not_settled(line: Line) -> None:
    walk(line, until="PreProcessing")
    end(line)
    for _ in range(2):
        with pytest.raises(errors.TurnInterrupted):
            settle(line)
    assert wallet(line) == (1000, 0)


def test_a_charge_is_never_more_than_was_held(line: Line) -> None:
    one = walk(line, until="MainProcessing")
    one.used = (100_000, 100_000)
    one.advance()
    assert settle(line) == Charged(credits=HELD, available=1000 - HELD)


@pytest.mark.parametrize(
    ("error", "outcome", "event"),
    [
        ("ProviderBusy", "failed", "turn_failed"),
        ("HarmRefused", "refused", "turn_refused"),
        ("NotJudged", "refused", "turn_refused"),
        ("TurnStopped", "stopped", "turn_stopped"),
        ("KeyError", "failed", "turn_failed"),
        ("States.Timeout", "failed", "turn_failed"),
    ],
)
def test_a_turn_fails_once_and_says_why(line: Line, error: str, outcome: str, event: str) -> None:
    walk(line, until="PreProcessing")
    ended = twice(line, lambda: fail(line, error))
    assert isinstance(ended, Ended)
    record = line.chats.record(ACCOUNT, IDS["chat_id"], TURN)
    assert (record.outcome, record.code) == (outcome, ended.code)
    assert wallet(line) == (1000, 0)
    assert told(line) == ["credits_reserved", event], "told once"
    assert line.tables.messages == {}


def test_a_second_failure_does_not_change_why(line: Line) -> None:
    walk(line, until="PreProcessing")
    fail(line, "HarmRefused")
    assert fail(line, "ProviderBusy") == Ended(code="harm_refused")


def test_a_failure_after_the_answer_settles_it(line: Line) -> None:
    walk(line, until="Billing")
    assert twice(line, lambda: fail(line)) == Ended(code="settled")
    assert wallet(line) == (1000 - COST, 0)
    assert "turn_failed" not in told(line)
    assert (line.tables.messages, line.tables.streams) == ({}, {})


def test_a_failure_of_another_execution_leaves_the_turn_alone(line: Line) -> None:
    walk(line, until="MainProcessing")
    assert twice(line, lambda: fail(line, execution="second")) == Ended(code="turn_already_running")
    assert wallet(line) == (1000 - HELD, HELD)


def test_a_turn_that_nothing_was_reserved_for_fails_too(line: Line) -> None:
    walk(line, until="BillingPrecheck")
    assert twice(line, lambda: fail(line, "InsufficientCredits")) == Ended(code="insufficient_credits")
    assert wallet(line) == (1000, 0)


def test_a_failure_tells_the_missing_credits(line: Line) -> None:
    walk(line, until="BillingPrecheck")
    failure = Failure.model_validate(
        {"Error": "InsufficientCredits", "Cause": '{"errorMessage": "{\\"missing_credits\\": 12}"}'}
    )
    line.fail(Failed(**IDS, execution_id="first", failure=failure))
    (event,) = line.push.to(CALLER.connection_id)
    assert event.type == "turn_failed"
    assert event.missing_credits == 12


@pytest.mark.parametrize("state", ["BillingPrecheck", "PreProcessing", "MainProcessing", "Billing", "over"])
def test_a_turn_ends_once_wherever_it_stands(line: Line, state: str) -> None:
    walk(line, until=state)
    code = twice(line, lambda: end(line))
    answered = state in ("Billing", "over")
    assert code == ("settled" if answered else "turn_interrupted")
    assert wallet(line) == ((1000 - COST, 0) if answered else (1000, 0))


@pytest.mark.parametrize("state", ["PreProcessing", "MainProcessing", "Billing"])
def test_a_sweep_ends_what_is_late_and_only_once(line: Line, state: str) -> None:
    walk(line, until=state)
    line.clock.advance(catalog.limits().hold_seconds)
    assert line.sweep() == {"ended": 0, "failed": 0}, "the deadline itself is not late yet"
    line.clock.advance(1)
    assert line.sweep() == {"ended": 1, "failed": 0}
    assert line.sweep() == {"ended": 0, "failed": 0}
    assert line.wallets.wallet(ACCOUNT).held == 0


def test_a_sweep_after_a_restart_ends_all_that_was_reserved_before(line: Line) -> None:
    walk(line, until="MainProcessing")
    now = line.clock.now()
    assert line.sweep(died_before=now) == {"ended": 0, "failed": 0}
    assert line.sweep(died_before=now + 1) == {"ended": 1, "failed": 0}
    assert wallet(line) == (1000, 0)


def test_a_hold_that_cannot_be_ended_keeps_no_other_waiting(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    walk(line, until="MainProcessing")
    other = Execution(line=line, turn=begin(line, "turn 2"), execution_id="first")
    other.advance()
    del line.tables.turns[ACCOUNT, TURN]
    line.clock.advance(catalog.limits().hold_seconds + 1)
    assert line.sweep() == {"ended": 1, "failed": 1}
    assert line.turns.turn(ACCOUNT, "turn 2").status == "ended"
    assert [record.__dict__["turn_id"] for record in caplog.records] == [TURN]
