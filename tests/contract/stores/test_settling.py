"""What every store of wallets promises of a hold's end: charged or given back, whole, once, and written down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealmate import errors
from sealmate.billing.ports import LedgerRow
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
)


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
    stores.wallets.release(turn, hold, outcome="failed", code="internal", at=NOW)
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
    assert not stores.wallets.release(open_, other, outcome="failed", code="internal", at=NOW)
    assert numbers(stores) == (800, 200)


def test_a_release_gives_everything_back_and_forgets_the_message(stores: Stores) -> None:
    turn, hold = running(stores)
    claim(stores, turn)
    assert stores.wallets.release(turn, hold, outcome="refused", code="harm_refused", at=NOW)
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
    assert stores.wallets.release(turn, None, outcome="failed", code="insufficient_credits", at=NOW)
    assert now_(stores, turn).status == "ended"
    assert numbers(stores) == (1000, 0)
    with pytest.raises(errors.TurnInterrupted):
        stores.turns.message(stores.account, turn.turn_id)


def test_a_turn_whose_hold_was_not_seen_is_not_ended(stores: Stores) -> None:
    turn, _ = running(stores)
    assert not stores.wallets.release(turn, None, outcome="failed", code="internal", at=NOW)
    assert now_(stores, turn).status == "running"
    assert numbers(stores) == (900, 100)


def test_a_turn_is_released_once(stores: Stores) -> None:
    turn, hold = running(stores)
    assert stores.wallets.release(turn, hold, outcome="failed", code="provider_busy", at=NOW)
    for seen in (hold, None):
        assert not stores.wallets.release(turn, seen, outcome="stopped", code="turn_stopped", at=NOW)
    assert now_(stores, turn).code == "provider_busy"
    assert numbers(stores) == (1000, 0)


def test_an_answered_turn_is_not_released(stores: Stores) -> None:
    turn, hold = answered(stores)
    assert not stores.wallets.release(turn, hold, outcome="failed", code="internal", at=NOW)
    assert now_(stores, turn).status == "answered"
    assert stores.turns.message(stores.account, turn.turn_id) == b"message"
    stores.wallets.settle(turn, hold, CHARGE)
    for seen in (hold, None):
        assert not stores.wallets.release(turn, seen, outcome="failed", code="internal", at=NOW)
    assert numbers(stores) == (970, 0)
    record = stores.chats.record(stores.account, turn.chat_id, turn.turn_id)
    assert (record.outcome, record.code, record.credits) == ("answered", None, 30)


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
