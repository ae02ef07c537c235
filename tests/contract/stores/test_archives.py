"""What every store promises of a chat that comes from an archive: stored once, and never over what is there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealmate import errors
from sealmate.turns.ports import Imported, Record
from tests.contract.stores.conftest import Stores
from tests.contract.stores.given import CHAT, NOW, PARENT, answered, asked, together

LATER = NOW + 50
TURNS = [f"01976f6e-1111-7000-8000-{number:012d}" for number in range(20)]


def record(turn: str, message: bytes = b"imported") -> Record:
    return Record(
        turn_id=turn,
        chat_id=CHAT,
        parent=PARENT,
        created_at=NOW - 900,
        message=message,
        outcome="answered",
        answer=b"answer",
        suggestions=b"suggestions",
        mate="tavi",
        model="local",
        finish="complete",
        answered_at=NOW - 890,
    )


def part(stores: Stores, *records: Record, key_epoch: int = 1) -> Imported:
    return Imported(
        account_id=stores.account,
        chat_id=CHAT,
        generation=1,
        chat_key=b"chat key",
        key_epoch=key_epoch,
        details=b"details",
        created_at=NOW - 900,
        active_at=NOW - 800,
        records=list(records),
    )


def stored(stores: Stores) -> list[Record]:
    return stores.chats.records(stores.account, CHAT, after=None, limit=100)[0]


def test_a_chat_is_made_with_what_it_brings(stores: Stores) -> None:
    records = [record(turn) for turn in TURNS]
    assert stores.chats.add(part(stores, *records), at=LATER) == 20
    assert stored(stores) == records
    chat = stores.chats.chat(stores.account, CHAT)
    assert (chat.keys, chat.generation, chat.details, chat.revision) == ({1: b"chat key"}, 1, b"details", 1)
    assert (chat.created_at, chat.active_at, chat.updated_at) == (NOW - 900, NOW - 800, LATER)


def test_a_chat_without_turns_or_details_is_made_too(stores: Stores) -> None:
    assert stores.chats.add(replace(part(stores), details=None), at=LATER) == 0
    chat = stores.chats.chat(stores.account, CHAT)
    assert (chat.details, chat.revision) == (None, 0)


def test_a_part_that_comes_twice_changes_nothing(stores: Stores) -> None:
    given = part(stores, *map(record, TURNS[:3]))
    assert [stores.chats.add(given, at=at) for at in (LATER, LATER + 9)] == [3, 0]
    assert stores.chats.chat(stores.account, CHAT).updated_at == LATER


def test_what_is_there_stays_and_the_rest_is_added(stores: Stores) -> None:
    stores.chats.add(part(stores, *map(record, TURNS[:2])), at=LATER)
    other = replace(part(stores, *(record(turn, b"other") for turn in TURNS[1:4])), details=b"others")
    assert stores.chats.add(other, at=LATER + 9) == 2
    assert [r.message for r in stored(stores)] == [b"imported", b"imported", b"other", b"other"]
    chat = stores.chats.chat(stores.account, CHAT)
    assert (chat.details, chat.revision, chat.updated_at) == (b"details", 1, LATER + 9)


def test_a_deleted_turn_does_not_come_back(stores: Stores) -> None:
    stores.chats.add(part(stores, record(TURNS[0])), at=LATER)
    stores.chats.delete_turn(stores.account, CHAT, TURNS[0], outcome="answered", at=LATER)
    assert stores.chats.add(part(stores, record(TURNS[0])), at=LATER) == 0
    assert stored(stores)[0].message is None


def test_a_deleted_chat_does_not_come_back(stores: Stores) -> None:
    asked(stores, chat=CHAT)
    stores.chats.delete(stores.account, CHAT, at=NOW)
    with pytest.raises(errors.ChatNotFound):
        stores.chats.add(part(stores, record(TURNS[0])), at=LATER)
    assert stored(stores) == []


def test_another_key_is_refused(stores: Stores) -> None:
    stores.chats.add(part(stores), at=LATER)
    for change in ({"chat_key": b"another"}, {"generation": 2}):
        with pytest.raises(errors.ChatKeyConflict):
            stores.chats.add(replace(part(stores, record(TURNS[0])), **change), at=LATER)
    assert stored(stores) == []


def test_an_old_epoch_is_refused(stores: Stores) -> None:
    with pytest.raises(errors.WrongEpoch):
        stores.chats.add(part(stores, record(TURNS[0]), key_epoch=2), at=LATER)
    with pytest.raises(errors.ChatNotFound):
        stores.chats.chat(stores.account, CHAT)
    assert stored(stores) == []


def test_a_chat_that_was_asked_in_takes_more(stores: Stores) -> None:
    turn, _ = answered(stores)
    given = replace(part(stores), chat_id=turn.chat_id, records=[replace(record(TURNS[0]), chat_id=turn.chat_id)])
    assert stores.chats.add(given, at=LATER) == 1
    chat = stores.chats.chat(stores.account, turn.chat_id)
    assert (chat.details, chat.active_at) == (None, NOW)


def test_parts_at_once_are_each_stored_once(stores: Stores) -> None:
    given = part(stores, *map(record, TURNS[:5]))
    assert sum(together(lambda _: stores.chats.add(given, at=LATER), times=6)) == 5
    assert len(stored(stores)) == 5


def test_parts_of_archives_are_counted_apart_from_messages(stores: Stores) -> None:
    assert [stores.turns.count_import(stores.account, minute=9) for _ in range(2)] == [1, 2]
    assert stores.turns.count_ask(stores.account, minute=9) == 1
