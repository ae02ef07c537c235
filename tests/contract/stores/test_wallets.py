"""What every store of wallets promises: credits move whole, once, and none is made or lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealmate import errors
from sealmate.billing.ports import Hold, LedgerRow, Wallet
from tests.contract.stores.conftest import Stores
from tests.contract.stores.given import (
    ANSWER,
    CHARGE,
    NOW,
    answered,
    asked,
    claim,
    now_,
    numbers,
    reserve,
    running,
    together,
)


def test_an_account_without_a_wallet_has_nothing(stores: Stores) -> None:
    assert stores.wallets.wallet("stranger") == Wallet(available=0, held=0)
    assert stores.wallets.ledger("stranger", cursor=None, limit=9) == ([], None)
    assert stores.wallets.hold("stranger", "turn") is None


# --- reserve ---


@pytest.mark.parametrize("credits_", [1, 999, 1000])
def test_what_is_there_can_be_reserved_to_the_last_credit(stores: Stores, credits_: int) -> None:
    turn = asked(stores)
    hold = reserve(stores, turn, credits_=credits_)
    assert hold == Hold(account_id=stores.account, turn_id=turn.turn_id, credits=credits_, reserved_at=NOW)
    assert stores.wallets.hold(stores.account, turn.turn_id) == hold
    assert numbers(stores) == (1000 - credits_, credits_)
    assert now_(stores, turn).status == "running"


@pytest.mark.parametrize(("credits_", "missing"), [(1001, 1), (1500, 500)])
def test_too_little_says_how_much_is_missing_and_changes_nothing(stores: Stores, credits_: int, missing: int) -> None:
    turn = asked(stores)
    with pytest.raises(errors.InsufficientCredits) as raised:
        reserve(stores, turn, credits_=credits_)
    assert raised.value.details == {"missing_credits": missing}
    assert numbers(stores) == (1000, 0)
    assert now_(stores, turn).status == "asked"
    assert stores.wallets.hold(stores.account, turn.turn_id) is None


def test_what_is_held_is_not_available(stores: Stores) -> None:
    reserve(stores, asked(stores), credits_=900)
    with pytest.raises(errors.InsufficientCredits) as raised:
        reserve(stores, asked(stores), credits_=101)
    assert raised.value.details == {"missing_credits": 1}
    reserve(stores, asked(stores), credits_=100)
    assert numbers(stores) == (0, 1000)


def test_the_same_execution_finds_its_hold_again(stores: Stores) -> None:
    turn = asked(stores)
    hold = reserve(stores, turn)
    assert reserve(stores, turn, credits_=200, at=NOW + 5) == hold
    assert numbers(stores) == (900, 100)


def test_another_execution_is_told_that_the_turn_is_taken(stores: Stores) -> None:
    turn = asked(stores)
    reserve(stores, turn)
    with pytest.raises(errors.TurnAlreadyRunning):
        reserve(stores, turn, execution="e2")
    assert numbers(stores) == (900, 100)


def test_nothing_is_reserved_for_a_turn_that_is_over(stores: Stores) -> None:
    done, held = answered(stores)
    for execution in ("e1", "e2"):
        with pytest.raises(errors.TurnAlreadyRunning):
            reserve(stores, done, execution=execution)
    stores.wallets.settle(done, held, CHARGE)
    ended = asked(stores)
    stores.wallets.release(ended, None, outcome="failed", code="internal")
    for turn in (done, ended):
        with pytest.raises(errors.TurnAlreadyRunning):
            reserve(stores, turn)
    assert numbers(stores) == (970, 0)


# --- settle ---


def test_a_hold_becomes_a_charge_and_what_is_left_comes_back(stores: Stores) -> None:
    turn, hold = answered(stores)
    assert stores.wallets.charge_of(hold) is None
    assert stores.wallets.settle(turn, hold, CHARGE)
    assert numbers(stores) == (970, 0)
    assert now_(stores, turn).status == "settled"
    assert stores.wallets.hold(stores.account, turn.turn_id) is None
    assert stores.wallets.charge_of(hold) == CHARGE
    assert stores.chats.record(stores.account, turn.chat_id, turn.turn_id).credits == 30
    (row, _), _ = stores.wallets.ledger(stores.account, cursor=None, limit=9)
    assert row == LedgerRow(
        row_id=turn.turn_id,
        kind="charge",
        credits=30,
        at=NOW,
        turn_id=turn.turn_id,
        model="local",
        input_tokens=20,
        output_tokens=7,
    )


def test_a_hold_is_settled_once(stores: Stores) -> None:
    turn, hold = answered(stores)
    assert stores.wallets.settle(turn, hold, CHARGE)
    assert not stores.wallets.settle(turn, hold, replace(CHARGE, credits=99))
    assert numbers(stores) == (970, 0)
    assert stores.wallets.charge_of(hold) == CHARGE
    assert len(stores.wallets.ledger(stores.account, cursor=None, limit=9)[0]) == 2


def test_only_an_answer_is_settled(stores: Stores) -> None:
    turn, hold = running(stores)
    assert not stores.wallets.settle(turn, hold, CHARGE)
    stores.wallets.release(turn, hold, outcome="failed", code="internal")
    assert not stores.wallets.settle(turn, hold, CHARGE)
    assert numbers(stores) == (1000, 0)
    assert stores.wallets.charge_of(hold) is None


@pytest.mark.parametrize("change", [{"credits": 99}, {"reserved_at": NOW + 1}])
def test_a_hold_that_is_not_the_stored_one_is_neither_settled_nor_released(
    stores: Stores, change: dict[str, int]
) -> None:
    done, stored = answered(stores)
    open_, held = running(stores)
    assert not stores.wallets.settle(done, replace(stored, **change), CHARGE)  # type: ignore[arg-type]
    other = replace(held, **change)  # type: ignore[arg-type]
    assert not stores.wallets.release(open_, other, outcome="failed", code="internal")
    assert numbers(stores) == (800, 200)


# --- release ---


def test_a_release_gives_everything_back_and_forgets_the_message(stores: Stores) -> None:
    turn, hold = running(stores)
    claim(stores, turn)
    assert stores.wallets.release(turn, hold, outcome="refused", code="harm_refused")
    assert numbers(stores) == (1000, 0)
    ended = now_(stores, turn)
    assert (ended.status, ended.code) == ("ended", "harm_refused")
    record = stores.chats.record(stores.account, turn.chat_id, turn.turn_id)
    assert (record.outcome, record.code, record.message) == ("refused", "harm_refused", b"record")
    with pytest.raises(errors.TurnInterrupted):
        stores.turns.message(stores.account, turn.turn_id)
    assert stores.turns.stream(stores.account, turn.turn_id) is None


def test_a_turn_without_a_hold_is_released_too(stores: Stores) -> None:
    turn = asked(stores)
    assert stores.wallets.release(turn, None, outcome="failed", code="insufficient_credits")
    assert now_(stores, turn).status == "ended"
    assert numbers(stores) == (1000, 0)
    with pytest.raises(errors.TurnInterrupted):
        stores.turns.message(stores.account, turn.turn_id)


def test_a_turn_whose_hold_was_not_seen_is_not_ended(stores: Stores) -> None:
    turn, _ = running(stores)
    assert not stores.wallets.release(turn, None, outcome="failed", code="internal")
    assert now_(stores, turn).status == "running"
    assert numbers(stores) == (900, 100)


def test_a_turn_is_released_once(stores: Stores) -> None:
    turn, hold = running(stores)
    assert stores.wallets.release(turn, hold, outcome="failed", code="provider_busy")
    for seen in (hold, None):
        assert not stores.wallets.release(turn, seen, outcome="stopped", code="turn_stopped")
    assert now_(stores, turn).code == "provider_busy"
    assert numbers(stores) == (1000, 0)


def test_an_answered_turn_is_not_released(stores: Stores) -> None:
    turn, hold = answered(stores)
    assert not stores.wallets.release(turn, hold, outcome="failed", code="internal")
    assert now_(stores, turn).status == "answered"
    assert stores.turns.message(stores.account, turn.turn_id) == b"message"
    stores.wallets.settle(turn, hold, CHARGE)
    for seen in (hold, None):
        assert not stores.wallets.release(turn, seen, outcome="failed", code="internal")
    assert numbers(stores) == (970, 0)
    record = stores.chats.record(stores.account, turn.chat_id, turn.turn_id)
    assert (record.outcome, record.code, record.credits) == ("answered", None, 30)


# --- open holds ---


def open_of(stores: Stores, **bounds: int) -> list[Hold]:
    """Those of this test's account; the store finds everybody's."""
    return [hold for hold in stores.wallets.open_holds(**bounds) if hold.account_id == stores.account]


def test_open_holds_are_found_by_deadline(stores: Stores) -> None:
    early, late = reserve(stores, asked(stores), at=NOW), reserve(stores, asked(stores), at=NOW + 100)
    assert open_of(stores, deadline_before=NOW + 360) == []
    assert open_of(stores, deadline_before=NOW + 361) == [early]
    assert open_of(stores, deadline_before=NOW + 461) == [early, late]


def test_open_holds_are_found_by_when_they_were_reserved(stores: Stores) -> None:
    early, late = reserve(stores, asked(stores), at=NOW), reserve(stores, asked(stores), at=NOW + 100)
    assert open_of(stores, reserved_before=NOW) == []
    assert open_of(stores, reserved_before=NOW + 1) == [early]
    assert open_of(stores, reserved_before=NOW + 101) == [early, late]
    assert open_of(stores, reserved_before=NOW + 101, deadline_before=NOW + 361) == [early]


def test_a_hold_that_ended_is_no_longer_open(stores: Stores) -> None:
    done, settled = answered(stores)
    dead, released = running(stores)
    assert len(open_of(stores)) == 2
    stores.wallets.settle(done, settled, CHARGE)
    stores.wallets.release(dead, released, outcome="failed", code="internal")
    assert open_of(stores) == []


def test_holds_may_be_ended_while_they_are_listed(stores: Stores) -> None:
    turns = {turn.turn_id: turn for turn, _ in (running(stores) for _ in range(5))}
    for hold in stores.wallets.open_holds(reserved_before=NOW + 1):
        if hold.account_id == stores.account:
            assert stores.wallets.release(turns[hold.turn_id], hold, outcome="failed", code="internal")
    assert numbers(stores) == (1000, 0)


# --- ledger ---


def test_the_ledger_is_read_newest_first_page_by_page(stores: Stores) -> None:
    for number in range(5):
        turn = asked(stores)
        hold = reserve(stores, turn, at=NOW + number)
        stores.turns.answered(turn, ANSWER, attempt=claim(stores, turn).attempt)
        assert stores.wallets.settle(now_(stores, turn), hold, replace(CHARGE, credits=number + 1))
    pages, cursor = [], None
    while True:
        rows, cursor = stores.wallets.ledger(stores.account, cursor=cursor, limit=2)
        pages.append([row.credits for row in rows])
        if cursor is None:
            break
    assert [page for page in pages if page] == [[5, 4], [3, 2], [1, 1000]]
    everything, cursor = stores.wallets.ledger(stores.account, cursor=None, limit=100)
    assert [row.kind for row in everything] == ["charge"] * 5 + ["grant"]
    assert cursor is None


# --- at once ---


def test_one_of_twenty_executions_reserves(stores: Stores) -> None:
    turn = asked(stores)

    def won(number: int) -> bool:
        try:
            return reserve(stores, turn, execution=f"e{number}").credits == 100
        except errors.TurnAlreadyRunning:
            return False

    assert together(won).count(True) == 1
    assert numbers(stores) == (900, 100)


def test_twenty_turns_reserve_no_more_than_there_is(stores: Stores) -> None:
    turns = [asked(stores) for _ in range(20)]

    def missing(number: int) -> int:
        try:
            reserve(stores, turns[number], credits_=150)
        except errors.InsufficientCredits as short:
            return int(short.details["missing_credits"])
        return 0

    assert sorted(together(missing)) == [0] * 6 + [50] * 14
    assert numbers(stores) == (100, 900)


def test_one_of_twenty_settles(stores: Stores) -> None:
    turn, hold = answered(stores)
    assert together(lambda _: stores.wallets.settle(turn, hold, CHARGE)).count(True) == 1
    assert numbers(stores) == (970, 0)


def test_one_of_twenty_releases(stores: Stores) -> None:
    turn, hold = running(stores)
    won = together(lambda _: stores.wallets.release(turn, hold, outcome="failed", code="internal"))
    assert won.count(True) == 1
    assert numbers(stores) == (1000, 0)


def test_an_answer_and_a_release_never_both_happen(stores: Stores) -> None:
    turn, hold = running(stores)
    claim(stores, turn)

    def act(number: int) -> str:
        """Answers and settles, or releases, whichever comes first."""
        if number % 2:
            return "released" if stores.wallets.release(turn, hold, outcome="failed", code="internal") else ""
        try:
            stores.turns.answered(turn, ANSWER, attempt=1)
        except errors.TurnAlreadyRunning:
            return ""
        return "charged" if stores.wallets.settle(turn, hold, CHARGE) else "lost"

    (won,) = [outcome for outcome in together(act) if outcome]
    assert (won, *numbers(stores)) in {("released", 1000, 0), ("charged", 970, 0)}
    charges = [row for row in stores.wallets.ledger(stores.account, cursor=None, limit=9)[0] if row.kind == "charge"]
    assert len(charges) == (won == "charged")
