"""A message comes in: it is stored sealed and started once, and what doesn't fit stores nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate import catalog, errors
from sealmate.turns.requests import Said
from sealmate.turns.start import trimmed
from sealmate_cli.crypto.chats import wrap_chat_key
from tests.fakes.line import ACCOUNT, CALLER, Line
from tests.unit.turns.conversation import Conversation

SECRET = "zebrafinch"


def said(*texts: str) -> list[dict[str, str]]:
    """In turns, the user first."""
    return [{"role": ("user", "assistant")[n % 2], "text": text} for n, text in enumerate(texts)]


def stored(line: Line) -> dict[str, Any]:
    return {name: copy.copy(rows) for name, rows in vars(line.tables).items() if name not in ("lock", "asked")}


def test_a_message_is_stored_sealed_and_its_execution_started(talk: Conversation) -> None:
    talk.ask(f"What is a {SECRET}?", history=said("Hi", f"A {SECRET}!"))
    assert talk.turn.status == "asked"
    assert talk.record.message == talk.asker.sent[talk.turn_id]
    assert talk.in_flight.message == f"What is a {SECRET}?"
    assert talk.in_flight.message_hash == talk.asker.hash_of(talk.turn_id)
    characters = len(f"What is a {SECRET}?HiA {SECRET}!")
    assert talk.line.executions.started == [{**talk.ids, "characters": characters}]
    assert SECRET not in repr(talk.line.tables), "nothing is stored in clear"


def test_asking_again_stores_nothing_new(talk: Conversation) -> None:
    ask = talk.asker.ask(talk.chat)
    assert talk.line.start(CALLER, ask)
    before = stored(talk.line)
    assert not talk.line.start(CALLER, ask)
    assert stored(talk.line) == before


def test_a_turn_that_is_taken_up_is_not_started_again(talk: Conversation) -> None:
    ask = talk.asker.ask(talk.chat)
    talk.line.start(CALLER, ask)
    talk.turn_id = ask.turn_id
    talk.reserve()
    talk.line.start(CALLER, ask)
    talk.respond()
    talk.line.start(CALLER, ask)
    assert len(talk.line.executions.started) == 1


def test_asking_again_starts_what_could_not_be_started(talk: Conversation) -> None:
    ask = talk.asker.ask(talk.chat)
    talk.line.executions.away = True
    with pytest.raises(errors.TurnNotStarted) as raised:
        talk.line.start(CALLER, ask)
    assert raised.value.details == {"turn_id": ask.turn_id}
    talk.line.executions.away = False
    assert not talk.line.start(CALLER, ask), "it was stored the first time"
    assert [payload["turn_id"] for payload in talk.line.executions.started] == [ask.turn_id]


def test_a_turn_whose_message_would_expire_on_the_way_is_not_started(talk: Conversation) -> None:
    ask = talk.asker.ask(talk.chat)
    talk.line.start(CALLER, ask)
    limits = catalog.limits()
    talk.line.clock.advance(limits.vault_ttl_seconds - limits.hold_seconds)
    talk.line.start(CALLER, ask)
    assert len(talk.line.executions.started) == 2
    talk.line.clock.advance(1)
    talk.line.start(CALLER, ask)
    assert len(talk.line.executions.started) == 2


# --- history ---


def test_the_next_message_finds_its_history_in_the_cache(talk: Conversation) -> None:
    talk.answered()
    talk.ask_again(history="cached")
    assert [s.text for s in talk.in_flight.history] == ["Hello", "Gladly: here is an answer."]
    assert talk.turn.characters == len("HelloGladly: here is an answer.And now?")


def test_what_is_not_cached_is_asked_for_and_nothing_is_stored(talk: Conversation) -> None:
    talk.answered()
    talk.line.cache.forget(ACCOUNT, talk.chat.chat)
    before = stored(talk.line)
    with pytest.raises(errors.HistoryNotCached):
        talk.ask_again(history="cached")
    assert stored(talk.line) == before


def test_a_cache_under_another_key_is_as_good_as_none(talk: Conversation) -> None:
    talk.answered()
    with pytest.raises(errors.HistoryNotCached):
        talk.ask_again(history="cached", cache_key=bytes(32))


def test_too_long_a_history_is_refused(talk: Conversation) -> None:
    limit = catalog.limits().history_characters
    talk.ask(history=said("x" * limit))
    with pytest.raises(errors.RequestTooLarge) as raised:
        talk.ask_again(history=said("x" * limit, "y"))
    assert raised.value.details == {"limit": limit}


@pytest.mark.parametrize(
    ("history", "first"), [([], True), (said("refused"), True), (said("asked", "answered"), False)]
)
def test_a_chat_without_an_answer_is_still_to_get_its_title(
    talk: Conversation, history: list[dict[str, str]], first: bool
) -> None:
    talk.ask(history=history)
    assert talk.in_flight.first is first


@given(
    st.lists(st.builds(Said, role=st.sampled_from(["user", "assistant"]), text=st.text(max_size=20)), max_size=12),
    st.integers(1, 4),
    st.integers(0, 80),
)
def test_history_is_cut_at_whole_messages_and_begins_with_the_user(history: list[Said], turns: int, room: int) -> None:
    kept = trimmed(history, turns=turns, room=room)
    assert kept == history[len(history) - len(kept) :]
    assert len(kept) <= 2 * turns
    assert sum(len(s.text) for s in kept) <= room
    assert not kept or kept[0].role == "user"


# --- what doesn't fit ---


def test_a_chat_key_under_an_old_epoch_is_refused(talk: Conversation) -> None:
    talk.line.tables.epochs[ACCOUNT] = 2
    with pytest.raises(errors.WrongEpoch):
        talk.ask()
    talk.ask(epoch=2)


def test_a_record_of_another_generation_is_refused(talk: Conversation) -> None:
    with pytest.raises(errors.WrongEpoch):
        talk.ask(generation=2)


def wrong_namespace(talk: Conversation) -> dict[str, Any]:
    return {"record": wrap_chat_key(talk.chat, bytes(32), epoch=1)}


def chat_key_of_another_kind(talk: Conversation) -> dict[str, Any]:
    return {"chat_key": talk.chat.seal_message(turn="turn", text="text", parent=b"")}


def no_envelope(_: Conversation) -> dict[str, Any]:
    return {"record": b"in clear, by mistake"}


def no_public_key(_: Conversation) -> dict[str, Any]:
    return {"answer_public_key": b"\xff" * 1216}


def younger_parent(_: Conversation) -> dict[str, Any]:
    return {"parent": {"turn_id": "01976f6e-ffff-7000-8000-000000000000", "hash": bytes(32)}}


@pytest.mark.parametrize(
    "change", [wrong_namespace, chat_key_of_another_kind, no_envelope, no_public_key, younger_parent]
)
def test_what_a_device_could_not_read_again_is_refused(talk: Conversation, change: Any) -> None:
    before = stored(talk.line)
    with pytest.raises(errors.InvalidRecord) as raised:
        talk.ask(**change(talk))
    assert raised.value.details["reason"]
    assert stored(talk.line) == before
    assert talk.line.executions.started == []


def test_an_unknown_mate_is_refused(talk: Conversation) -> None:
    with pytest.raises(errors.UnknownMate):
        talk.ask(mate="nobody")


def test_nothing_is_stored_for_an_account_without_credits() -> None:
    talk = Conversation(line=Line(credits=0))
    with pytest.raises(errors.InsufficientCredits) as raised:
        talk.ask()
    assert raised.value.details == {"missing_credits": 1}
    assert talk.line.tables.records == {}


def test_messages_without_end_are_told_to_wait(talk: Conversation) -> None:
    talk.line.clock.advance(20)
    talk.ask()
    for _ in range(catalog.limits().asks_per_minute - 1):
        talk.ask_again()
    with pytest.raises(errors.TooManyTries) as raised:
        talk.ask_again()
    assert raised.value.details == {"retry_after": 40}
    talk.line.clock.advance(40)
    talk.ask_again()
