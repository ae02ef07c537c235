"""Ids of other people's chats and turns lead nowhere, and a chat's key is never replaced."""

from typing import Any

import pytest

from sealmate_cli.asking import OpenChat
from sealmate_cli.crypto.chats import ChatKey
from sealmate_cli.errors import ClientError
from tests.e2e.hearing import Heard, ask
from tests.e2e.person import Person
from tests.e2e.playbook import Playbook, unique
from tests.e2e.stack import Stack
from tests.e2e.wire import Wire, message, new_id
from tests.scripted_model.scripts import ANSWER, Stream


@pytest.fixture
def theirs(stranger: Person) -> Heard:
    return ask(stranger.laptop, unique("Something private"))


@pytest.fixture
def wire(stack: Stack, person: Person) -> Any:
    with Wire(person.laptop, stack.url) as wire:
        yield wire


@pytest.mark.parametrize("action", ["stop", "resume"])
def test_a_foreign_turn_does_not_exist(wire: Wire, theirs: Heard, action: str) -> None:
    foreign = wire.refusal({"action": action, "turn_id": theirs.turn})
    unknown = wire.refusal({"action": action, "turn_id": new_id()})
    told = ("code", "message", "next_step")
    assert [foreign[each] for each in told] == [unknown[each] for each in told]
    assert (foreign["code"], foreign["turn_id"]) == ("turn_not_found", theirs.turn)
    assert wire.lives()


def test_a_foreign_answer_cannot_be_stopped(stack: Stack, wire: Wire, stranger: Person, playbook: Playbook) -> None:
    text = unique("Don't interrupt me")
    playbook.on(text).add(Stream(deltas=tuple(f"{n} " for n in range(50)), delay=0.05), to="stream")

    def meddle(event: Any) -> None:
        if event.type == "answer_extended" and event.seq == 2:
            assert wire.refusal({"action": "stop", "turn_id": event.turn_id})["code"] == "turn_not_found"

    heard = ask(stranger.laptop, text, on=meddle)
    assert heard.one("answer_finished").finish == "complete"
    assert len(heard.text.split()) == 50
    assert stack.holds(stranger.account) == []


def test_a_foreign_chat_takes_no_message_and_tells_nothing(
    stack: Stack, wire: Wire, person: Person, stranger: Person, theirs: Heard
) -> None:
    key = ChatKey(person.account, theirs.chat, 1, bytes(32))
    body = message(person.laptop, unique("Let me in"), OpenChat(key=key, stored=True))
    assert wire.refusal(body)["code"] == "chat_not_found"
    with pytest.raises(ClientError) as refused:
        person.laptop.turns(theirs.chat)
    assert refused.value.code == "chat_not_found"
    assert [turn.turn_id for turn in stranger.laptop.turns(theirs.chat)] == [theirs.turn]
    assert stack.holds(person.account) == []


def test_showing_a_foreign_chat_brings_none_of_its_events(wire: Wire, stranger: Person, theirs: Heard) -> None:
    wire.send({"action": "focus", "chat_id": theirs.chat})
    assert wire.lives()
    more = ask(stranger.laptop, unique("And more of it"), chat=theirs.chat)
    assert more.one("answer_finished").text == "".join(ANSWER.deltas)
    assert wire.lives()
    assert {event["type"] for event in wire.heard} == {"request_refused"}


def test_a_chat_keeps_its_key(stack: Stack, wire: Wire, person: Person) -> None:
    first = ask(person.laptop, unique("Mine"))
    other_key = OpenChat(key=ChatKey(person.account, first.chat, 1, bytes(range(32))), stored=False)
    refused = wire.refusal(message(person.laptop, unique("With another key"), other_key))
    assert refused["code"] == "chat_key_conflict"
    assert refused["next_step"]
    assert [turn.turn_id for turn in person.laptop.turns(first.chat)] == [first.turn]
    assert stack.holds(person.account) == []


def test_a_message_of_a_generation_that_is_not_the_chats_is_refused(wire: Wire, person: Person) -> None:
    first = ask(person.laptop, unique("Generation one"))
    next_key = OpenChat(key=ChatKey(person.account, first.chat, 2, bytes(range(32))), stored=True)
    assert wire.refusal(message(person.laptop, unique("Generation two"), next_key))["code"] == "wrong_epoch"
    assert [turn.turn_id for turn in person.laptop.turns(first.chat)] == [first.turn]
