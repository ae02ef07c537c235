"""What every store promises of what a person deletes: it is gone, it stays gone, and its turns still end and are paid."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from sealmate import errors
from sealmate.adapters.dynamodb.items import ChatItem
from sealmate.turns.ports import Record, Turn
from tests.contract.stores.conftest import Stores
from tests.contract.stores.given import (
    ANSWER,
    CHARGE,
    CHAT,
    NOW,
    answered,
    asked,
    claim,
    new_turn,
    now_,
    numbers,
    reserve,
    running,
)

LATER = NOW + 50


def record_of(stores: Stores, turn: Turn) -> Record:
    return stores.chats.record(stores.account, turn.chat_id, turn.turn_id)


def test_a_deleted_chat_leaves_a_mark_and_nothing_it_held(stores: Stores) -> None:
    asked(stores, chat=CHAT)
    stores.chats.set_title(stores.account, CHAT, b"title", at=NOW)
    assert stores.chats.set_details(stores.account, CHAT, b"details", seen=0, at=NOW)
    stores.chats.delete(stores.account, CHAT, at=LATER)
    chat = stores.chats.chat(stores.account, CHAT)
    assert (chat.deleted, chat.updated_at, chat.created_at) == (True, LATER, NOW)
    assert (chat.keys, chat.title, chat.details, chat.revision) == ({}, None, None, 0)
    assert stores.chats.records(stores.account, CHAT, after=None, limit=9) == ([], None)
    (listed,), _ = stores.chats.chats(stores.account, cursor=None, limit=9)
    assert listed == chat


def test_deleting_says_which_turns_had_not_ended(stores: Stores) -> None:
    turn, _ = answered(stores)
    later = new_turn(stores, chat=turn.chat_id, chat_key=None)
    stores.turns.begin(later)
    assert stores.chats.delete(stores.account, turn.chat_id, at=LATER) == [later.turn.turn_id]
    assert stores.chats.delete(stores.account, turn.chat_id, at=LATER) == []


def test_deleting_again_finishes_it_and_changes_no_more(stores: Stores) -> None:
    asked(stores, chat=CHAT)
    for at in (LATER, LATER + 9):
        stores.chats.delete(stores.account, CHAT, at=at)
    assert stores.chats.chat(stores.account, CHAT).updated_at == LATER


def test_a_deletion_that_broke_off_is_finished_by_repeating_it(dynamodb: Stores) -> None:
    stores = replace(dynamodb, account=str(uuid.uuid4()))
    stores.open_account(stores.account, 1000)
    turn = asked(stores, chat=CHAT)
    ChatItem(stores.account, f"CHAT#{CHAT}").update(actions=[ChatItem.deleted.set(True)])
    assert record_of(stores, turn).message
    stores.chats.delete(stores.account, CHAT, at=LATER)
    assert stores.chats.records(stores.account, CHAT, after=None, limit=9) == ([], None)


def test_all_records_of_a_long_chat_go_and_others_stay(stores: Stores) -> None:
    asked(stores, chat=CHAT)
    for _ in range(120):
        stores.turns.begin(new_turn(stores, chat_key=None))
    other = asked(stores)
    stores.chats.delete(stores.account, CHAT, at=LATER)
    assert stores.chats.records(stores.account, CHAT, after=None, limit=9) == ([], None)
    assert record_of(stores, other).outcome == "asked"


def test_a_foreign_or_unknown_chat_is_not_deleted(stores: Stores) -> None:
    asked(stores, chat=CHAT)
    for account, chat in (("stranger", CHAT), (stores.account, "nowhere")):
        with pytest.raises(errors.ChatNotFound):
            stores.chats.delete(account, chat, at=LATER)
    assert not stores.chats.chat(stores.account, CHAT).deleted


@pytest.mark.parametrize("chat_key", [None, b"chat key", b"another key"])
def test_nothing_is_asked_in_a_deleted_chat(stores: Stores, chat_key: bytes | None) -> None:
    asked(stores, chat=CHAT)
    stores.chats.delete(stores.account, CHAT, at=LATER)
    new = new_turn(stores, chat_key=chat_key)
    with pytest.raises(errors.ChatNotFound):
        stores.turns.begin(new)
    with pytest.raises(errors.TurnNotFound):
        stores.turns.turn(stores.account, new.turn.turn_id)


def test_a_turn_of_a_deleted_chat_is_answered_and_paid_and_leaves_nothing(stores: Stores) -> None:
    turn, hold = running(stores)
    attempt = claim(stores, turn).attempt
    stores.chats.delete(stores.account, turn.chat_id, at=LATER)
    assert stores.turns.answered(turn, ANSWER, attempt=attempt) is False
    assert now_(stores, turn).status == "answered"
    assert stores.wallets.settle(now_(stores, turn), hold, CHARGE)
    assert numbers(stores) == (1000 - CHARGE.credits, 0)
    stores.chats.set_suggestions(stores.account, turn.chat_id, turn.turn_id, b"suggestions", at=LATER)
    stores.chats.set_review(stores.account, turn.chat_id, turn.turn_id, code="unchecked", withhold=False, at=LATER)
    stores.chats.set_title(stores.account, turn.chat_id, b"title", at=LATER)
    assert stores.chats.records(stores.account, turn.chat_id, after=None, limit=9) == ([], None)
    assert stores.chats.chat(stores.account, turn.chat_id).title is None


def test_a_turn_of_a_deleted_chat_fails_and_gives_its_credits_back(stores: Stores) -> None:
    turn, hold = running(stores)
    stores.chats.delete(stores.account, turn.chat_id, at=LATER)
    assert stores.wallets.release(turn, hold, outcome="failed", code="internal", at=LATER)
    assert (numbers(stores), now_(stores, turn).status) == ((1000, 0), "ended")
    assert stores.chats.records(stores.account, turn.chat_id, after=None, limit=9) == ([], None)


def test_what_a_turn_of_a_deleted_chat_may_not_do_stays_forbidden(stores: Stores) -> None:
    turn, hold = running(stores)
    claim(stores, turn)
    stores.chats.delete(stores.account, turn.chat_id, at=LATER)
    with pytest.raises(errors.TurnAlreadyRunning):
        stores.turns.answered(turn, ANSWER, attempt=7)
    assert not stores.wallets.settle(turn, hold, CHARGE)
    assert not stores.wallets.release(turn, None, outcome="failed", code="internal", at=LATER)
    assert numbers(stores) == (900, 100)


# --- a turn ---


def test_a_deleted_turn_keeps_its_place_and_no_word(stores: Stores) -> None:
    turn, _ = answered(stores)
    stores.chats.set_suggestions(stores.account, turn.chat_id, turn.turn_id, b"suggestions", at=NOW)
    assert stores.chats.delete_turn(stores.account, turn.chat_id, turn.turn_id, outcome="answered", at=LATER)
    record = record_of(stores, turn)
    assert (record.outcome, record.parent, record.created_at) == ("deleted", None, NOW)
    assert (record.message, record.answer, record.suggestions) == (None, None, None)
    assert (record.mate, record.model, record.finish, record.code) == (None, None, None, None)
    assert stores.chats.chat(stores.account, turn.chat_id).updated_at == LATER


def test_a_turn_of_another_outcome_is_left_alone(stores: Stores) -> None:
    turn = asked(stores)
    assert not stores.chats.delete_turn(stores.account, turn.chat_id, turn.turn_id, outcome="answered", at=LATER)
    assert record_of(stores, turn).message == b"record"


def test_what_comes_after_a_turn_was_deleted_is_not_written_into_it(stores: Stores) -> None:
    turn, hold = answered(stores)
    assert stores.chats.delete_turn(stores.account, turn.chat_id, turn.turn_id, outcome="answered", at=LATER)
    stores.chats.set_suggestions(stores.account, turn.chat_id, turn.turn_id, b"suggestions", at=LATER)
    stores.chats.set_review(stores.account, turn.chat_id, turn.turn_id, code="unchecked", withhold=True, at=LATER)
    assert stores.wallets.settle(turn, hold, CHARGE)
    record = record_of(stores, turn)
    assert (record.outcome, record.suggestions, record.code) == ("deleted", None, None)
    assert numbers(stores) == (1000 - CHARGE.credits, 0)


# --- details ---


def test_details_are_changed_one_revision_after_another(stores: Stores) -> None:
    asked(stores, chat=CHAT)
    assert [
        stores.chats.set_details(stores.account, CHAT, details, seen=seen, at=LATER)
        for details, seen in ((b"a", 0), (b"late", 0), (b"early", 2), (b"b", 1))
    ] == [True, False, False, True]
    chat = stores.chats.chat(stores.account, CHAT)
    assert (chat.details, chat.revision, chat.updated_at, chat.active_at) == (b"b", 2, LATER, NOW)


def test_no_chat_no_details(stores: Stores) -> None:
    asked(stores, chat=CHAT)
    stores.chats.delete(stores.account, CHAT, at=NOW)
    for chat in (CHAT, "nowhere"):
        assert not stores.chats.set_details(stores.account, chat, b"details", seen=0, at=LATER)
    assert stores.chats.chat(stores.account, CHAT).details is None


# --- a chat's times ---


def test_each_change_is_a_change_of_the_chat(stores: Stores) -> None:
    turn, _ = answered(stores)

    def updated_at() -> int:
        return stores.chats.chat(stores.account, turn.chat_id).updated_at

    assert updated_at() == ANSWER.answered_at
    ids = (stores.account, turn.chat_id, turn.turn_id)
    stores.chats.set_title(stores.account, turn.chat_id, b"title", at=LATER)
    assert updated_at() == LATER
    stores.chats.set_suggestions(*ids, b"suggestions", at=LATER + 1)
    assert updated_at() == LATER + 1
    stores.chats.set_review(*ids, code="unchecked", withhold=False, at=LATER + 2)
    assert updated_at() == LATER + 2
    assert stores.chats.chat(stores.account, turn.chat_id).active_at == NOW


# --- temporary turns ---


def test_a_temporary_turn_leaves_no_trace_in_the_chats(stores: Stores) -> None:
    new = new_turn(stores, chat="temporary", chat_key=None, temporary=True)
    assert stores.turns.begin(new)
    assert not stores.turns.begin(new)
    turn = now_(stores, new.turn)
    assert turn.temporary
    hold = reserve(stores, turn)
    taken = now_(stores, turn)
    assert stores.turns.answered(taken, ANSWER, attempt=claim(stores, taken).attempt) is False
    stream = stores.turns.stream(stores.account, turn.turn_id)
    assert stream
    assert stream.answer == ANSWER.envelope, "for whoever comes back before its end"
    assert stores.wallets.settle(now_(stores, turn), hold, CHARGE)
    with pytest.raises(errors.ChatNotFound):
        stores.chats.chat(stores.account, "temporary")
    assert stores.chats.records(stores.account, "temporary", after=None, limit=9) == ([], None)
    assert numbers(stores) == (1000 - CHARGE.credits, 0)


def test_a_temporary_turn_that_fails_costs_nothing(stores: Stores) -> None:
    new = new_turn(stores, chat="temporary", chat_key=None, temporary=True)
    stores.turns.begin(new)
    assert stores.wallets.release(now_(stores, new.turn), None, outcome="failed", code="internal", at=NOW)
    assert now_(stores, new.turn).status == "ended"


def test_an_answer_that_is_stored_is_not_kept_in_flight_too(stores: Stores) -> None:
    turn, _ = answered(stores)
    stream = stores.turns.stream(stores.account, turn.turn_id)
    assert stream
    assert stream.answer is None
