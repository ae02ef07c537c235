"""kill -9 of the whole cloud at the worst moments, and `make up` again: nobody loses a credit or a word, and the client is told."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sealmate_cli.wire.events import AnswerExtended
from sealmate_cli.wire.http import LedgerRow
from tests.e2e.hearing import Heard, ask, ask_over
from tests.e2e.person import AFTER_CRASH, Person
from tests.e2e.playbook import Playbook, unique
from tests.e2e.stack import Stack
from tests.scripted_model.scripts import ANSWER, Stream

SLOW = Stream(deltas=tuple(f"word-{n} " for n in range(400)), delay=0.05)


@pytest.fixture(scope="module")
def survivor(mortal_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Any:
    person = Person(url=mortal_stack.url, home=tmp_path_factory.mktemp("survivor"), patience=AFTER_CRASH).sign_up()
    yield person
    person.close()


def test_killed_in_the_middle_of_an_answer_nothing_is_charged_and_the_client_is_told(
    mortal_stack: Stack, survivor: Person, playbook: Playbook
) -> None:
    text = unique("A long story, please")
    playbook.on(text).add(SLOW, to="stream")
    before = survivor.laptop.wallet()

    def amid(event: Any) -> bool:
        return isinstance(event, AnswerExtended) and event.seq == 16

    heard = _ask_and_crash(mortal_stack, survivor, text, amid)

    assert "connection_dropped" in heard.kinds
    failed = heard.one("turn_failed")
    assert failed.code == "turn_interrupted"
    assert failed.next_step
    assert heard.kinds[-1] == "turn_failed"
    assert survivor.laptop.wallet() == before
    assert not mortal_stack.holds()
    assert not _charges(survivor, heard)
    (read,) = survivor.laptop.turns(heard.chat)
    assert (read.text, read.answer, read.outcome, read.trouble) == (text, None, "failed", None)

    again = ask(survivor.laptop, unique("Then a short one"), chat=heard.chat)
    assert again.one("answer_finished").text == "".join(ANSWER.deltas)
    assert len(_charges(survivor, again)) == 1
    assert [turn.outcome for turn in survivor.laptop.turns(heard.chat)] == ["failed", "answered"]


@pytest.mark.parametrize("moment", ["turn_accepted", "credits_reserved", "message_read"])
def test_killed_before_there_was_an_answer_it_is_given_back_or_answered_once(
    mortal_stack: Stack, survivor: Person, moment: str
) -> None:
    before = survivor.laptop.wallet().available
    heard = _ask_and_crash(mortal_stack, survivor, unique("Hold on"), lambda event: event.type == moment)

    assert not mortal_stack.holds()
    wallet = survivor.laptop.wallet()
    (read,) = survivor.laptop.turns(heard.chat)
    if read.outcome == "answered":
        (charge,) = _charges(survivor, heard)
        assert (wallet.available, wallet.held) == (before - charge.credits, 0)
        assert heard.one("answer_finished").text == read.answer
    else:
        assert heard.one("turn_failed").code == "turn_interrupted"
        assert (wallet.available, wallet.held) == (before, 0)
        assert not _charges(survivor, heard)
        assert (read.outcome, read.code) == ("failed", "turn_interrupted")


def test_killed_once_the_answer_was_given_it_is_charged_exactly_once(mortal_stack: Stack, survivor: Person) -> None:
    before = survivor.laptop.wallet().available
    heard = _ask_and_crash(mortal_stack, survivor, unique("And done"), lambda event: event.type == "answer_finished")

    assert not mortal_stack.holds()
    (charge,) = _charges(survivor, heard)
    wallet = survivor.laptop.wallet()
    assert (wallet.available, wallet.held) == (before - charge.credits, 0)
    assert heard.one("turn_charged").credits == charge.credits
    (read,) = survivor.laptop.turns(heard.chat)
    assert (read.answer, read.outcome, read.trouble) == ("".join(ANSWER.deltas), "answered", None)


def test_what_was_said_before_the_crashes_is_read_on_a_new_device(mortal_stack: Stack, survivor: Person) -> None:
    chats = survivor.laptop.chats()
    assert chats, mortal_stack.place
    new = survivor.device()
    for chat in chats:
        turns = new.turns(chat.chat_id)
        assert turns
        assert [turn.trouble for turn in turns] == [None] * len(turns)


def _ask_and_crash(stack: Stack, person: Person, text: str, at: Callable[[Any], bool]) -> Heard:
    """Follows the message on one device through the crash, which comes at the first event that `at` chooses."""
    restarting: list[asyncio.Task[str]] = []

    async def crash(event: Any) -> None:
        if not restarting and at(event):
            stack.kill()
            restarting.append(asyncio.create_task(asyncio.to_thread(stack.up)))

    async def following() -> Heard:
        async with person.laptop.connect() as connection:
            heard = await ask_over(connection, text, on=crash)
            assert restarting, f"the moment never came: {heard.kinds}"
            await restarting[0]
            return heard

    return asyncio.run(following())


def _charges(person: Person, heard: Heard) -> list[LedgerRow]:
    return [row for row in person.laptop.ledger() if row.turn_id == heard.turn and row.kind == "charge"]
