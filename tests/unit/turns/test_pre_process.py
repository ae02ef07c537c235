"""A message is read before it is answered: all of it is judged, harm is refused, and a mate, a model and a title are chosen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate import catalog, errors, mates
from sealmate.turns.in_flight import MessageInFlight
from sealmate.turns.pre_process import prompts_for
from sealmate.turns.requests import Said
from sealmate.turns.stages import Choices
from tests.fakes.line import ACCOUNT, CALLER
from tests.scripted_model.scripts import READING, Fault, Structured
from tests.unit.turns.conversation import Conversation

LIMITS = catalog.limits()


def reads(talk: Conversation, *changes: dict[str, Any]) -> None:
    talk.line.scripts.add(*[Structured(content={**READING, **change}) for change in changes], to="Reading")


def message(text: str, history: list[Said]) -> MessageInFlight:
    return MessageInFlight(
        message=text,
        history=history,
        answer_public_key=b"",
        cache_key=b"",
        message_hash=b"",
        generation=1,
        mate=None,
        first=True,
    )


def test_a_message_is_read_and_what_was_chosen_is_told(talk: Conversation) -> None:
    reads(talk, {"complexity": "complex", "language": "de", "mate": "kodo", "temperature": 0.7})
    talk.asked_and_reserved()
    assert talk.pre_process() == Choices(mate="kodo", complexity="complex", temperature=0.7, language="de")
    (read,) = talk.told("message_read")
    assert read.type == "message_read"
    kodo = mates.get("kodo")
    assert (read.mate, read.mate_name, read.reason) == ("kodo", kodo.name, kodo.topic)
    assert (read.complexity, read.model) == ("complex", catalog.choice("mistral", "complex").model)


def test_a_chat_without_an_answer_gets_a_title_that_only_its_devices_read(talk: Conversation) -> None:
    talk.asked_and_reserved().pre_process()
    title = talk.line.chats.chat(ACCOUNT, talk.chat.chat).title
    assert title is not None
    assert talk.chat.open_title(title) == READING["title"]
    (told,) = talk.told("chat_titled")
    assert told.type == "chat_titled"
    assert told.title == title


def test_a_chat_that_goes_on_keeps_its_title(talk: Conversation) -> None:
    talk.answered()
    talk.ask_again(history="cached")
    talk.reserve()
    talk.pre_process()
    assert talk.told("chat_titled") == []


def test_the_mate_a_person_asked_for_answers(talk: Conversation) -> None:
    talk.ask(mate="kodo")
    assert talk.pre_process().mate == "kodo"


@pytest.mark.parametrize("harm", range(11))
def test_harm_is_refused_from_the_threshold_on(talk: Conversation, harm: int) -> None:
    reads(talk, {"harm": harm})
    talk.asked_and_reserved()
    if harm < LIMITS.harm_refused_from:
        talk.pre_process()
        return
    with pytest.raises(errors.HarmRefused) as raised:
        talk.pre_process()
    assert raised.value.details == {"harm": harm}
    assert talk.line.push.types(CALLER.connection_id) == ["credits_reserved"], "nothing of it is told here"
    assert talk.line.chats.chat(ACCOUNT, talk.chat.chat).title is None


@pytest.mark.parametrize("place", [0, 1])
def test_the_worst_part_of_a_long_message_counts(talk: Conversation, place: int) -> None:
    parts: list[dict[str, Any]] = [{}, {}]
    parts[place] = {"harm": 9}
    reads(talk, *parts)
    talk.ask("x" * LIMITS.message_characters)
    with pytest.raises(errors.HarmRefused):
        talk.pre_process()
    assert len(talk.line.scripts.asked) == 2


def test_a_message_that_cannot_be_judged_is_not_answered(talk: Conversation) -> None:
    talk.line.scripts.add(*[Structured(content="?")] * 3, to="Reading")
    talk.asked_and_reserved()
    with pytest.raises(errors.NotJudged):
        talk.pre_process()


def test_a_provider_that_is_away_is_named_so_that_the_state_is_tried_again(talk: Conversation) -> None:
    talk.line.scripts.add(*[Fault(status=503)] * 2, to="Reading")
    talk.asked_and_reserved()
    with pytest.raises(errors.ProviderUnavailable):
        talk.pre_process()


def test_a_message_that_is_gone_is_not_read(talk: Conversation) -> None:
    talk.asked_and_reserved()
    talk.line.turns.forget(talk.turn)
    with pytest.raises(errors.TurnInterrupted):
        talk.pre_process()


def test_what_is_logged_are_ids_and_scores(talk: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    talk.ask("zebrafinch")
    talk.pre_process()
    (record,) = caplog.records
    assert (record.__dict__["turn_id"], record.__dict__["harm"]) == (talk.turn_id, 0)
    assert "zebrafinch" not in repr(vars(record))


# --- the prompt ---

texts = st.one_of(st.text(max_size=50), st.integers(0, 24_000).map(lambda n: "long " * (n // 5)))


@given(
    st.one_of(st.text(min_size=1, max_size=50), st.integers(1, 24_000).map(lambda n: "w" * n)),
    st.lists(st.builds(Said, role=st.sampled_from(["user", "assistant"]), text=texts), max_size=5),
)
def test_every_part_of_a_message_is_read_and_no_prompt_is_long(text: str, history: list[Said]) -> None:
    prompts = prompts_for(message(text, history))
    assert 1 <= len(prompts) <= 2
    assert "".join(asked.text.partition("Message: ")[2] for _, asked in prompts_for(message(text, []))) == text
    for system, asked in prompts:
        assert (system.role, system.text) == ("system", catalog.prompt("pre_processing"))
        assert asked.role == "user"
        assert len(asked.text) < 12_000 + 2 * 1_500 + 100


def test_what_was_said_before_stands_before_the_message() -> None:
    history = [
        Said(role="user", text="old"),
        Said(role="user", text="a" * 2_000),
        Said(role="assistant", text="b" * 999),
    ]
    ((_, asked),) = prompts_for(message("Now?", history))
    before, _, now = asked.text.partition("\n\nMessage: ")
    assert now == "Now?"
    assert before == "Earlier:\nuser: " + "a" * 1_500 + "\nassistant: " + "b" * 300
