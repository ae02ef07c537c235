"""What every store of chats promises: pages in order, a first title kept, a withheld answer gone; and the cache of a few."""

from __future__ import annotations

import pytest

from sealmate import errors
from tests.contract.stores.conftest import KEPT, Stores
from tests.contract.stores.given import CHAT, NOW, answered, asked, new_turn


def chat_ids(stores: Stores, *, limit: int) -> list[list[str]]:
    """Page by page, to the end; empty pages left out."""
    pages, cursor = [], None
    while True:
        chats, cursor = stores.chats.chats(stores.account, cursor=cursor, limit=limit)
        pages.append([chat.chat_id for chat in chats])
        if cursor is None:
            return [page for page in pages if page]


def test_chats_come_by_their_last_activity(stores: Stores) -> None:
    a, b, c, d, e = (f"{name * 8}-0000-4000-8000-000000000000" for name in "abcde")
    for number, chat in enumerate((a, b, c, d, e)):
        stores.turns.begin(new_turn(stores, chat=chat, at=NOW + number))
    stores.turns.begin(new_turn(stores, chat=b, chat_key=None, at=NOW + 50))
    assert chat_ids(stores, limit=2) == [[b, e], [d, c], [a]]
    assert chat_ids(stores, limit=9) == [[b, e, d, c, a]]


def test_an_account_sees_its_own_chats_only(stores: Stores) -> None:
    asked(stores, chat=CHAT)
    assert stores.chats.chats("stranger", cursor=None, limit=9) == ([], None)
    with pytest.raises(errors.ChatNotFound):
        stores.chats.chat("stranger", CHAT)
    assert stores.chats.records("stranger", CHAT, after=None, limit=9) == ([], None)


@pytest.mark.parametrize("cursor", ["", "x", "1", ".chat", "-1.chat", "1e3.chat"])
def test_a_cursor_that_is_none_is_refused(stores: Stores, cursor: str) -> None:
    with pytest.raises(errors.InvalidRequest):
        stores.chats.chats(stores.account, cursor=cursor, limit=2)


def test_records_come_oldest_first_from_behind_a_turn(stores: Stores) -> None:
    turns = [asked(stores, chat=CHAT).turn_id]
    for number in range(1, 5):
        new = new_turn(stores, chat_key=None, at=NOW + number)
        stores.turns.begin(new)
        turns.append(new.turn.turn_id)
    asked(stores, chat="another")
    found, after = [], None
    while True:
        records, after = stores.chats.records(stores.account, CHAT, after=after, limit=2)
        assert len(records) <= 2
        found += [record.turn_id for record in records]
        if after is None:
            break
    assert found == turns
    rest, _ = stores.chats.records(stores.account, CHAT, after=turns[3], limit=9)
    assert [record.turn_id for record in rest] == turns[4:]


def test_only_the_first_title_is_kept(stores: Stores) -> None:
    asked(stores, chat=CHAT)
    stores.chats.set_title(stores.account, CHAT, b"first", at=NOW)
    stores.chats.set_title(stores.account, CHAT, b"second", at=NOW)
    assert stores.chats.chat(stores.account, CHAT).title == b"first"


def test_a_title_makes_no_chat(stores: Stores) -> None:
    stores.chats.set_title(stores.account, "nowhere", b"title", at=NOW)
    with pytest.raises(errors.ChatNotFound):
        stores.chats.chat(stores.account, "nowhere")


def test_suggestions_stand_beside_the_answer(stores: Stores) -> None:
    turn, _ = answered(stores)
    stores.chats.set_suggestions(stores.account, turn.chat_id, turn.turn_id, b"suggestions", at=NOW)
    record = stores.chats.record(stores.account, turn.chat_id, turn.turn_id)
    assert (record.suggestions, record.answer) == (b"suggestions", b"envelope")


def test_a_note_leaves_the_answer_where_it_is(stores: Stores) -> None:
    turn, _ = answered(stores)
    stores.chats.set_review(stores.account, turn.chat_id, turn.turn_id, code="unchecked", withhold=False, at=NOW)
    record = stores.chats.record(stores.account, turn.chat_id, turn.turn_id)
    assert (record.code, record.outcome, record.answer) == ("unchecked", "answered", b"envelope")


def test_withholding_deletes_the_answer_and_keeps_the_message(stores: Stores) -> None:
    turn, _ = answered(stores)
    for _ in range(2):
        stores.chats.set_review(
            stores.account, turn.chat_id, turn.turn_id, code="answer_withheld", withhold=True, at=NOW
        )
    record = stores.chats.record(stores.account, turn.chat_id, turn.turn_id)
    assert (record.code, record.outcome, record.answer) == ("answer_withheld", "withheld", None)
    assert record.message == b"record"


# --- the cache ---


def test_the_cache_keeps_the_latest_few_chats(stores: Stores) -> None:
    names = [f"chat {number}" for number in range(KEPT + 2)]
    for number, name in enumerate(names):
        stores.cache.put(stores.account, name, name.encode(), now=NOW + number)
    kept = [name for name in names if stores.cache.get(stores.account, name) is not None]
    assert kept == names[-KEPT:]
    assert stores.cache.get(stores.account, names[-1]) == names[-1].encode()


def test_a_chat_that_goes_on_stays_cached_once(stores: Stores) -> None:
    for number, name in enumerate(["a", "b", "a", "c", "d"]):
        stores.cache.put(stores.account, name, f"{name}{number}".encode(), now=NOW + number)
    assert [stores.cache.get(stores.account, name) for name in "abcd"] == [b"a2", None, b"c3", b"d4"]


def test_what_is_forgotten_is_gone(stores: Stores) -> None:
    stores.cache.put(stores.account, "a", b"sealed", now=NOW)
    stores.cache.forget(stores.account, "a")
    stores.cache.forget(stores.account, "a")
    assert stores.cache.get(stores.account, "a") is None


def test_accounts_do_not_push_each_other_out(stores: Stores) -> None:
    stores.cache.put("stranger", "theirs", b"theirs", now=NOW)
    for number in range(KEPT + 1):
        stores.cache.put(stores.account, f"chat {number}", b"mine", now=NOW + 9)
    assert stores.cache.get("stranger", "theirs") == b"theirs"
    assert stores.cache.get(stores.account, "theirs") is None
