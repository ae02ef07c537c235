"""A structured call that must be understood: asked again, then of a second model; what stays unreadable is never taken as safe."""

from __future__ import annotations

import pytest

from sealmate import catalog, errors
from sealmate.ports import ChatMessage
from sealmate.turns.judge import judge
from sealmate.turns.readings import Review
from tests.fakes.clock import FakeClock
from tests.fakes.models import FakeModel, FakeModels
from tests.scripted_model.scripts import REVIEW, Fault, Garbage, Script, Scripts, Silence, Structured

FIRST, SECOND = (choice.model for choice in catalog.judges("mistral"))
UNREADABLE = Structured(content="It looks fine to me.")
WITHOUT_SCORE = Structured(content={"suggestions": REVIEW["suggestions"]})


def ask(*scripts: Script) -> tuple[Scripts, Review | errors.SealmateError]:
    queue, clock = Scripts(), FakeClock()
    queue.add(*scripts)
    models = FakeModels(FakeModel(queue, clock=clock))
    try:
        return queue, judge(models, "mistral", [ChatMessage(role="user", text="?")], Review, clock=clock)
    except errors.SealmateError as error:
        return queue, error


def asked(queue: Scripts) -> list[str]:
    return [request.model for request in queue.asked]


def test_the_cheap_model_is_asked_first_and_alone() -> None:
    queue, review = ask()
    assert isinstance(review, Review)
    assert asked(queue) == [FIRST]


@pytest.mark.parametrize("unreadable", [UNREADABLE, WITHOUT_SCORE, Garbage()])
def test_what_cannot_be_read_is_asked_again_then_of_a_second_model(unreadable: Script) -> None:
    queue, review = ask(unreadable)
    assert isinstance(review, Review)
    assert asked(queue) == [FIRST, FIRST]
    assert queue.asked[0].temperature != queue.asked[1].temperature, "the same again would garble the same way"
    queue, review = ask(unreadable, unreadable)
    assert isinstance(review, Review)
    assert asked(queue) == [FIRST, FIRST, SECOND]


def test_what_nobody_can_read_is_not_judged() -> None:
    queue, error = ask(UNREADABLE, WITHOUT_SCORE, Structured(content={**REVIEW, "misuse": 11}))
    assert isinstance(error, errors.NotJudged)
    assert asked(queue) == [FIRST, FIRST, SECOND]


@pytest.mark.parametrize("away", [Fault(status=503), Fault(status=429), Silence()])
def test_a_model_that_is_away_is_not_asked_again(away: Script) -> None:
    queue, review = ask(away)
    assert isinstance(review, Review)
    assert asked(queue) == [FIRST, SECOND]


def test_the_last_trouble_is_the_one_that_is_named() -> None:
    assert isinstance(ask(Fault(status=503), Fault(status=429))[1], errors.ProviderBusy)
    assert isinstance(ask(Fault(status=503), UNREADABLE)[1], errors.NotJudged)
    assert isinstance(ask(UNREADABLE, UNREADABLE, Fault(status=503))[1], errors.ProviderUnavailable)


def test_a_wrong_key_is_said_at_once() -> None:
    queue, error = ask(Fault(status=401))
    assert isinstance(error, errors.ProviderRefused)
    assert asked(queue) == [FIRST]


def test_no_call_is_begun_late() -> None:
    queue, error = ask(Structured(content="slow", delay=31))
    assert isinstance(error, errors.NotJudged)
    assert asked(queue) == [FIRST]
