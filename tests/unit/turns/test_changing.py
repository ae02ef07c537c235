"""A person names, pins, moves and deletes: checked without keys, told to all devices, and never a half of it."""

from __future__ import annotations

from typing import Any

import pytest

from sealmate import catalog, errors
from sealmate.model import from_base64url, to_base64url
from sealmate.turns.requests import PutDetails
from sealmate_cli.crypto.chats import ChatKey, Details
from tests.fakes import archive
from tests.fakes.line import ACCOUNT, CALLER
from tests.unit.turns.conversation import Conversation


def put(talk: Conversation, *, revision: int = 0, **content: Any) -> PutDetails:
    return PutDetails(revision=revision, details=from_base64url(archive.details(talk.chat, revision=1, **content)))


def changes(talk: Conversation) -> int:
    return len(talk.told("chat_changed"))


# --- details ---


def test_details_are_stored_and_told(talk: Conversation) -> None:
    talk.answered()
    talk.line.clock.advance(60)
    chat = talk.line.changing.put_details(ACCOUNT, talk.chat.chat, put(talk, title="Eggs", pinned=True))
    assert chat.details
    assert talk.chat.open_details(chat.details, revision=chat.revision) == Details("Eggs", pinned=True)
    assert (chat.revision, chat.updated_at) == (1, talk.line.clock.now())
    (told,) = talk.told("chat_changed")
    assert (told.chat_id, told.updated_at) == (talk.chat.chat, chat.updated_at)  # type: ignore[union-attr]


def test_of_two_devices_the_slower_one_is_told(talk: Conversation) -> None:
    talk.answered()
    talk.line.changing.put_details(ACCOUNT, talk.chat.chat, put(talk, title="Eggs"))
    with pytest.raises(errors.DetailsConflict) as raised:
        talk.line.changing.put_details(ACCOUNT, talk.chat.chat, put(talk, title="Hens"))
    assert raised.value.details == {"revision": 1}
    assert changes(talk) == 1


def test_a_change_whose_reply_was_lost_may_be_sent_again(talk: Conversation) -> None:
    talk.answered()
    same = put(talk, title="Eggs")
    first, again = (talk.line.changing.put_details(ACCOUNT, talk.chat.chat, same) for _ in range(2))
    assert first == again
    assert changes(talk) == 1


def test_details_must_be_what_they_say(talk: Conversation) -> None:
    talk.answered()
    message = talk.chat.seal_message(turn=talk.chat.chat, text="text", parent=b"")
    for content in (b"in clear, by mistake", message):
        with pytest.raises(errors.InvalidRecord):
            talk.line.changing.put_details(ACCOUNT, talk.chat.chat, PutDetails(revision=0, details=content))
    key = talk.chat
    foreign = ChatKey(key.account, key.chat, 2, key.key).seal_details(Details(), revision=1)
    with pytest.raises(errors.WrongEpoch):
        talk.line.changing.put_details(ACCOUNT, key.chat, PutDetails(revision=0, details=foreign))
    assert talk.line.chats.chat(ACCOUNT, key.chat).details is None


def test_a_chat_that_is_not_there_or_not_mine_has_no_details(talk: Conversation) -> None:
    talk.answered()
    for account in ("stranger", ACCOUNT):
        if account == ACCOUNT:
            talk.line.changing.delete(ACCOUNT, talk.chat.chat)
        with pytest.raises(errors.ChatNotFound):
            talk.line.changing.put_details(account, talk.chat.chat, put(talk))


# --- deleting a chat ---


def test_a_deleted_chat_is_gone_from_cache_and_tables_and_all_devices_hear_of_it(talk: Conversation) -> None:
    talk.answered()
    for _ in range(2):
        talk.line.changing.delete(ACCOUNT, talk.chat.chat)
        assert talk.line.tables.records == {}
        assert talk.line.cache.get(ACCOUNT, talk.chat.chat) is None
    assert changes(talk) == 2, "the first time may have broken off before it was told"


def test_nobody_deletes_anothers_chat(talk: Conversation) -> None:
    talk.answered()
    with pytest.raises(errors.ChatNotFound):
        talk.line.changing.delete("stranger", talk.chat.chat)
    assert talk.record.outcome == "answered"


def test_what_is_asked_is_stopped_when_its_chat_is_deleted(talk: Conversation) -> None:
    talk.asked_and_reserved()
    talk.line.changing.delete(ACCOUNT, talk.chat.chat)
    with pytest.raises(errors.TurnStopped):
        talk.respond()
    talk.line.end(talk.turn, errors.TurnStopped())
    assert talk.turn.status == "ended"
    assert talk.line.wallets.wallet(ACCOUNT).held == 0
    assert talk.line.tables.records == {}


def test_what_is_answered_while_its_chat_is_deleted_comes_to_its_end_and_leaves_nothing(talk: Conversation) -> None:
    talk.asked_and_reserved()
    talk.line.chats.delete(ACCOUNT, talk.chat.chat, at=talk.line.clock.now())
    talk.pre_process()
    talk.respond()
    talk.post_process()
    assert talk.line.tables.records == {}
    assert talk.line.cache.get(ACCOUNT, talk.chat.chat) is None, "nothing is cached of what was deleted"
    assert talk.line.chats.chat(ACCOUNT, talk.chat.chat).title is None
    assert talk.turn.status == "answered"
    with pytest.raises(errors.ChatNotFound):
        talk.ask_again()
    with pytest.raises(errors.ChatNotFound):
        talk.ask()


# --- deleting a turn ---


def test_a_deleted_turn_keeps_its_place(talk: Conversation) -> None:
    talk.answered().post_process()
    talk.line.changing.delete_turn(ACCOUNT, talk.chat.chat, talk.turn_id)
    record = talk.record
    assert (record.outcome, record.message, record.answer, record.suggestions) == ("deleted", None, None, None)
    assert talk.line.cache.get(ACCOUNT, talk.chat.chat) is None, "the next message must not lean on it"
    assert changes(talk) == 1
    talk.line.changing.delete_turn(ACCOUNT, talk.chat.chat, talk.turn_id)
    assert changes(talk) == 1
    with pytest.raises(errors.TurnNotFound):
        talk.line.resume(CALLER, talk.turn_id)


def test_a_turn_is_not_deleted_while_it_is_answered(talk: Conversation) -> None:
    for prepare in (talk.ask, talk.reserve):
        prepare()
        with pytest.raises(errors.TurnAlreadyRunning):
            talk.line.changing.delete_turn(ACCOUNT, talk.chat.chat, talk.turn_id)
    assert talk.record.message


def test_a_message_that_nothing_will_answer_can_be_deleted(talk: Conversation) -> None:
    talk.ask()
    limits = catalog.limits()
    talk.line.clock.advance(limits.vault_ttl_seconds - limits.hold_seconds + 1)
    talk.line.changing.delete_turn(ACCOUNT, talk.chat.chat, talk.turn_id)
    assert talk.record.outcome == "deleted"


def test_a_message_whose_turn_is_long_forgotten_can_be_deleted(talk: Conversation) -> None:
    talk.ask()
    del talk.line.tables.turns[ACCOUNT, talk.turn_id]
    talk.line.changing.delete_turn(ACCOUNT, talk.chat.chat, talk.turn_id)
    assert talk.record.outcome == "deleted"


def test_a_turn_of_another_chat_account_or_of_a_deleted_chat_is_not_found(talk: Conversation) -> None:
    talk.answered()
    with pytest.raises(errors.ChatNotFound):
        talk.line.changing.delete_turn("stranger", talk.chat.chat, talk.turn_id)
    with pytest.raises(errors.TurnNotFound):
        talk.line.changing.delete_turn(ACCOUNT, talk.chat.chat, talk.asker.new_turn_id())
    talk.line.changing.delete(ACCOUNT, talk.chat.chat)
    with pytest.raises(errors.ChatNotFound):
        talk.line.changing.delete_turn(ACCOUNT, talk.chat.chat, talk.turn_id)


def test_details_stay_sealed(talk: Conversation) -> None:
    talk.answered()
    talk.line.changing.put_details(ACCOUNT, talk.chat.chat, put(talk, title="Zebrafinch", folder="Zebrafinch"))
    assert "Zebrafinch" not in repr(talk.line.tables)
    assert to_base64url(b"Zebrafinch") not in repr(talk.line.tables)
