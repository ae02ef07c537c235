"""What every store of turns promises of an answer: stored with the turn's mark, once, and only while the turn runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealmate import errors
from tests.contract.stores.conftest import Stores
from tests.contract.stores.given import (
    ANSWER,
    NOW,
    answered,
    asked,
    claim,
    now_,
    reserve,
    running,
    together,
)


def test_an_answer_is_stored_with_its_mark(stores: Stores) -> None:
    turn, _ = answered(stores)
    assert (turn.status, turn.mate, turn.model, turn.input_tokens, turn.output_tokens) == (
        "answered",
        "tavi",
        "local",
        20,
        7,
    )
    record = stores.chats.record(stores.account, turn.chat_id, turn.turn_id)
    assert (record.outcome, record.answer, record.mate, record.model) == ("answered", b"envelope", "tavi", "local")
    assert (record.finish, record.answered_at, record.credits) == ("complete", NOW + 9, None)
    stream = stores.turns.stream(stores.account, turn.turn_id)
    assert stream
    assert stream.snapshot == b"last snapshot"


def test_a_turn_is_answered_once(stores: Stores) -> None:
    turn, _ = answered(stores)
    other = replace(ANSWER, envelope=b"another")
    for late in (1, claim(stores, turn, now=NOW + 16).attempt):
        with pytest.raises(errors.TurnAlreadyRunning):
            stores.turns.answered(turn, other, attempt=late)
    assert stores.chats.record(stores.account, turn.chat_id, turn.turn_id).answer == b"envelope"


def test_parallel_answers_have_one_winner(stores: Stores) -> None:
    turn, _ = running(stores)
    claim(stores, turn)

    def won(number: int) -> bytes | None:
        envelope = b"%d" % number
        try:
            stores.turns.answered(turn, replace(ANSWER, envelope=envelope), attempt=1)
        except errors.TurnAlreadyRunning:
            return None
        return envelope

    (winner,) = [envelope for envelope in together(won) if envelope]
    assert stores.chats.record(stores.account, turn.chat_id, turn.turn_id).answer == winner


def test_a_turn_that_nothing_was_reserved_for_is_not_answered(stores: Stores) -> None:
    turn = asked(stores)
    claim(stores, turn)
    with pytest.raises(errors.TurnAlreadyRunning):
        stores.turns.answered(turn, ANSWER, attempt=1)
    assert stores.chats.record(stores.account, turn.chat_id, turn.turn_id).answer is None


def test_a_turn_that_was_ended_is_not_answered(stores: Stores) -> None:
    turn = asked(stores)
    hold = reserve(stores, turn)
    claim(stores, turn)
    assert stores.wallets.release(turn, hold, outcome="failed", code="turn_interrupted", at=NOW)
    with pytest.raises(errors.TurnAlreadyRunning):
        stores.turns.answered(turn, ANSWER, attempt=1)
    with pytest.raises(errors.TurnAlreadyRunning):
        stores.turns.save(turn, attempt=1, seq=1, snapshot=b"late", lease_until=NOW + 30)
    assert stores.turns.stream(stores.account, turn.turn_id) is None, "a late save brings nothing back"


def test_what_is_in_flight_is_forgotten_and_nothing_else(stores: Stores) -> None:
    turn, _ = answered(stores)
    for _ in range(2):
        stores.turns.forget(turn)
    with pytest.raises(errors.TurnInterrupted):
        stores.turns.message(stores.account, turn.turn_id)
    assert stores.turns.stream(stores.account, turn.turn_id) is None
    assert now_(stores, turn) == turn
    assert stores.chats.record(stores.account, turn.chat_id, turn.turn_id).answer == b"envelope"
