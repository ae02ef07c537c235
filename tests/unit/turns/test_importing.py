"""A chat comes back from an archive: what a device could read again is stored, once; what it couldn't is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sealmate import catalog, errors
from sealmate.model import to_base64url
from sealmate.turns.requests import ImportChat
from sealmate_cli.crypto.chats import ChatKey, Details
from tests.fakes import archive
from tests.fakes.line import ACCOUNT
from tests.unit.turns.conversation import Conversation


def bring(talk: Conversation, *turns: dict[str, Any], **changes: Any) -> int:
    """Under the key that is stored, if there is one: each wrapping of it is another."""
    known = talk.line.tables.chats.get((ACCOUNT, talk.chat.chat))
    stored = {"chat_key": to_base64url(known.keys[1])} if known and not known.deleted else {}
    body = archive.part(talk.chat, talk.asker.master_key, *turns, **{**stored, **changes})
    return talk.line.importing(ACCOUNT, talk.chat.chat, ImportChat.model_validate(body))


def turn(talk: Conversation, **changes: Any) -> dict[str, Any]:
    return archive.turn(talk.chat, talk.asker.new_turn_id(), **changes)


def test_an_imported_chat_reads_as_it_did(talk: Conversation) -> None:
    first = turn(talk)
    second = turn(talk, said=None, after=b"x" * 32, code="provider_busy")
    second["parent"] = {"turn_id": first["turn_id"], "hash": to_base64url(b"x" * 32)}
    assert bring(talk, first, second) == 2
    (one, two), _ = talk.line.chats.records(ACCOUNT, talk.chat.chat, after=None, limit=9)
    assert one.message
    assert one.answer
    assert one.suggestions
    assert talk.chat.open_answer(one.answer, turn=one.turn_id, message=one.message)["text"] == "Hi"
    assert len(talk.chat.open_suggestions(one.suggestions, turn=one.turn_id, answer=one.answer)) == 6
    assert (two.outcome, two.code, two.parent) == ("failed", "provider_busy", (one.turn_id, b"x" * 32))
    chat = talk.line.chats.chat(ACCOUNT, talk.chat.chat)
    assert (chat.created_at, chat.active_at, chat.updated_at) == (
        archive.CREATED,
        archive.ACTIVE,
        talk.line.clock.now(),
    )
    assert chat.details
    assert talk.chat.open_details(chat.details, revision=1) == Details()


def test_other_devices_hear_of_what_is_new_only(talk: Conversation) -> None:
    one = turn(talk)
    assert [bring(talk, one), bring(talk, one), bring(talk)] == [1, 0, 0]
    assert len(talk.told("chat_changed")) == 2


def test_a_deleted_turn_is_imported_as_its_place(talk: Conversation) -> None:
    gone = {"turn_id": talk.asker.new_turn_id(), "created_at": archive.CREATED, "outcome": "deleted"}
    assert bring(talk, gone) == 1


def test_one_asks_on_in_an_imported_chat(talk: Conversation) -> None:
    bring(talk, turn(talk))
    talk.ask_again()
    assert talk.record.outcome == "asked"


def test_an_import_costs_nothing_and_is_limited(talk: Conversation) -> None:
    before = talk.line.wallets.wallet(ACCOUNT)
    for _ in range(catalog.limits().imports_per_minute):
        bring(talk)
    with pytest.raises(errors.TooManyTries) as raised:
        bring(talk)
    assert raised.value.details["retry_after"]
    assert talk.line.wallets.wallet(ACCOUNT) == before


OTHER = "01976f6e-ffff-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"outcome": "failed"}, "answer_and_outcome"),
        ({"answer": None, "suggestions": None}, "answer_and_outcome"),
        ({"message": None}, "message_and_outcome"),
        ({"outcome": "deleted"}, "message_and_outcome"),
        ({"outcome": "withheld", "answer": None}, "suggestions_without_answer"),
        ({"parent": {"turn_id": OTHER, "hash": to_base64url(bytes(32))}}, "before_its_parent"),
        ({"message": to_base64url(b"in clear, by mistake")}, "not_an_envelope"),
        ({"answer": to_base64url(b"in clear, by mistake")}, "not_an_envelope"),
    ],
)
def test_a_turn_whose_parts_do_not_fit_is_refused(talk: Conversation, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(errors.InvalidRecord) as raised:
        bring(talk, turn(talk), turn(talk, **changes))
    assert raised.value.details == {"reason": reason}
    assert talk.line.tables.chats == {}


def test_records_of_another_kind_or_generation_are_refused(talk: Conversation) -> None:
    one = turn(talk)
    with pytest.raises(errors.InvalidRecord):
        bring(talk, {**one, "suggestions": one["answer"]})
    with pytest.raises(errors.InvalidRecord):
        bring(talk, details=one["message"])
    with pytest.raises(errors.InvalidRecord):
        bring(talk, chat_key=one["message"])
    key = talk.chat
    newer = ChatKey(key.account, key.chat, 2, key.key)
    with pytest.raises(errors.WrongEpoch):
        bring(talk, archive.turn(newer, one["turn_id"]))
    with pytest.raises(errors.WrongEpoch):
        bring(talk, one, epoch=2)
    assert talk.line.tables.chats == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"active_at": archive.CREATED - 1}, "active_at"), ({"active_at": 2**33 - 1}, "active_at")],
)
def test_times_that_cannot_be_are_refused(talk: Conversation, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(errors.InvalidRequest) as raised:
        bring(talk, **changes)
    assert raised.value.details["field"] == field


def test_a_turn_comes_once_and_not_from_the_future(talk: Conversation) -> None:
    one = turn(talk)
    for turns in ([one, one], [{**one, "answered_at": 2**33 - 1}]):
        with pytest.raises(errors.InvalidRequest) as raised:
            bring(talk, *turns)
        assert raised.value.details["field"] == "turns"


def test_neither_a_deleted_chat_nor_anothers_key_is_taken(talk: Conversation) -> None:
    talk.answered()
    another = archive.part(talk.chat, talk.asker.master_key)["chat_key"]
    with pytest.raises(errors.ChatKeyConflict):
        bring(talk, turn(talk), chat_key=another)
    assert bring(talk, turn(talk)) == 1
    talk.line.changing.delete(ACCOUNT, talk.chat.chat)
    with pytest.raises(errors.ChatNotFound):
        bring(talk, turn(talk))
