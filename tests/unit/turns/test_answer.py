"""The mate's answer: streamed by one attempt at a time, ended by the model, a stop or the clock, sealed, priced and cached."""

from __future__ import annotations

import pytest

from sealmate import catalog, errors, mates
from sealmate.billing.prices import cost
from sealmate.ports import ModelChoice
from sealmate.turns.answer import prompt_for
from sealmate.turns.requests import Said
from sealmate.turns.stages import Answered, MainProcessing
from tests.fakes.chats import FakeHistoryCache
from tests.fakes.line import ACCOUNT, CALLER, Line
from tests.scripted_model.scripts import Fault, Garbage, Script, Silence, Stream
from tests.unit.turns.conversation import Conversation, Stepwise, wait_until

TEXT = "Gladly: here is an answer."


def frames(talk: Conversation) -> list[str]:
    return [kind for kind in talk.line.push.types(CALLER.connection_id) if kind.startswith("answer_")]


def test_an_answer_is_streamed_sealed_priced_and_cached(talk: Conversation) -> None:
    talk.asked_and_reserved()
    assert talk.respond() == Answered(finish="complete", input_tokens=20, output_tokens=7)
    assert talk.text_told == TEXT
    assert (frames(talk)[0], frames(talk)[-1]) == ("answer_started", "answer_finished")
    assert talk.opened() == {"text": TEXT, "mate": "tavi", "model": "mistral-small-latest", "finish": "complete"}
    assert talk.turn.status == "answered"
    assert talk.turn.credits == cost("mistral-small-latest", input_tokens=20, output_tokens=7)
    assert talk.line.cache.get(ACCOUNT, talk.chat.chat) is not None
    assert "Gladly" not in repr(talk.line.tables), "nothing is stored in clear"


def test_only_the_chat_s_devices_open_what_is_stored(talk: Conversation) -> None:
    talk.answered()
    (finished,) = talk.told("answer_finished")
    assert finished.type == "answer_finished"
    assert finished.answer == talk.record.answer
    assert len(finished.answer) % 64 == (19 + 1120 + 16) % 64, "its length shows blocks, not words"


@pytest.mark.parametrize("reason", ["stop", "length"])
def test_the_model_says_how_it_ended(talk: Conversation, reason: str) -> None:
    talk.line.scripts.add(Stream(deltas=("Word",), reason=reason), to="stream")
    talk.asked_and_reserved()
    assert talk.respond().finish == ("length" if reason == "length" else "complete")


def test_tokens_are_estimated_if_the_model_does_not_say(talk: Conversation) -> None:
    talk.line.scripts.add(Stream(deltas=("a", "b", "c"), usage=None), to="stream")
    talk.asked_and_reserved()
    answered = talk.respond()
    (asked,) = talk.line.scripts.asked
    assert answered.output_tokens == 3
    assert answered.input_tokens == -(-sum(len(message.text) for message in asked.messages) // 4)


# --- its end ---


def test_an_answer_that_takes_too_long_is_ended_as_length(talk: Conversation) -> None:
    talk.asked_and_reserved()

    def before(said: str) -> None:
        if said == "a":
            wait_until(lambda: talk.text_told == "a")
            talk.line.clock.advance(catalog.limits().answer_seconds + 1)

    model = Stepwise(*"abcdefgh", before=before)
    talk.let_answer(model)
    answered = talk.respond()
    assert answered.finish == "length"
    assert talk.opened()["text"] in ("a", "ab")
    assert answered.output_tokens == len(talk.opened()["text"])
    assert model.closed.wait(5), "the model is not read on"


def test_a_late_attempt_has_only_what_is_left_of_its_execution(talk: Conversation) -> None:
    talk.asked_and_reserved()
    reserved_at = talk.line.clock.now()
    talk.line.clock.advance(270)

    def before(said: str) -> None:
        if said == "a":
            wait_until(lambda: talk.text_told == "a")
            talk.line.clock.advance(11)

    talk.let_answer(Stepwise(*"abcdefgh", before=before))
    assert talk.respond(reserved_at=reserved_at).finish == "length"


def test_a_stop_ends_the_answer_and_keeps_what_there_is(talk: Conversation) -> None:
    talk.asked_and_reserved()

    def before(said: str) -> None:
        if said == "one ":
            wait_until(lambda: talk.text_told == said)
            talk.line.stop(CALLER, talk.turn_id)
            talk.line.clock.advance(2)
        if said == "one two ":
            wait_until(lambda: talk.turn.finish)

    model = Stepwise("one ", "two ", "three ", "four", before=before)
    talk.let_answer(model)
    answered = talk.respond()
    assert answered.finish == talk.opened()["finish"] == "stopped"
    assert talk.opened()["text"] in ("one ", "one two ")
    assert answered.output_tokens == len(talk.opened()["text"].split())
    assert model.closed.wait(5)


def test_a_stop_before_anything_was_said_asks_no_model(talk: Conversation) -> None:
    talk.asked_and_reserved()
    talk.line.stop(CALLER, talk.turn_id)
    with pytest.raises(errors.TurnStopped):
        talk.respond()
    assert talk.line.scripts.asked == []
    assert talk.turn.status == "running", "it is ended by Failed"


def test_an_answer_without_a_word_is_none(talk: Conversation) -> None:
    talk.line.scripts.add(Stream(deltas=()), to="stream")
    talk.asked_and_reserved()
    with pytest.raises(errors.ProviderGarbled):
        talk.respond()
    assert talk.record.answer is None


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Fault(status=429), errors.ProviderBusy),
        (Fault(status=500), errors.ProviderUnavailable),
        (Fault(status=404), errors.ModelMissing),
        (Silence(), errors.ProviderUnavailable),
        (Garbage(), errors.ProviderGarbled),
        (Stream(deltas=("half ",), fault="cut"), errors.ProviderUnavailable),
        (Stream(deltas=("half ",), fault="error"), errors.ProviderBusy),
    ],
)
def test_a_retry_may_begin_at_once_after_a_provider_s_trouble(
    talk: Conversation, trouble: Script, error: type[errors.SealmateError]
) -> None:
    talk.line.scripts.add(trouble, to="stream")
    talk.asked_and_reserved()
    with pytest.raises(error):
        talk.respond()
    talk.respond()
    assert [event.attempt for event in talk.told("answer_started") if event.type == "answer_started"] == [1, 2]
    assert talk.opened()["text"] == TEXT


# --- one at a time ---


def test_a_second_attempt_waits_for_the_first_one_s_lease(talk: Conversation) -> None:
    talk.asked_and_reserved()
    now = talk.line.clock.now()
    talk.line.turns.claim(talk.turn, now=now, lease_until=now + 15, mate="tavi", model="local")
    with pytest.raises(errors.TurnAlreadyRunning):
        talk.respond()
    assert talk.line.scripts.asked == []
    talk.line.clock.advance(16)
    talk.respond()
    assert talk.opened()["text"] == TEXT


def test_an_attempt_that_lost_its_lease_stores_nothing(talk: Conversation) -> None:
    talk.asked_and_reserved()

    def before(said: str) -> None:
        if said == "one ":
            wait_until(lambda: talk.text_told == said)
            talk.line.clock.advance(16)
            now = talk.line.clock.now()
            talk.line.turns.claim(talk.turn, now=now, lease_until=now + 15, mate="tavi", model="local")

    talk.let_answer(Stepwise("one ", "two", before=before))
    with pytest.raises(errors.TurnAlreadyRunning):
        talk.respond()
    assert talk.turn.status == "running"
    assert talk.record.answer is None


def test_a_call_whose_reply_was_lost_answers_the_same_again(talk: Conversation) -> None:
    talk.asked_and_reserved()
    first = talk.respond()
    told = len(talk.line.push.sent)
    talk.line.clock.advance(60)
    assert talk.respond() == first
    assert len(talk.line.push.sent) == told
    assert len(talk.line.scripts.asked) == 1


def test_a_turn_that_has_ended_is_not_answered(talk: Conversation) -> None:
    talk.asked_and_reserved()
    talk.line.end(talk.turn, errors.TurnInterrupted())
    with pytest.raises(errors.TurnAlreadyRunning):
        talk.respond()
    assert talk.line.scripts.asked == []


def test_a_cache_that_is_away_takes_nothing_from_the_answer() -> None:
    class Away(FakeHistoryCache):
        def put(self, *_: object, **__: object) -> None:
            raise ConnectionError

    line = Line()
    line.cache = Away(line.tables, keep=3)
    talk = Conversation(line=line).answered()
    assert talk.opened()["text"] == TEXT


# --- who comes later ---


def test_a_connection_that_joins_gets_the_text_so_far_and_the_rest(talk: Conversation) -> None:
    talk.asked_and_reserved()

    def before(said: str) -> None:
        if said == "one ":
            talk.let_be_stored(said)
            talk.line.turns.join(talk.turn, "phone")
            talk.line.clock.advance(2)
        if said == "one two ":
            wait_until(lambda: "answer_resumed" in talk.line.push.types("phone"))

    talk.let_answer(Stepwise("one ", "two ", "three", before=before))
    talk.respond()
    text = ""
    for event in talk.line.push.to("phone"):
        if event.type == "answer_resumed":
            text = event.text
        elif event.type == "answer_extended":
            text += event.delta
    assert text == "one two three"
    assert talk.line.push.types("phone").count("answer_finished") == 1


def test_a_connection_that_joins_after_the_last_snapshot_hears_the_end(talk: Conversation) -> None:
    talk.asked_and_reserved()

    def before(said: str) -> None:
        if said == "all":
            wait_until(lambda: talk.text_told == said)
            talk.line.turns.join(talk.turn, "phone")

    talk.let_answer(Stepwise("all", before=before))
    talk.respond()
    assert talk.line.push.types("phone") == ["answer_finished"]


# --- the prompt ---


def stage(talk: Conversation) -> MainProcessing:
    choices = {"mate": "kodo", "complexity": "simple", "temperature": 0.3, "language": "de", "reserved_at": 0}
    return MainProcessing.model_validate({**talk.ids, **choices})


LOCAL = ModelChoice(provider="embedded", model="local", max_output_tokens=400)


def test_the_prompt_is_the_mate_s_then_the_history_then_the_message(talk: Conversation) -> None:
    talk.ask("And now?", history=[Said(role="user", text="Hi"), Said(role="assistant", text="Hello")])
    system, *said = prompt_for(stage(talk), talk.in_flight, LOCAL)
    assert system.role == "system"
    assert system.text.startswith(mates.get("kodo").prompt)
    assert system.text.endswith("code is de.")
    assert [(m.role, m.text) for m in said] == [("user", "Hi"), ("assistant", "Hello"), ("user", "And now?")]


def test_history_that_does_not_fit_the_model_is_left_out(talk: Conversation) -> None:
    history = [Said(role="user", text="x" * 20_000), Said(role="assistant", text="y" * 20_000)]
    talk.ask("And now?", history=[*history, Said(role="user", text="Hi"), Said(role="assistant", text="Hello")])
    _, *said = prompt_for(stage(talk), talk.in_flight, LOCAL)
    assert [m.text for m in said] == ["Hi", "Hello", "And now?"]


def test_a_message_that_does_not_fit_the_model_is_refused(talk: Conversation) -> None:
    talk.ask("水" * 8_000)
    with pytest.raises(errors.RequestTooLarge):
        prompt_for(stage(talk), talk.in_flight, LOCAL)
