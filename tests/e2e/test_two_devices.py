"""Several devices of one person at once: who hears what, who may stop, and who comes back to a stream."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from sealmate_cli.socket import Dial, Socket, dial_server
from sealmate_cli.wire.http import LedgerRow
from tests.e2e.hearing import ask
from tests.e2e.person import Person
from tests.e2e.playbook import Playbook, unique
from tests.e2e.stack import Stack, wait_until
from tests.e2e.wire import Wire, message, new_chat
from tests.scripted_model.scripts import ANSWER, Silence, Stream

SLOW = Stream(deltas=tuple(f"word-{n} " for n in range(60)), delay=0.06)
SLOW_TEXT = "".join(SLOW.deltas)
ENDLESS = Stream(deltas=("and ",) * 2000, delay=0.05)


def test_a_device_that_shows_the_chat_hears_the_same_and_others_only_that_it_was_answered(
    stack: Stack, person: Person, playbook: Playbook
) -> None:
    beside, elsewhere = person.device(), person.device()
    text = unique("Everyone listening?")
    playbook.on(text).add(SLOW, to="stream")
    laptop = person.laptop
    chat = new_chat(laptop)
    with Wire(laptop, stack.url) as asker, Wire(beside, stack.url) as watcher, Wire(elsewhere, stack.url) as other:
        watcher.send({"action": "focus", "chat_id": chat.key.chat})
        other.send({"action": "focus", "chat_id": new_chat(laptop).key.chat})
        wait_until(lambda: _focused(stack, person) >= 2, "both devices show their chats")
        body = message(laptop, text, chat)
        asker.send(body)
        turn = body["turn_id"]
        for wire in (asker, watcher):
            wire.hear("suggestions_made", turn_id=turn)
            wire.hear("turn_charged", turn_id=turn)
        assert _streamed(asker, turn) == _streamed(watcher, turn)
        assert "".join(delta for _, delta in _streamed(watcher, turn)) == SLOW_TEXT
        other.hear("chat_answered", turn_id=turn)
        assert other.lives()
        assert other.kinds(turn) == ["chat_titled", "chat_answered"]
    (read,) = beside.turns(chat.key.chat)
    assert (read.text, read.answer) == (text, SLOW_TEXT)


def test_a_dropped_socket_comes_back_and_the_text_is_whole(person: Person, playbook: Playbook) -> None:
    text = unique("Count slowly")
    playbook.on(text).add(SLOW, to="stream")
    sockets: list[Socket] = []
    client = person.device(dial=_remembering(person.url, sockets))

    def drop(event: object) -> None:
        if getattr(event, "type", "") == "answer_extended" and getattr(event, "seq", 0) == 16 and len(sockets) == 1:
            sockets[0]._connection.transport.abort()  # type: ignore[attr-defined]

    heard = ask(client, text, on=drop)
    assert len(sockets) == 2
    assert "connection_dropped" in heard.kinds
    assert heard.text == SLOW_TEXT
    finished = heard.one("answer_finished")
    assert (finished.text, finished.streamed) == (SLOW_TEXT, "equal")
    assert len(_charges(person, heard.turn)) == 1


def test_another_device_stops_the_answer_and_what_was_produced_is_paid(
    stack: Stack, person: Person, playbook: Playbook
) -> None:
    text = unique("Go on for ever")
    playbook.on(text).add(ENDLESS, to="stream")
    with Wire(person.device(), stack.url) as other:

        def stop(event: object) -> None:
            if getattr(event, "type", "") == "answer_extended" and getattr(event, "seq", 0) == 3:
                other.send({"action": "stop", "turn_id": getattr(event, "turn_id", "")})

        heard = ask(person.laptop, text, on=stop)
    finished = heard.one("answer_finished")
    assert finished.finish == "stopped"
    assert finished.text == heard.text
    assert 3 <= len(heard.text.split()) < len(ENDLESS.deltas)
    (charge,) = _charges(person, heard.turn)
    assert charge.output_tokens == len(heard.text.split())
    assert person.laptop.wallet().held == 0


def test_a_silent_model_can_be_stopped_and_costs_nothing(stack: Stack, person: Person, playbook: Playbook) -> None:
    text = unique("Say nothing")
    scripts = playbook.on(text)
    scripts.add(Silence(), to="stream")
    before = person.laptop.wallet()
    body = message(person.laptop, text)
    with Wire(person.laptop, stack.url) as wire:
        wire.send(body)
        wire.hear("answer_started")
        wait_until(lambda: [asked for asked in scripts.asked if asked.kind == "stream"], "the model was asked")
        wire.send({"action": "stop", "turn_id": body["turn_id"]})
        wire.hear("turn_stopped", turn_id=body["turn_id"], seconds=40)
    assert person.laptop.wallet() == before
    (read,) = person.laptop.turns(body["chat_id"])
    assert (read.text, read.answer, read.outcome) == (text, None, "stopped")


def test_ten_asks_of_one_message_at_once_are_one_answer_and_one_charge(
    stack: Stack, person: Person, playbook: Playbook
) -> None:
    text = unique("Only once, please")
    scripts = playbook.on(text)
    before = person.laptop.wallet().available
    body = message(person.laptop, text)
    with ExitStack() as opened, ThreadPoolExecutor(10) as at_once:
        wires = [opened.enter_context(Wire(person.laptop, stack.url)) for _ in range(10)]
        list(at_once.map(lambda wire: wire.send(body), wires))
        ends = list(at_once.map(lambda wire: wire.hear("answer_finished", turn_id=body["turn_id"]), wires))
    assert len({end["answer"] for end in ends}) == 1
    wait_until(lambda: not stack.holds(person.account), "the turn is paid")
    assert [asked.kind for asked in scripts.asked].count("stream") == 1
    (charge,) = _charges(person, body["turn_id"])
    assert person.laptop.wallet().available == before - charge.credits
    (read,) = person.laptop.turns(body["chat_id"])
    assert read.answer == "".join(ANSWER.deltas)


def test_asking_again_after_the_end_tells_the_end_and_charges_nothing(stack: Stack, person: Person) -> None:
    body = message(person.laptop, unique("Once is enough"))
    with Wire(person.laptop, stack.url) as wire:
        wire.send(body)
        first = wire.hear("answer_finished")
        wire.hear("turn_charged")
        wallet = person.laptop.wallet()
        wire.send(body)
        assert wire.hear("answer_finished")["answer"] == first["answer"]
    assert person.laptop.wallet() == wallet


def _focused(stack: Stack, person: Person) -> int:
    rows = [row for row in stack.rows("ConnectionsTable") if row["pk"]["S"] == f"ACCOUNT#{person.account}"]
    return sum("focus" in row for row in rows)


def _streamed(wire: Wire, turn: str) -> list[tuple[int, str]]:
    return [(e["seq"], e["delta"]) for e in wire.heard if e["type"] == "answer_extended" and e["turn_id"] == turn]


def _charges(person: Person, turn: str) -> list[LedgerRow]:
    return [row for row in person.laptop.ledger() if row.turn_id == turn and row.kind == "charge"]


def _remembering(url: str, sockets: list[Socket]) -> Dial:
    dial = dial_server(url)

    async def dialled(ticket: str) -> Socket:
        sockets.append(await dial(ticket))
        return sockets[-1]

    return dialled
