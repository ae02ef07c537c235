"""A message from one device to the model and back, and to storage and back: charged as it was used, whole to the last character."""

import json

from sealmate.catalog import limits
from tests.e2e.conftest import PROVIDER_KEY
from tests.e2e.hearing import ask
from tests.e2e.person import Person
from tests.e2e.playbook import Playbook, unique
from tests.e2e.stack import Stack
from tests.e2e.wire import Wire, message
from tests.scripted_model.scripts import ANSWER, READING, REVIEW, Stream

STRANGE = 'NUL \x00, line \u2028, right \u202e to left, 🐦‍⬛, e\u0301, {"action": "stop"}, ${jndi:x}, <script>, \\ud800, \ufeff'


def test_it_is_answered_and_charged_and_read_again_elsewhere(person: Person) -> None:
    before = person.laptop.wallet()
    heard = ask(person.laptop, unique("How do I boil an egg?"))

    stages = ["turn_accepted", "credits_reserved", "message_read", "chat_titled", "answer_started", "answer_finished"]
    assert heard.kinds[:6] == stages
    assert sorted(heard.kinds[6:]) == ["suggestions_made", "turn_charged"]
    assert heard.one("answer_finished").text == heard.text == "".join(ANSWER.deltas)
    charged = heard.one("turn_charged")
    after = person.laptop.wallet()
    assert (after.available, after.held) == (before.available - charged.credits, 0)
    (turn,) = person.device().turns(heard.chat)
    assert (turn.answer, turn.suggestions, turn.trouble) == (heard.text, REVIEW["suggestions"], None)


def test_the_provider_is_shown_its_key(person: Person, playbook: Playbook) -> None:
    text = unique("Who is asking?")
    scripts = playbook.on(text)
    ask(person.laptop, text)
    assert {asked.secret for asked in scripts.asked} == {PROVIDER_KEY}


def test_any_text_arrives_as_it_was_written(person: Person, playbook: Playbook) -> None:
    text = unique(STRANGE)
    scripts = playbook.on(text)
    scripts.add(Stream(deltas=tuple(STRANGE), piece=3), to="stream")
    heard = ask(person.laptop, text)
    assert heard.one("answer_finished").text == heard.text == STRANGE
    assert [asked.text for asked in scripts.asked if asked.kind == "stream"] == [text]
    (read,) = person.device().turns(heard.chat)
    assert (read.text, read.answer, read.trouble) == (text, STRANGE, None)


def test_the_longest_message_is_answered(person: Person, playbook: Playbook) -> None:
    words = unique("long")
    text = words + "ü" * (limits().message_characters - len(words))
    scripts = playbook.on(words)
    heard = ask(person.laptop, text)
    assert heard.one("answer_finished").text == "".join(ANSWER.deltas)
    assert [len(asked.text) for asked in scripts.asked if asked.kind == "stream"] == [len(text)]


def test_the_next_message_needs_no_history(stack: Stack, person: Person, playbook: Playbook) -> None:
    first, second = unique("My name is Ada"), unique("What is my name?")
    scripts = playbook.on(second)
    begun = ask(person.laptop, first)
    body = message(person.laptop, second, person.laptop.open_chat(begun.chat), history="cached")
    assert first not in json.dumps(body)
    with Wire(person.laptop, stack.url) as wire:
        wire.send(body)
        wire.hear("answer_finished")
        wire.hear("turn_charged")
    (asked,) = [asked for asked in scripts.asked if asked.kind == "stream"]
    assert [said.text for said in asked.messages[1:]] == [first, "".join(ANSWER.deltas), second]


def test_the_title_is_made_once(person: Person) -> None:
    first = ask(person.laptop, unique("A first message"))
    second = ask(person.laptop, unique("A second one"), chat=first.chat)
    assert "chat_titled" not in second.kinds
    assert [chat.title for chat in person.laptop.chats() if chat.chat_id == first.chat] == [READING["title"]]
