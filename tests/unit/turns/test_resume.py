"""A connection comes back to a turn, whatever became of it meanwhile; and someone asks it to stop."""

from __future__ import annotations

import pytest

from sealmate import catalog, errors
from sealmate.events import Event, TurnAccepted
from sealmate.turns.audience import Audience
from sealmate.turns.ports import Caller
from tests.fakes.line import ACCOUNT, CALLER, Line
from tests.unit.billing.interruptions import Interruptions
from tests.unit.turns.conversation import Conversation, Stepwise

PHONE = Caller(connection_id="phone", account_id=ACCOUNT, session_id="session")


def resume(talk: Conversation) -> list[str]:
    talk.line.connections.add(PHONE, now=talk.line.clock.now())
    return [event.type for event in talk.line.resume(PHONE, talk.turn_id)]


def joined(talk: Conversation) -> frozenset[str]:
    stream = talk.line.turns.stream(ACCOUNT, talk.turn_id)
    return stream.joined if stream else frozenset()


@pytest.mark.parametrize("reserved", [False, True])
def test_a_turn_without_text_is_joined(talk: Conversation, reserved: bool) -> None:
    talk.ask()
    if reserved:
        talk.reserve()
    assert resume(talk) == ["turn_accepted"]
    assert joined(talk) == {"phone"}
    assert len(talk.line.executions.started) == 1


def test_who_comes_back_has_the_chat_before_them(talk: Conversation) -> None:
    talk.ask()
    resume(talk)
    focus = {one.connection_id: one.focus for one in talk.line.connections.of_account(ACCOUNT)}
    assert focus == {"laptop": None, "phone": talk.chat.chat}


def test_a_turn_that_nobody_took_up_is_started_again(talk: Conversation) -> None:
    talk.ask()
    talk.line.clock.advance(10)
    assert resume(talk) == ["turn_accepted"]
    assert len(talk.line.executions.started) == 1
    talk.line.clock.advance(1)
    assert resume(talk) == ["turn_accepted"]
    assert len(talk.line.executions.started) == 2


def test_a_turn_that_can_no_longer_start_is_ended(talk: Conversation) -> None:
    talk.ask()
    limits = catalog.limits()
    talk.line.clock.advance(limits.vault_ttl_seconds - limits.hold_seconds + 1)
    assert resume(talk) == ["turn_failed"]
    assert (talk.turn.status, talk.turn.code) == ("ended", "turn_interrupted")
    assert len(talk.line.executions.started) == 1


def test_a_turn_whose_execution_died_is_ended_and_its_credits_are_back(talk: Conversation) -> None:
    talk.asked_and_reserved()
    talk.line.clock.advance(catalog.limits().hold_seconds)
    assert resume(talk) == ["turn_accepted"], "it may live yet"
    talk.line.clock.advance(1)
    assert resume(talk) == ["turn_failed"]
    assert talk.line.wallets.wallet(ACCOUNT).available == 1000


def test_a_late_execution_is_given_its_own_time(talk: Conversation) -> None:
    talk.ask()
    talk.line.clock.advance(200)
    talk.reserve()
    talk.line.clock.advance(200)
    assert resume(talk) == ["turn_accepted"]
    assert talk.turn.status == "running"


def test_a_growing_answer_comes_whole_as_it_is(talk: Conversation) -> None:
    talk.asked_and_reserved()
    told: list[Event] = []

    def before(said: str) -> None:
        if said == "one two ":
            talk.let_be_stored(said)
            told.extend(talk.line.resume(CALLER, talk.turn_id))

    talk.let_answer(Stepwise("one ", "two ", "three", before=before))
    talk.respond()
    (event,) = told
    assert event.type == "answer_resumed"
    assert (event.text, event.attempt, event.mate, event.model) == ("one two ", 1, "tavi", "mistral-small-latest")
    assert joined(talk) == {"laptop"}


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (errors.HarmRefused(), "turn_refused"),
        (errors.NotJudged(), "turn_refused"),
        (errors.TurnStopped(), "turn_stopped"),
        (errors.ProviderBusy(), "turn_failed"),
    ],
)
def test_a_turn_that_ended_says_so_again(talk: Conversation, error: errors.SealmateError, event: str) -> None:
    talk.asked_and_reserved()
    talk.line.end(talk.turn, error)
    (told,) = talk.line.resume(CALLER, talk.turn_id)
    assert told.type == event
    assert getattr(told, "code", error.code) == error.code
    assert joined(talk) == frozenset()


def test_a_finished_answer_comes_sealed_with_its_suggestions(talk: Conversation) -> None:
    talk.answered()
    (finished,) = talk.line.resume(CALLER, talk.turn_id)
    assert finished.type == "answer_finished"
    assert finished.answer == talk.record.answer
    talk.post_process()
    assert resume(talk) == ["answer_finished", "suggestions_made"]


def test_a_withheld_answer_stays_withheld(talk: Conversation) -> None:
    talk.answered()
    talk.line.chats.set_review(ACCOUNT, talk.chat.chat, talk.turn_id, code="answer_withheld", withhold=True, at=0)
    assert resume(talk) == ["answer_withheld"]


@pytest.mark.parametrize("call", range(7))
def test_an_answer_that_is_finished_while_someone_joins_reaches_them(call: int) -> None:
    """Before any call of `resume`, or after all: either it finds the answer, or the one that answers finds it joined."""
    interruptions = Interruptions()
    talk = Conversation(line=Line(between=interruptions.wrap)).asked_and_reserved()
    audience = talk.line.audience_of(talk.turn)
    audience.tell(TurnAccepted(turn_id=talk.turn_id, chat_id=talk.chat.chat))
    with interruptions.before_call(call, lambda: _answer(talk, audience)):
        told = resume(talk)
    if talk.turn.status == "running":
        _answer(talk, audience)
    assert "answer_finished" in told + talk.line.push.types("phone")


def _answer(talk: Conversation, audience: Audience) -> None:
    """To those it found when it began, before anyone resumed, and who joined since."""
    talk.respond(audience=audience)


def test_a_foreign_turn_is_not_found(talk: Conversation) -> None:
    talk.ask()
    stranger = Caller(connection_id="theirs", account_id="stranger", session_id="session")
    talk.line.connections.add(stranger, now=0)
    for act in (talk.line.resume, talk.line.stop):
        with pytest.raises(errors.TurnNotFound):
            act(stranger, talk.turn_id)
    assert talk.line.turns.stream(ACCOUNT, talk.turn_id) is None


# --- stop ---


@pytest.mark.parametrize("reserved", [False, True])
def test_a_turn_that_is_not_over_is_asked_to_stop(talk: Conversation, reserved: bool) -> None:
    talk.ask()
    if reserved:
        talk.reserve()
    talk.line.stop(CALLER, talk.turn_id)
    stream = talk.line.turns.stream(ACCOUNT, talk.turn_id)
    assert stream
    assert stream.stop


def test_stopping_what_is_over_changes_nothing(talk: Conversation) -> None:
    talk.asked_and_reserved()
    talk.line.end(talk.turn, errors.ProviderBusy())
    talk.line.stop(CALLER, talk.turn_id)
    assert talk.line.turns.stream(ACCOUNT, talk.turn_id) is None
    assert talk.turn.code == "provider_busy"
