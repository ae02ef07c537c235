"""An answer is reviewed when it is told: six follow-ups for a good one, a mark on a doubtful one, and the worst is taken back."""

from __future__ import annotations

import pytest

from sealmate import catalog, errors
from sealmate.turns.stages import Reviewed
from tests.fakes.line import ACCOUNT, CALLER
from tests.scripted_model.scripts import REVIEW, Fault, Script, Structured
from tests.unit.turns.conversation import Conversation

LIMITS = catalog.limits()


@pytest.fixture
def answered(talk: Conversation) -> Conversation:
    return talk.answered()


def review(talk: Conversation, *scripts: Script) -> Reviewed:
    talk.line.scripts.add(*scripts, to="Review")
    return talk.post_process()


def scored(misuse: int) -> Structured:
    return Structured(content={**REVIEW, "misuse": misuse})


def last(talk: Conversation) -> str:
    return talk.line.push.types(CALLER.connection_id)[-1]


def test_a_good_answer_gets_six_follow_ups_that_only_its_devices_read(answered: Conversation) -> None:
    assert review(answered) == Reviewed(misuse=0, suggestions=6)
    record = answered.record
    assert record.suggestions is not None
    assert record.answer is not None
    opened = answered.chat.open_suggestions(record.suggestions, turn=answered.turn_id, answer=record.answer)
    assert opened == REVIEW["suggestions"]
    (told,) = answered.told("suggestions_made")
    assert told.type == "suggestions_made"
    assert told.suggestions == record.suggestions


@pytest.mark.parametrize("misuse", range(11))
def test_misuse_is_marked_then_taken_back(answered: Conversation, misuse: int) -> None:
    reviewed = review(answered, scored(misuse))
    assert reviewed.misuse == misuse
    record = answered.record
    if misuse >= LIMITS.misuse_withheld_from:
        assert (record.outcome, record.code, record.answer) == ("withheld", "answer_withheld", None)
        assert last(answered) == "answer_withheld"
        assert answered.line.cache.get(ACCOUNT, answered.chat.chat) is None, "nor does the next message lean on it"
    elif misuse >= LIMITS.misuse_annotated_from:
        assert (record.outcome, record.code) == ("answered", "possible_misuse")
        assert record.answer is not None
        assert last(answered) == "answer_annotated"
    else:
        assert (record.outcome, record.code) == ("answered", None)
    assert (record.suggestions is None) == (misuse >= LIMITS.misuse_annotated_from)


@pytest.mark.parametrize("trouble", [Structured(content="?"), Fault(status=500), Fault(status=429), Fault(status=401)])
def test_an_answer_that_cannot_be_judged_is_marked_so(answered: Conversation, trouble: Script) -> None:
    assert review(answered, *[trouble] * 3) == Reviewed(misuse=None, suggestions=0)
    assert (answered.record.outcome, answered.record.code) == ("answered", "unchecked")
    (told,) = answered.told("answer_annotated")
    assert told.type == "answer_annotated"
    assert told.code == "unchecked"


@pytest.mark.parametrize("misuse", [0, 6, 9])
def test_a_review_may_be_made_again(answered: Conversation, misuse: int) -> None:
    first = review(answered, scored(misuse))
    record = answered.record
    assert review(answered, scored(misuse)) == first
    assert (answered.record.outcome, answered.record.code) == (record.outcome, record.code)


def test_the_whole_answer_is_reviewed(talk: Conversation) -> None:
    talk.ask("q" * 5_000)
    talk.reserve()
    talk.respond()
    review(talk)
    asked = talk.line.scripts.asked[-1]
    assert [message.role for message in asked.messages] == ["system", "user"]
    assert asked.text == "Question: " + "q" * 1_500 + "\n\nAnswer: Gladly: here is an answer."


def test_an_answer_that_is_gone_cannot_be_reviewed(answered: Conversation) -> None:
    answered.line.turns.forget(answered.turn)
    with pytest.raises(errors.TurnInterrupted):
        answered.post_process()


def test_what_is_logged_are_ids_and_scores(answered: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    review(answered, scored(7))
    assert [record.__dict__["misuse"] for record in caplog.records] == [7]
    assert not any("Gladly" in repr(vars(record)) for record in caplog.records)
