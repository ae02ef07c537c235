"""A temporary chat: answered, judged and paid like any other, and stored nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from sealmate import errors
from sealmate.turns.ports import Caller
from tests.fakes.line import ACCOUNT, CALLER
from tests.scripted_model.scripts import READING, REVIEW, Structured
from tests.unit.turns.conversation import Conversation


def whisper(talk: Conversation, **changes: Any) -> Conversation:
    talk.ask(chat_key=None, temporary=True, **changes)
    return talk


def nothing_is_stored(talk: Conversation) -> bool:
    tables = talk.line.tables
    return not (tables.chats or tables.records or tables.cache)


def test_a_temporary_answer_is_told_sealed_and_stored_nowhere(talk: Conversation) -> None:
    whisper(talk).reserve()
    talk.pre_process()
    talk.respond()
    assert talk.post_process().suggestions == 6
    (finished,) = talk.told("answer_finished")
    opened = talk.asker.open_answer(talk.chat, talk.turn_id, finished.answer)  # type: ignore[union-attr]
    assert opened["text"] == "Gladly: here is an answer."
    assert talk.told("suggestions_made")
    assert talk.told("chat_titled") == []
    assert nothing_is_stored(talk)


def test_other_devices_hear_nothing_of_it(talk: Conversation) -> None:
    talk.line.connections.add(Caller(connection_id="phone", account_id=ACCOUNT, session_id="other"), now=0)
    whisper(talk).reserve()
    talk.pre_process()
    talk.respond()
    talk.post_process()
    assert talk.line.push.to("phone") == []


def test_it_is_charged_or_given_back_like_any_other(talk: Conversation) -> None:
    held = whisper(talk).reserve()
    talk.respond()
    hold = talk.line.wallets.hold(ACCOUNT, talk.turn_id)
    assert hold
    charged = talk.line.settle.settled(talk.turn, hold, talk.line.audience_of(talk.turn))
    assert 0 < charged.credits <= held.credits
    whisper(talk).reserve()
    talk.line.end(talk.turn, errors.ProviderBusy())
    assert talk.line.wallets.wallet(ACCOUNT).available == charged.available
    assert talk.told("turn_failed")
    assert nothing_is_stored(talk)


def test_it_can_be_resumed_until_its_end(talk: Conversation) -> None:
    whisper(talk).reserve()
    talk.respond()
    (again,) = talk.line.resume(CALLER, talk.turn_id)
    assert again.type == "answer_finished"
    assert again.answer == talk.told("answer_finished")[0].answer  # type: ignore[union-attr]
    talk.line.turns.forget(talk.turn)
    with pytest.raises(errors.AnswerNotKept):
        talk.line.resume(CALLER, talk.turn_id)


def test_what_is_taken_back_is_gone_at_once(talk: Conversation) -> None:
    whisper(talk).reserve()
    talk.respond()
    talk.line.scripts.add(Structured(content={**REVIEW, "misuse": 9}), to="Review")
    talk.post_process()
    assert talk.told("answer_withheld")
    with pytest.raises(errors.AnswerNotKept):
        talk.line.resume(CALLER, talk.turn_id)


@pytest.mark.parametrize("misuse", [6, 7])
def test_doubts_are_told_and_not_stored(talk: Conversation, misuse: int) -> None:
    whisper(talk).reserve()
    talk.respond()
    talk.line.scripts.add(Structured(content={**REVIEW, "misuse": misuse}), to="Review")
    talk.post_process()
    assert talk.told("answer_annotated")
    assert nothing_is_stored(talk)


def test_harm_is_refused_as_ever(talk: Conversation) -> None:
    whisper(talk).reserve()
    talk.line.scripts.add(Structured(content={**READING, "harm": 9}), to="Reading")
    with pytest.raises(errors.HarmRefused):
        talk.pre_process()


def test_its_history_comes_each_time(talk: Conversation) -> None:
    history = [{"role": "user", "text": "Hi"}, {"role": "assistant", "text": "Hello"}]
    whisper(talk, history=history)
    assert [said.text for said in talk.in_flight.history] == ["Hi", "Hello"]
    with pytest.raises(errors.HistoryNotCached):
        whisper(talk, history="cached")


def test_a_temporary_chat_has_no_key_to_store(talk: Conversation) -> None:
    with pytest.raises(errors.InvalidRequest) as raised:
        talk.ask(temporary=True)
    assert raised.value.details["field"] == "chat_key"
    assert talk.line.tables.turns == {}


def test_asking_again_begins_it_once(talk: Conversation) -> None:
    ask = talk.asker.ask(talk.chat, chat_key=None, temporary=True)
    assert talk.line.start(CALLER, ask)
    assert not talk.line.start(CALLER, ask)
