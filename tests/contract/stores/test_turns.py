"""What every store of turns promises: begun once, streamed by one attempt at a time, answered once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sealmate import errors
from sealmate.turns.ports import NewTurn, Record, Stream
from tests.contract.stores.conftest import Stores
from tests.contract.stores.given import (
    ANSWER,
    CHAT,
    NOW,
    PARENT,
    answered,
    asked,
    claim,
    new_turn,
    now_,
    reserve,
    running,
    together,
)

# --- begin ---


def test_a_first_message_is_stored_with_its_chat(stores: Stores) -> None:
    new = new_turn(stores)
    assert stores.turns.begin(new)
    assert now_(stores, new.turn) == new.turn
    assert stores.turns.message(stores.account, new.turn.turn_id) == b"message"
    assert stores.turns.stream(stores.account, new.turn.turn_id) is None
    assert stores.chats.record(stores.account, CHAT, new.turn.turn_id) == Record(
        turn_id=new.turn.turn_id, chat_id=CHAT, parent=None, created_at=NOW, message=b"record", outcome="asked"
    )
    chat = stores.chats.chat(stores.account, CHAT)
    assert (chat.generation, chat.keys, chat.title) == (1, {1: b"chat key"}, None)
    assert (chat.created_at, chat.updated_at) == (NOW, NOW)


def test_a_later_message_touches_its_chat_and_keeps_its_parent(stores: Stores) -> None:
    stores.turns.begin(new_turn(stores))
    later = new_turn(stores, chat_key=None, at=NOW + 5)
    assert stores.turns.begin(later)
    chat = stores.chats.chat(stores.account, CHAT)
    assert (chat.created_at, chat.updated_at) == (NOW, NOW + 5)
    assert stores.chats.record(stores.account, CHAT, later.turn.turn_id).parent == PARENT


def test_a_known_turn_changes_nothing(stores: Stores) -> None:
    new = new_turn(stores)
    assert stores.turns.begin(new)
    again = replace(new, record=b"other", sealed_message=b"other", turn=replace(new.turn, created_at=NOW + 5))
    assert not stores.turns.begin(again)
    assert not stores.turns.begin(replace(again, chat_key=None, key_epoch=None))
    assert not stores.turns.begin(replace(again, turn=replace(new.turn, chat_id="another chat")))
    assert stores.turns.message(stores.account, new.turn.turn_id) == b"message"
    assert stores.chats.record(stores.account, CHAT, new.turn.turn_id).message == b"record"
    assert stores.chats.chat(stores.account, CHAT).updated_at == NOW
    with pytest.raises(errors.ChatNotFound):
        stores.chats.chat(stores.account, "another chat")


def wrong_epoch(stores: Stores) -> NewTurn:
    return new_turn(stores, chat="new chat", key_epoch=2)


def wrong_generation(stores: Stores) -> NewTurn:
    return new_turn(stores, chat_key=None, generation=2)


def unknown_chat(stores: Stores) -> NewTurn:
    return new_turn(stores, chat="new chat", chat_key=None)


def second_key(stores: Stores) -> NewTurn:
    return new_turn(stores, chat_key=b"another key")


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (wrong_epoch, errors.WrongEpoch),
        (wrong_generation, errors.WrongEpoch),
        (unknown_chat, errors.ChatNotFound),
        (second_key, errors.ChatKeyConflict),
    ],
)
def test_what_does_not_fit_stores_nothing(
    stores: Stores, make: Callable[[Stores], NewTurn], error: type[errors.SealmateError]
) -> None:
    stores.turns.begin(new_turn(stores))
    before = stores.chats.chats(stores.account, cursor=None, limit=9)
    new = make(stores)
    with pytest.raises(error):
        stores.turns.begin(new)
    for missing in (errors.TurnNotFound, errors.TurnInterrupted):
        read = stores.turns.turn if missing is errors.TurnNotFound else stores.turns.message
        with pytest.raises(missing):
            read(stores.account, new.turn.turn_id)
    with pytest.raises(errors.TurnNotFound):
        stores.chats.record(stores.account, new.turn.chat_id, new.turn.turn_id)
    assert stores.chats.chats(stores.account, cursor=None, limit=9) == before


def test_a_foreign_turn_or_chat_is_not_found(stores: Stores) -> None:
    turn = asked(stores)
    with pytest.raises(errors.TurnNotFound):
        stores.turns.turn("stranger", turn.turn_id)
    with pytest.raises(errors.TurnInterrupted):
        stores.turns.message("stranger", turn.turn_id)
    with pytest.raises(errors.ChatNotFound):
        stores.turns.begin(replace(new_turn(stores, chat_key=None), turn=replace(turn, account_id="stranger")))


def test_parallel_asks_begin_one_turn(stores: Stores) -> None:
    new = new_turn(stores)
    assert together(lambda _: stores.turns.begin(new)).count(True) == 1


# --- streaming ---


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


# --- answered ---


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
    assert stores.wallets.release(turn, hold, outcome="failed", code="turn_interrupted")
    with pytest.raises(errors.TurnAlreadyRunning):
        stores.turns.answered(turn, ANSWER, attempt=1)
    with pytest.raises(errors.TurnAlreadyRunning):
        stores.turns.save(turn, attempt=1, seq=1, snapshot=b"late", lease_until=NOW + 30)
    assert stores.turns.stream(stores.account, turn.turn_id) is None, "a late save brings nothing back"
