"""What every store of turns promises of a message that comes in: it is stored whole, once, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sealmate import errors
from sealmate.turns.ports import NewTurn, Record
from tests.contract.stores.conftest import Stores
from tests.contract.stores.given import (
    CHAT,
    NOW,
    PARENT,
    asked,
    new_turn,
    now_,
    together,
)


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


def test_messages_are_counted_by_account_and_minute(stores: Stores) -> None:
    assert [stores.turns.count_ask(stores.account, minute=minute) for minute in (1, 1, 2, 1)] == [1, 2, 1, 3]
    assert stores.turns.count_ask(f"stranger to {stores.account}", minute=1) == 1
    assert sorted(together(lambda _: stores.turns.count_ask(stores.account, minute=3))) == list(range(1, 21))
