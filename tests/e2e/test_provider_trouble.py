"""Language models that fail in every way they do: the person is told what and what to do, and pays nothing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.hearing import ask
from tests.e2e.person import Person
from tests.e2e.playbook import Playbook, unique
from tests.e2e.stack import Stack
from tests.e2e.wire import Wire, message
from tests.scripted_model.scripts import ANSWER, READING, REVIEW, Fault, Garbage, Script, Stream, Structured

ENDS = ("turn_failed", "turn_refused", "turn_charged")
# What the model does to which calls, and what the person is told.
TROUBLE: dict[str, tuple[str, list[Script], str, str]] = {
    "overloaded": ("stream", [Fault(status=429)] * 3, "turn_failed", "provider_busy"),
    "broken": ("stream", [Fault(status=500)] * 3, "turn_failed", "provider_unavailable"),
    "gone in mid-answer": (
        "stream",
        [Stream(deltas=("half ", "an "), fault="cut")] * 3,
        "turn_failed",
        "provider_unavailable",
    ),
    "overloaded in mid-answer": (
        "stream",
        [Stream(deltas=("half ",), fault="error")] * 3,
        "turn_failed",
        "provider_busy",
    ),
    "not giving a stream": ("stream", [Garbage()] * 3, "turn_failed", "provider_unavailable"),
    "garbled in mid-answer": (
        "stream",
        [Stream(deltas=("half ",), fault="garbage")],
        "turn_failed",
        "provider_garbled",
    ),
    "without words": ("stream", [Stream(deltas=())], "turn_failed", "provider_garbled"),
    "missing": ("stream", [Fault(status=404, code="model_not_found")], "turn_failed", "model_missing"),
    "refusing our key": ("stream", [Fault(status=401)], "turn_failed", "provider_refused"),
    "missing from the start": ("Reading", [Fault(status=404, code="model_not_found")], "turn_failed", "model_missing"),
    "overloaded from the start": ("Reading", [Fault(status=429)] * 9, "turn_failed", "provider_busy"),
    "garbled": ("Reading", [Garbage()] * 3, "turn_refused", "not_judged"),
    "not giving JSON": ("Reading", [Structured(content="I'd say it is harmless.")] * 3, "turn_refused", "not_judged"),
    "giving no score": ("Reading", [Structured(content={**READING, "harm": "none"})] * 3, "turn_refused", "not_judged"),
    "scoring beyond ten": ("Reading", [Structured(content={**READING, "harm": 11})] * 3, "turn_refused", "not_judged"),
    "seeing harm": ("Reading", [Structured(content={**READING, "harm": 9})], "turn_refused", "harm_refused"),
}


@dataclass(frozen=True)
class Outcome:
    person: Person
    body: dict[str, Any]
    end: dict[str, Any]
    before: Any


@pytest.fixture(scope="module")
def outcomes(stack: Stack, newcomer: Callable[[], Person], playbook: Playbook) -> Iterator[dict[str, Outcome]]:
    """All of them at once, since most of their time is waiting for the next try."""
    person = newcomer()  # whose messages of this minute are few enough
    before = person.laptop.wallet()
    with ExitStack() as opened:
        asked = {}
        for name, (kind, scripts, _, _) in TROUBLE.items():
            text = unique(f"The model is {name}")
            playbook.on(text).add(*scripts, to=kind)
            wire = opened.enter_context(Wire(person.laptop, stack.url))
            body = message(person.laptop, text)
            wire.send(body)
            asked[name] = (wire, body)
        yield {
            name: Outcome(person, body, wire.hear(*ENDS, turn_id=body["turn_id"]), before)
            for name, (wire, body) in asked.items()
        }


@pytest.mark.parametrize("name", TROUBLE)
def test_a_model_in_lasting_trouble(outcomes: dict[str, Outcome], name: str) -> None:
    _, _, kind, code = TROUBLE[name]
    outcome = outcomes[name]
    assert (outcome.end["type"], outcome.end.get("code")) == (kind, code)
    assert outcome.end["message"]
    assert outcome.end["next_step"]
    (read,) = outcome.person.laptop.turns(outcome.body["chat_id"])
    assert (read.text, read.answer, read.trouble) == (outcome.body["message"], None, None)
    assert (read.outcome, read.code) == ("refused" if kind == "turn_refused" else "failed", code)


def test_none_of_it_was_charged(stack: Stack, outcomes: dict[str, Outcome]) -> None:
    outcome = next(iter(outcomes.values()))
    assert outcome.person.laptop.wallet() == outcome.before
    assert stack.holds(outcome.person.account) == []
    turns = {each.body["turn_id"] for each in outcomes.values()}
    assert turns.isdisjoint(row.turn_id for row in outcome.person.laptop.ledger())


@pytest.mark.parametrize(
    "once",
    [Fault(status=429), Fault(status=503), Stream(deltas=("half ", "an "), fault="cut")],
    ids=["429", "503", "cut"],
)
def test_passing_trouble_is_tried_again_and_paid_once(person: Person, playbook: Playbook, once: Script) -> None:
    text = unique("Try again")
    playbook.on(text).add(once, to="stream")
    heard = ask(person.laptop, text)
    assert [event.attempt for event in heard.all("answer_started")] == [1, 2]
    assert heard.text == heard.one("answer_finished").text == "".join(ANSWER.deltas)
    assert [row.kind for row in person.laptop.ledger() if row.turn_id == heard.turn] == ["charge"]


def test_a_review_that_nobody_can_read_marks_the_answer(person: Person, playbook: Playbook) -> None:
    text = unique("Judge me")
    playbook.on(text).add(*[Structured(content="fine!")] * 3, to="Review")
    heard = ask(person.laptop, text)
    assert heard.one("answer_annotated").code == "unchecked"
    assert heard.one("turn_charged").credits >= 1
    assert heard.one("answer_finished").text == "".join(ANSWER.deltas)


def test_an_answer_that_could_do_harm_is_taken_back(person: Person, playbook: Playbook) -> None:
    text = unique("Take it back")
    playbook.on(text).add(Structured(content={**REVIEW, "misuse": 9}), to="Review")
    heard = ask(person.laptop, text)
    assert heard.one("answer_withheld").code == "answer_withheld"
    (read,) = person.device().turns(heard.chat)
    assert (read.outcome, read.answer, read.suggestions) == ("withheld", None, [])


def test_too_few_credits_say_how_many_are_missing(
    stack: Stack, newcomer: Callable[[], Person], playbook: Playbook
) -> None:
    poor = newcomer()
    stack.client("dynamodb").update_item(
        TableName=stack.outputs["WalletsTable"],
        Key={"pk": {"S": poor.account}, "sk": {"S": "WALLET"}},
        UpdateExpression="SET available = :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    text = unique("Can I afford it?")
    scripts = playbook.on(text)
    heard = ask(poor.laptop, text)
    failed = heard.one("turn_failed")
    assert failed.code == "insufficient_credits"
    assert failed.missing_credits > 0
    assert scripts.asked == []
    assert (poor.laptop.wallet().available, poor.laptop.wallet().held) == (1, 0)
