"""Twenty at once: one wins, and no credit is made or lost."""

from __future__ import annotations

from sealmate import errors
from tests.contract.stores.conftest import Stores
from tests.contract.stores.given import (
    ANSWER,
    CHARGE,
    NOW,
    answered,
    asked,
    claim,
    numbers,
    reserve,
    running,
    together,
)


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
    won = together(lambda _: stores.wallets.release(turn, hold, outcome="failed", code="internal", at=NOW))
    assert won.count(True) == 1
    assert numbers(stores) == (1000, 0)


def test_an_answer_and_a_release_never_both_happen(stores: Stores) -> None:
    turn, hold = running(stores)
    claim(stores, turn)

    def act(number: int) -> str:
        """Answers and settles, or releases, whichever comes first."""
        if number % 2:
            return "released" if stores.wallets.release(turn, hold, outcome="failed", code="internal", at=NOW) else ""
        try:
            stores.turns.answered(turn, ANSWER, attempt=1)
        except errors.TurnAlreadyRunning:
            return ""
        return "charged" if stores.wallets.settle(turn, hold, CHARGE) else "lost"

    (won,) = [outcome for outcome in together(act) if outcome]
    assert (won, *numbers(stores)) in {("released", 1000, 0), ("charged", 970, 0)}
    charges = [row for row in stores.wallets.ledger(stores.account, cursor=None, limit=9)[0] if row.kind == "charge"]
    assert len(charges) == (won == "charged")
