"""What every store of wallets promises of a hold: no more than there is, once, and found again when it is late."""

from __future__ import annotations

import pytest

from sealmate import errors
from sealmate.billing.ports import Hold, Wallet
from tests.contract.stores.conftest import Stores
from tests.contract.stores.given import (
    CHARGE,
    NOW,
    answered,
    asked,
    now_,
    numbers,
    reserve,
    running,
)


def test_an_account_without_a_wallet_has_nothing(stores: Stores) -> None:
    assert stores.wallets.wallet("stranger") == Wallet(available=0, held=0)
    assert stores.wallets.ledger("stranger", cursor=None, limit=9) == ([], None)
    assert stores.wallets.hold("stranger", "turn") is None


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
    stores.wallets.release(ended, None, outcome="failed", code="internal", at=NOW)
    for turn in (done, ended):
        with pytest.raises(errors.TurnAlreadyRunning):
            reserve(stores, turn)
    assert numbers(stores) == (970, 0)


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
    stores.wallets.release(dead, released, outcome="failed", code="internal", at=NOW)
    assert open_of(stores) == []


def test_holds_may_be_ended_while_they_are_listed(stores: Stores) -> None:
    turns = {turn.turn_id: turn for turn, _ in (running(stores) for _ in range(5))}
    for hold in stores.wallets.open_holds(reserved_before=NOW + 1):
        if hold.account_id == stores.account:
            assert stores.wallets.release(turns[hold.turn_id], hold, outcome="failed", code="internal", at=NOW)
    assert numbers(stores) == (1000, 0)
