"""A turn on the real state machine: what a person sees, what is stored, what it costs; and every way it can go wrong."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from sealmate import catalog, errors, wiring
from sealmate.billing.prices import cost, most
from tests.fakes.push import FakePush
from tests.pipeline.aws import handler
from tests.pipeline.person import Person, new_turn_id, settle_executions
from tests.scripted_model.scripts import READING, REVIEW, Fault, Garbage, Scripts, Silence, Stream, Structured

ANSWERED = [
    "turn_accepted",
    "credits_reserved",
    "message_read",
    "chat_titled",
    "answer_started",
    "answer_finished",
    "suggestions_made",
    "turn_charged",
]


def kinds(person: Person, turn: str) -> list[str]:
    """In order of arrival, deltas left out; the last two come from parallel branches, so in either order."""
    found = [kind for kind in (event.type for event in person.events(turn)) if kind != "answer_extended"]
    return found[:-2] + sorted(found[-2:])


def test_a_message_is_answered_sealed_and_charged(person: Person) -> None:
    chat = person.new_chat()
    turn = person.ask(chat, "How do I boil an egg?")

    assert kinds(person, turn) == ANSWERED
    text = "".join(e.delta for e in person.events(turn) if e.type == "answer_extended")
    assert text == "Gladly: here is an answer."
    assert person.open_answer(chat, turn) == text
    assert chat.open_title(person.last(turn, "chat_titled").title) == READING["title"]
    record = person.record(chat, turn)
    assert record.answer
    assert record.suggestions
    assert chat.open_suggestions(record.suggestions, turn=turn, answer=record.answer) == REVIEW["suggestions"]
    price = cost("mistral-small-latest", input_tokens=20, output_tokens=7)
    assert [row.credits for row in person.charges()] == [price]
    assert (person.wallet().available, person.wallet().held) == (1000 - price, 0)
    assert person.last(turn, "turn_charged").available == 1000 - price
    assert record.outcome == "answered"
    assert record.credits == price


def test_deltas_are_numbered_without_gaps(person: Person, scripts: Scripts) -> None:
    scripts.add(Stream(deltas=tuple("abcdefghij"), delay=0.03), to="stream")
    turn = person.ask(person.new_chat(), "Count")
    frames = [e for e in person.events(turn) if e.type == "answer_extended"]
    assert [f.seq for f in frames] == list(range(1, len(frames) + 1))
    assert "".join(f.delta for f in frames) == "abcdefghij"
    assert len(frames) < 10, "frames are gathered, not sent a token each"


def test_nothing_of_a_turn_stays_in_flight(person: Person) -> None:
    turn = person.ask(person.new_chat(), "Forget me")
    keys = {
        item["sk"]["S"]
        for item in boto3.client("dynamodb").scan(TableName="TurnsTable")["Items"]
        if turn in item["pk"]["S"]
    }
    assert keys == {"TURN"}


def test_execution_history_holds_no_words(person: Person) -> None:
    person.ask(person.new_chat(), "Zebrafinch question")
    client = boto3.client("stepfunctions")
    arn = settle_executions()[0]["executionArn"]
    pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
    history = json.dumps([page["events"] for page in pages], default=str) + json.dumps(
        client.describe_execution(executionArn=arn), default=str
    )
    for words in ("Zebrafinch", "Gladly", READING["title"], REVIEW["suggestions"][0]):
        assert words not in history


def test_asking_twice_answers_and_charges_once(person: Person) -> None:
    chat = person.new_chat()
    turn = person.ask(chat, "Once")
    person.ask(chat, "Once", turn=turn)
    assert [e.type for e in person.events(turn)].count("answer_started") == 1
    assert len(person.charges()) == 1
    assert person.events(turn)[-2].type == "answer_finished", "the second ask is told how the first ended"


def test_a_second_execution_of_a_turn_does_nothing(person: Person) -> None:
    turn = person.ask(person.new_chat(), "Once")
    before = (person.wallet(), len(person.charges()))
    row = wiring.turns().turn(person.account, turn)
    ids = {name: getattr(row, name) for name in ("account_id", "turn_id", "chat_id", "connection_id", "characters")}
    client = boto3.client("stepfunctions")
    arn = client.describe_state_machine(stateMachineArn=settle_executions()[0]["stateMachineArn"])["stateMachineArn"]
    client.start_execution(stateMachineArn=arn, name="again", input=json.dumps(ids))
    assert settle_executions()[0]["status"] == "SUCCEEDED"
    assert (person.wallet(), len(person.charges())) == before
    assert [e.type for e in person.events(turn)].count("answer_started") == 1


def test_the_next_message_needs_no_history(person: Person, scripts: Scripts) -> None:
    chat = person.new_chat()
    first = person.ask(chat, "My name is Ada")
    second = person.ask(chat, "What is my name?", history="cached", chat_key=None, parent=person.parent_of(chat, first))
    assert "answer_finished" in kinds(person, second)
    assert "chat_titled" not in kinds(person, second)
    asked = [a for a in scripts.asked if a.kind == "stream"][-1]
    assert [m.text for m in asked.messages[1:]] == ["My name is Ada", "Gladly: here is an answer.", "What is my name?"]


def test_history_that_is_not_cached_is_asked_for_and_nothing_starts(person: Person) -> None:
    chat = person.new_chat()
    first = person.ask(chat, "Hello")
    wiring.history_cache().forget(person.account, chat.chat)
    body = person.message(chat, "And now?", history="cached", chat_key=None, parent=person.parent_of(chat, first))
    person.send(body)
    assert person.last(body["turn_id"], "request_refused").code == "history_not_cached"
    person.send({**body, "history": [{"role": "user", "text": "Hello"}]})
    settle_executions()
    assert person.last(body["turn_id"], "answer_finished")


def test_another_devices_connection_follows_or_is_noticed(person: Person) -> None:
    chat = person.new_chat()
    person.connect("beside")
    person.connect("elsewhere")
    person.send({"action": "focus", "chat_id": chat.chat}, route="focus", connection="beside")
    turn = person.ask(chat, "Everyone listening?")
    told = person.push.types("beside")
    assert "answer_started" in told
    assert "answer_finished" in told
    elsewhere = [(e.type, getattr(e, "turn_id", None)) for e in person.push.to("elsewhere")]
    changed = ("chat_changed", None)  # told while the turn begins, so in no order to what the turn tells
    assert elsewhere.count(changed) == 1
    assert [told for told in elsewhere if told != changed] == [("chat_titled", turn), ("chat_answered", turn)]


@pytest.mark.parametrize("harm", [7, 8, 10])
def test_harm_is_refused_humanely_and_without_charge(person: Person, scripts: Scripts, harm: int) -> None:
    scripts.add(Structured(content={**READING, "harm": harm}))
    chat = person.new_chat()
    turn = person.ask(chat, "Something terrible")
    refused = person.last(turn, "turn_refused")
    assert refused.code == "harm_refused"
    assert refused.message
    assert refused.next_step
    assert not [a for a in scripts.asked if a.kind == "stream"], "no answer was asked of a model"
    assert (person.wallet().available, person.wallet().held, person.charges()) == (1000, 0, [])
    assert (person.record(chat, turn).outcome, person.record(chat, turn).code) == ("refused", "harm_refused")


def test_a_score_that_cannot_be_read_is_asked_again_then_of_a_second_model(person: Person, scripts: Scripts) -> None:
    without_score = {name: value for name, value in READING.items() if name != "harm"}
    scripts.add(Structured(content="not json"), Structured(content=without_score), to="Reading")
    turn = person.ask(person.new_chat(), "Read me")
    assert person.last(turn, "answer_finished")
    judges = [choice.model for choice in catalog.judges("mistral")]
    assert [a.model for a in scripts.asked if a.kind == "Reading"] == [judges[0], judges[0], judges[1]]


def test_a_message_nobody_can_judge_is_refused_politely(person: Person, scripts: Scripts) -> None:
    scripts.add(*[Structured(content={**READING, "harm": 11})] * 3, to="Reading")
    turn = person.ask(person.new_chat(), "Read me")
    assert person.last(turn, "turn_refused").code == "not_judged"
    assert (person.wallet().available, person.wallet().held) == (1000, 0)


def test_too_few_credits_says_how_many_are_missing(aws: None, push: FakePush, scripts: Scripts) -> None:  # noqa: ARG001
    poor = Person(push=push, credits=1).sign_in()
    turn = poor.ask(poor.new_chat(), "Hello")
    failed = poor.last(turn, "turn_failed")
    assert failed.code == "insufficient_credits"
    assert failed.missing_credits > 0
    assert scripts.asked == [], "no model was asked"
    assert (poor.wallet().available, poor.wallet().held) == (1, 0)


def test_an_account_without_credits_stores_nothing(aws: None, push: FakePush) -> None:  # noqa: ARG001
    broke = Person(push=push, credits=0).sign_in()
    chat = broke.new_chat()
    body = broke.message(chat, "Hello")
    broke.send(body)
    refused = broke.last(body["turn_id"], "request_refused")
    assert (refused.code, refused.missing_credits) == ("insufficient_credits", 1)
    with pytest.raises(errors.TurnNotFound):
        wiring.turns().turn(broke.account, body["turn_id"])


def test_an_account_that_asks_without_end_is_told_to_wait(person: Person) -> None:
    minute = wiring.clock().now() // 60
    for next_minute in (minute, minute + 1):
        for _ in range(catalog.limits().asks_per_minute):
            wiring.turns().count_ask(person.account, minute=next_minute)
    body = person.message(person.new_chat(), "Once more")
    person.send(body)
    refused = person.last(body["turn_id"], "request_refused")
    assert refused.code == "too_many_tries"
    assert 1 <= refused.retry_after <= 60


def test_asking_again_is_safe_even_without_credits_left(aws: None, push: FakePush) -> None:  # noqa: ARG001
    person = Person(push=push, credits=most("mistral", characters=5)).sign_in()
    chat = person.new_chat()
    body = person.message(chat, "Hello")

    def ask_again(_connection: str, event: object) -> None:
        if getattr(event, "type", "") == "credits_reserved":
            person.push.on_send = lambda _connection, _event: None
            assert person.wallet().available == 0
            person.send(body)

    person.push.on_send = ask_again
    person.send(body)
    settle_executions()
    assert "request_refused" not in [event.type for event in person.events()]
    assert len(person.charges()) == 1


def test_harm_at_the_end_of_a_long_message_is_found(person: Person, scripts: Scripts) -> None:
    scripts.add(Structured(content=READING), Structured(content={**READING, "harm": 9}), to="Reading")
    long = "All is well. " * 1_000 + "And now something terrible."
    turn = person.ask(person.new_chat(), long)
    assert person.last(turn, "turn_refused").code == "harm_refused"
    read = [asked.text for asked in scripts.asked if asked.kind == "Reading"]
    assert "".join(text.removeprefix("Message: ") for text in read) == long, "no part is left out"


def test_a_turn_is_never_older_than_its_parent(person: Person) -> None:
    chat = person.new_chat()
    older = "01900000-0000-7000-8000-000000000000"
    first = person.ask(chat, "First")
    body = person.message(chat, "Second", turn=older, chat_key=None, parent=person.parent_of(chat, first))
    person.send(body)
    assert person.last(older, "request_refused").code == "invalid_record"


def test_a_duplicate_execution_that_fails_leaves_the_live_one_alone(person: Person, scripts: Scripts) -> None:
    """Express executions run at least once; a second one may stumble where the first did not."""
    scripts.add(Stream(deltas=("word ",) * 20, delay=0.05), to="stream")
    chat = person.new_chat()
    body = person.message(chat, "Twice")
    outcomes: list[object] = []

    def stumble(_connection: str, event: object) -> None:
        if getattr(event, "type", "") != "answer_started" or outcomes:
            return
        row = wiring.turns().turn(person.account, body["turn_id"])
        ids = {n: getattr(row, n) for n in ("account_id", "turn_id", "chat_id", "connection_id")}
        failure = {"Error": "ProviderBusy", "Cause": "{}"}
        outcomes.append(handler("turn_failed")({**ids, "execution_id": "another", "failure": failure}, None))
        with pytest.raises(errors.TurnAlreadyRunning):
            handler("turn_failed")({**ids, "execution_id": row.execution_id, "failure": failure}, None)

    person.push.on_send = stumble
    person.send(body)
    settle_executions()
    assert outcomes == [{"code": "turn_already_running"}]
    assert person.open_answer(chat, body["turn_id"]) == "word " * 20
    assert len(person.charges()) == 1


def test_the_price_is_that_of_the_day_the_answer_was_made(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from sealmate.turns import answer

    monkeypatch.setattr(answer, "cost", lambda *_, **__: 2)
    person.ask(person.new_chat(), "Hello")
    assert [row.credits for row in person.charges()] == [2]


@pytest.mark.parametrize(
    "trouble",
    [Fault(status=429), Fault(status=500), Silence(), Stream(deltas=("half ", "an "), fault="cut")],
)
def test_a_provider_in_trouble_is_tried_again(
    person: Person, scripts: Scripts, trouble: Fault | Silence | Stream
) -> None:
    scripts.add(trouble, to="stream")
    chat = person.new_chat()
    turn = person.ask(chat, "Try twice")
    started = [e.attempt for e in person.events(turn) if e.type == "answer_started"]
    assert started == [1, 2]
    assert person.open_answer(chat, turn) == "Gladly: here is an answer."
    assert len(person.charges()) == 1


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (Fault(status=429), "provider_busy"),
        (Fault(status=503), "provider_unavailable"),
        (Fault(status=401), "provider_refused"),
        (Fault(status=404), "model_missing"),
        (Garbage(), "provider_garbled"),
    ],
)
def test_a_provider_that_stays_in_trouble_costs_nothing(
    person: Person, scripts: Scripts, trouble: Fault | Garbage, code: str
) -> None:
    scripts.add(*[trouble] * 3, to="stream")
    chat = person.new_chat()
    turn = person.ask(chat, "Fail")
    failed = person.last(turn, "turn_failed")
    assert failed.code == code
    assert failed.next_step
    assert (person.wallet().available, person.wallet().held, person.charges()) == (1000, 0, [])
    assert person.record(chat, turn).outcome == "failed"


class Broken:
    """Whatever is asked of it, it fails with a person's words in its mouth."""

    def __getattr__(self, name: str) -> Any:
        def explode(*_: object, **__: object) -> None:
            raise LookupError("the secret words")

        return explode


def test_a_cache_that_fails_takes_nothing_from_the_answer(person: Person) -> None:
    wiring.override(history_cache=Broken())
    chat = person.new_chat()
    turn = person.ask(chat, "Hello")
    assert person.open_answer(chat, turn)
    assert len(person.charges()) == 1
    assert person.last(turn, "suggestions_made")


def test_an_unexpected_fault_has_a_code_and_tells_no_words(person: Person, capsys: pytest.CaptureFixture[str]) -> None:
    wiring.override(models=Broken())
    chat = person.new_chat()
    turn = person.ask(chat, "Explode")
    assert person.last(turn, "turn_failed").code == "internal"
    assert (person.wallet().available, person.wallet().held) == (1000, 0)
    assert "secret words" not in json.dumps(settle_executions()[0], default=str)
    assert "secret words" not in capsys.readouterr().out


def test_stop_ends_the_answer_and_pays_for_what_was_produced(person: Person, scripts: Scripts) -> None:
    scripts.add(Stream(deltas=("word ",) * 100, delay=0.05), to="stream")
    chat = person.new_chat()
    body = person.message(chat, "Go on for ever")

    def stop(_connection: str, event: object) -> None:
        if getattr(event, "type", "") == "answer_extended" and getattr(event, "seq", 0) == 2:
            person.send({"action": "stop", "turn_id": body["turn_id"]}, route="stop")

    person.push.on_send = stop
    person.send(body)
    settle_executions()
    turn = body["turn_id"]
    assert person.last(turn, "answer_finished").finish == "stopped"
    words = person.open_answer(chat, turn).split()
    assert 2 <= len(words) < 100
    assert person.charges()[0].output_tokens == len(words)
    assert person.wallet().held == 0


def test_stop_before_anything_was_produced_costs_nothing(person: Person) -> None:
    chat = person.new_chat()
    body = person.message(chat, "Never mind")

    def stop(_connection: str, event: object) -> None:
        if getattr(event, "type", "") == "credits_reserved":
            person.send({"action": "stop", "turn_id": body["turn_id"]}, route="stop")

    person.push.on_send = stop
    person.send(body)
    settle_executions()
    assert kinds(person, body["turn_id"])[-1] == "turn_stopped" or "turn_stopped" in kinds(person, body["turn_id"])
    assert (person.wallet().available, person.wallet().held, person.charges()) == (1000, 0, [])
    assert person.record(chat, body["turn_id"]).outcome == "stopped"


def test_a_connection_that_comes_back_gets_the_text_so_far_and_the_rest(person: Person, scripts: Scripts) -> None:
    scripts.add(Stream(deltas=tuple(f"{n} " for n in range(60)), delay=0.05), to="stream")
    chat = person.new_chat()
    body = person.message(chat, "Count slowly")
    person.connect("again")
    resumed: list[bool] = []

    def drop_and_resume(_connection: str, event: object) -> None:
        if getattr(event, "type", "") == "answer_extended" and getattr(event, "seq", 0) == 16 and not resumed:
            resumed.append(True)
            person.push.gone.add(person.connection)
            ask = {"action": "resume", "turn_id": body["turn_id"], "attempt": 1, "seq": 3}
            person.send(ask, route="resume", connection="again")

    person.push.on_send = drop_and_resume
    person.send(body)
    settle_executions()
    text, seq = "", 0
    for event in person.push.to("again"):
        if event.type == "answer_resumed":
            text, seq = event.text, event.seq
        elif event.type == "answer_extended" and event.seq == seq + 1:
            text, seq = text + event.delta, event.seq
    assert text == "".join(f"{n} " for n in range(60))
    assert person.push.types("again")[-1] in ("suggestions_made", "turn_charged")


def test_resuming_a_finished_turn_gives_its_sealed_answer(person: Person) -> None:
    chat = person.new_chat()
    turn = person.ask(chat, "Hello")
    person.connect("later")
    person.send({"action": "resume", "turn_id": turn, "attempt": 0, "seq": 0}, route="resume", connection="later")
    assert person.push.types("later") == ["answer_finished", "suggestions_made"]


def test_resuming_a_refused_turn_says_so_again(person: Person, scripts: Scripts) -> None:
    scripts.add(Structured(content={**READING, "harm": 9}))
    turn = person.ask(person.new_chat(), "Terrible")
    person.connect("later")
    person.send({"action": "resume", "turn_id": turn}, route="resume", connection="later")
    (told,) = person.push.to("later")
    assert (told.type, told.code) == ("turn_refused", "harm_refused")


@pytest.mark.parametrize("misuse", [6, 8])
def test_a_doubtful_answer_is_annotated_and_leads_no_further(person: Person, scripts: Scripts, misuse: int) -> None:
    scripts.add(Structured(content={**REVIEW, "misuse": misuse}), to="Review")
    chat = person.new_chat()
    turn = person.ask(chat, "Hm")
    assert person.last(turn, "answer_annotated").code == "possible_misuse"
    assert person.record(chat, turn).answer
    assert person.record(chat, turn).suggestions is None


def test_a_harmful_answer_is_taken_back(person: Person, scripts: Scripts) -> None:
    scripts.add(Structured(content={**REVIEW, "misuse": 9}), to="Review")
    chat = person.new_chat()
    turn = person.ask(chat, "Hm")
    assert person.last(turn, "answer_withheld").code == "answer_withheld"
    record = person.record(chat, turn)
    assert (record.outcome, record.answer, record.suggestions) == ("withheld", None, None)
    assert wiring.history_cache().get(person.account, chat.chat) is None


def test_an_answer_nobody_can_judge_is_marked(person: Person, scripts: Scripts) -> None:
    scripts.add(*[Structured(content="?")] * 3, to="Review")
    turn = person.ask(person.new_chat(), "Hm")
    assert person.last(turn, "answer_annotated").code == "unchecked"
    assert person.last(turn, "turn_charged")


def test_post_processing_that_fails_takes_nothing_from_the_answer(person: Person, scripts: Scripts) -> None:
    scripts.add(*[Fault(status=500)] * 9, to="Review")
    chat = person.new_chat()
    turn = person.ask(chat, "Hm")
    assert person.open_answer(chat, turn)
    assert person.last(turn, "answer_annotated").code == "unchecked"
    assert person.wallet().held == 0
    assert len(person.charges()) == 1


def test_a_hold_whose_execution_died_is_swept(person: Person) -> None:
    """The execution is killed after BillingPrecheck: the hold stays until the sweeper finds it."""
    wiring.override(execute=lambda _turn: None)
    chat = person.new_chat()
    body = person.message(chat, "Dies")
    person.send(body)
    row = wiring.turns().turn(person.account, body["turn_id"])
    stage = {n: getattr(row, n) for n in ("account_id", "turn_id", "chat_id", "connection_id", "characters")}
    handler("turn_billing_precheck")({**stage, "execution_id": "x"}, None)
    assert person.wallet().held > 0

    assert handler("job_sweep_holds")({}, None) == {"ended": 0, "failed": 0}, "its deadline has not passed"
    far = wiring.clock().now() + 1_000
    assert handler("job_sweep_holds")({"died_before": far}, None) == {"ended": 1, "failed": 0}
    assert (person.wallet().available, person.wallet().held) == (1000, 0)
    assert person.last(body["turn_id"], "turn_failed").code == "turn_interrupted"
    assert handler("job_sweep_holds")({"died_before": far}, None) == {"ended": 0, "failed": 0}


def test_a_hold_of_an_answered_turn_is_settled_by_the_sweeper(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def never_settles(*_: object, **__: object) -> bool:
        raise RuntimeError("the table is away")

    settle = wiring.wallets().settle
    monkeypatch.setattr(wiring.wallets(), "settle", never_settles)
    chat = person.new_chat()
    turn = person.ask(chat, "Answered but not billed")
    assert wiring.turns().turn(person.account, turn).status == "answered"
    assert person.wallet().held > 0
    monkeypatch.setattr(wiring.wallets(), "settle", settle)
    assert handler("job_sweep_holds")({"died_before": wiring.clock().now() + 9}, None)["ended"] == 1
    assert person.wallet().held == 0
    assert len(person.charges()) == 1
    assert person.open_answer(chat, turn)
    assert wiring.turns().stream(person.account, turn) is None, "what was in flight is gone"


def test_foreign_turns_lead_nowhere(person: Person, push: FakePush) -> None:
    turn = person.ask(person.new_chat(), "Mine")
    stranger = Person(push=push).sign_in()
    for route in ("stop", "resume"):
        stranger.send({"action": route, "turn_id": turn}, route=route)
        assert stranger.last(turn, "request_refused").code == "turn_not_found"
    unknown = new_turn_id()
    stranger.send({"action": "resume", "turn_id": unknown}, route="resume")
    assert stranger.last(unknown, "request_refused").code == "turn_not_found"


def test_foreign_chats_lead_nowhere(person: Person, push: FakePush) -> None:
    chat = person.new_chat()
    person.ask(chat, "Mine")
    stranger = Person(push=push).sign_in()
    body = stranger.message(chat, "Let me in", chat_key=None)
    stranger.send(body)
    assert stranger.last(body["turn_id"], "request_refused").code == "chat_not_found"
