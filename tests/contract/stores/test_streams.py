"""What every store of turns promises of an answer on its way: one attempt at a time, and what others ask of it comes through."""

from __future__ import annotations

import pytest

from sealmate import errors
from sealmate.turns.ports import Stream
from tests.contract.stores.conftest import Stores
from tests.contract.stores.given import (
    ANSWER,
    NOW,
    claim,
    now_,
    running,
    together,
)


def test_one_attempt_streams_at_a_time(stores: Stores) -> None:
    turn, _ = running(stores)
    assert claim(stores, turn) == Stream(
        attempt=1,
        seq=0,
        stop=False,
        joined=frozenset(),
        snapshot=None,
        mate="tavi",
        model="local",
        lease_until=NOW + 15,
    )
    for now in (NOW, NOW + 15):
        with pytest.raises(errors.TurnAlreadyRunning):
            claim(stores, turn, now=now)
    assert claim(stores, turn, now=NOW + 16).attempt == 2


def test_a_snapshot_renews_the_lease(stores: Stores) -> None:
    turn, _ = running(stores)
    claim(stores, turn)
    stream = stores.turns.save(turn, attempt=1, seq=4, snapshot=b"so far", lease_until=NOW + 30)
    assert (stream.attempt, stream.seq, stream.snapshot) == (1, 4, b"so far")
    assert stores.turns.stream(stores.account, turn.turn_id) == stream
    with pytest.raises(errors.TurnAlreadyRunning):
        claim(stores, turn, now=NOW + 30)
    second = claim(stores, turn, now=NOW + 31)
    assert (second.attempt, second.seq, second.snapshot) == (2, 0, None)


def test_a_lost_attempt_can_neither_save_nor_give_up_nor_answer(stores: Stores) -> None:
    turn, _ = running(stores)
    claim(stores, turn)
    claim(stores, turn, now=NOW + 16)
    with pytest.raises(errors.TurnAlreadyRunning):
        stores.turns.save(turn, attempt=1, seq=1, snapshot=b"late", lease_until=NOW + 99)
    with pytest.raises(errors.TurnAlreadyRunning):
        stores.turns.give_up(turn, attempt=1)
    with pytest.raises(errors.TurnAlreadyRunning):
        stores.turns.answered(turn, ANSWER, attempt=1)
    assert now_(stores, turn).status == "running"
    assert stores.turns.save(turn, attempt=2, seq=1, snapshot=b"mine", lease_until=NOW + 99).snapshot == b"mine"


def test_giving_up_lets_the_next_attempt_begin_at_once(stores: Stores) -> None:
    turn, _ = running(stores)
    claim(stores, turn)
    stores.turns.give_up(turn, attempt=1)
    assert claim(stores, turn).attempt == 2


def test_parallel_claims_have_one_winner(stores: Stores) -> None:
    turn, _ = running(stores)

    def won(_: int) -> bool:
        try:
            return claim(stores, turn).attempt == 1
        except errors.TurnAlreadyRunning:
            return False

    assert together(won).count(True) == 1


def test_a_snapshot_brings_back_who_joined_and_whether_to_stop(stores: Stores) -> None:
    turn, _ = running(stores)
    claim(stores, turn)
    stores.turns.join(turn, "phone")
    stores.turns.join(turn, "tablet")
    stores.turns.join(turn, "phone")
    first = stores.turns.save(turn, attempt=1, seq=1, snapshot=b"a", lease_until=NOW + 15)
    assert (first.joined, first.stop) == (frozenset({"phone", "tablet"}), False)
    stores.turns.ask_to_stop(turn)
    stores.turns.ask_to_stop(turn)
    second = stores.turns.save(turn, attempt=1, seq=2, snapshot=b"ab", lease_until=NOW + 15)
    assert (second.joined, second.stop, second.seq) == (frozenset({"phone", "tablet"}), True, 2)


def test_who_joins_or_stops_before_the_stream_begins_is_heard(stores: Stores) -> None:
    turn, _ = running(stores)
    stores.turns.join(turn, "phone")
    stores.turns.ask_to_stop(turn)
    before = stores.turns.stream(stores.account, turn.turn_id)
    assert before
    assert (before.attempt, before.snapshot) == (0, None)
    stream = claim(stores, turn)
    assert (stream.attempt, stream.joined, stream.stop) == (1, frozenset({"phone"}), True)


def test_what_was_asked_for_outlives_an_attempt(stores: Stores) -> None:
    turn, _ = running(stores)
    claim(stores, turn)
    stores.turns.join(turn, "phone")
    stores.turns.ask_to_stop(turn)
    stores.turns.give_up(turn, attempt=1)
    stream = claim(stores, turn)
    assert (stream.joined, stream.stop) == (frozenset({"phone"}), True)
