"""A line that falls, stays silent or loses what was said: followed all the same, or an error with a next step."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from sealmate_cli.client import Client
from sealmate_cli.errors import ClientError, ConnectionLost
from sealmate_cli.line import Patience
from sealmate_cli.wire import events as wire
from tests.unit.cli.conftest import QUICK, make_device
from tests.unit.cli.fake_server import SUGGESTIONS, FakeServer, FakeSocket, FakeTurn, Json, answer_whole, problem
from tests.unit.cli.talking import only, talk, text_of


def test_a_gap_is_resumed(client: Client, server: FakeServer) -> None:
    turns: list[FakeTurn] = []

    def losing(socket: FakeSocket, turn: FakeTurn) -> None:
        turns.append(turn)
        server.store(turn, turn.whole())
        socket.tell(turn.accepted(), turn.started(), turn.extended(1, "Hel"), turn.extended(3, ", you"))

    def resume(socket: FakeSocket, action: Json) -> None:
        assert (action["attempt"], action["seq"]) == (1, 1)
        turn = turns[0]
        socket.tell(turn.resumed(2, "Hello"), turn.extended(4, "."), turn.finished(), turn.charged(), turn.suggested())

    server.on_ask, server.on_resume = losing, resume
    (events,) = talk(client, "Hello")
    assert only(events, wire.AnswerResumed).text == "Hello"
    assert text_of(events) == "Hel, you."
    assert only(events, wire.AnswerFinished).streamed == "equal"


def test_a_snapshot_older_than_the_gap_is_asked_for_again(client: Client, server: FakeServer) -> None:
    turns: list[FakeTurn] = []
    answers = [(1, "Hel"), (2, "Hello")]

    def losing(socket: FakeSocket, turn: FakeTurn) -> None:
        turns.append(turn)
        server.store(turn, turn.whole())
        socket.tell(turn.accepted(), turn.started(), turn.extended(1, "Hel"), turn.extended(3, ", you."))

    def resume(socket: FakeSocket, _: Json) -> None:
        turn = turns[0]
        socket.tell(turn.resumed(*answers.pop(0)))
        if not answers:
            socket.tell(turn.finished(), turn.charged(), turn.suggested())

    server.on_ask, server.on_resume = losing, resume
    (events,) = talk(client, "Hello")
    assert not answers
    assert only(events, wire.AnswerFinished).streamed == "equal"


def test_a_dropped_socket_is_dialled_again_and_resumed(client: Client, server: FakeServer) -> None:
    turns: list[FakeTurn] = []

    def falling(socket: FakeSocket, turn: FakeTurn) -> None:
        turns.append(turn)
        server.store(turn, turn.whole())
        socket.tell(turn.accepted(), turn.started(), turn.extended(1, "Hel"))
        socket.fall()
        server.dials_that_fail = 1

    def resume(socket: FakeSocket, action: Json) -> None:
        turn = turns[0]
        assert (action["turn_id"], action["attempt"], action["seq"]) == (turn.ask["turn_id"], 1, 1)
        socket.tell(turn.resumed(2, "Hello, "), turn.extended(3, "you."))
        socket.tell(turn.finished(), turn.charged(), turn.suggested())

    server.on_ask, server.on_resume = falling, resume
    (events,) = talk(client, "Hello")
    assert any(isinstance(event, wire.ConnectionDropped) for event in events)
    assert only(events, wire.AnswerFinished).text == "Hello, you."
    assert len({socket.ticket for socket in server.sockets}) == len(server.sockets) == 2


def test_a_question_lost_on_its_way_is_asked_again_as_the_same_turn(client: Client, server: FakeServer) -> None:
    def swallow(socket: FakeSocket, _: FakeTurn) -> None:
        socket.fall()
        server.on_ask = answer_whole

    server.on_ask = swallow
    (events,) = talk(client, "Hello")
    assert len(server.asks) == 2
    assert server.asks[0] == server.asks[1]
    assert only(events, wire.AnswerFinished).text == "Hello, you."


def test_a_server_that_comes_back_late_finds_the_client_waiting(client: Client, server: FakeServer) -> None:
    def falling(socket: FakeSocket, turn: FakeTurn) -> None:
        server.play(socket, turn, [turn.accepted()], outcome="asked")
        socket.fall()
        server.failures["POST /auth/ticket"] = [httpx.Response(502, text="Bad gateway"), problem("internal", 503)]
        server.on_resume = lambda socket, _: socket.tell(*turn.whole())

    server.on_ask = falling
    (events,) = talk(client, "Hello")
    assert only(events, wire.AnswerFinished).text == "Hello, you."


def test_a_line_that_stays_down_is_an_error_with_a_next_step(client: Client, server: FakeServer) -> None:
    def falling(socket: FakeSocket, _: FakeTurn) -> None:
        socket.fall()
        server.dials_that_fail = 99

    server.on_ask = falling
    with pytest.raises(ConnectionLost) as raised:
        talk(client, "Hello")
    assert "sealmate history" in raised.value.next_step


def test_what_came_while_the_machine_stood_still_is_no_silence(client: Client, server: FakeServer) -> None:
    def stall(socket: FakeSocket, turn: FakeTurn) -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(time.sleep, 2 * QUICK.silence)
        loop.call_soon(answer_whole, socket, turn)

    server.on_ask = stall
    (events,) = talk(client, "Hello")
    assert len(server.asks) == 1
    assert only(events, wire.AnswerFinished).text == "Hello, you."


def test_a_push_lost_without_a_fall_is_noticed_by_the_silence(client: Client, server: FakeServer) -> None:
    turns: list[FakeTurn] = []

    def accept(socket: FakeSocket, turn: FakeTurn) -> None:
        turns.append(turn)
        server.play(socket, turn, [turn.accepted()], outcome="asked")

    server.on_ask = accept
    server.on_resume = lambda socket, _: socket.tell(turns[0].finished(), turns[0].charged(), turns[0].suggested())
    (events,) = talk(client, "Hello")
    finished = only(events, wire.AnswerFinished)
    assert (finished.text, finished.streamed) == ("Hello, you.", "incomplete")


def test_follow_ups_and_charge_that_were_not_pushed_are_read_from_storage(client: Client, server: FakeServer) -> None:
    def quiet(socket: FakeSocket, turn: FakeTurn) -> None:
        events = turn.whole()
        server.store(turn, events)
        socket.tell(*[event for event in events if event["type"] not in ("turn_charged", "suggestions_made")])

    server.on_ask = quiet
    (events,) = talk(client, "Hello")
    assert only(events, wire.TurnCharged).output_tokens == 20
    assert only(events, wire.SuggestionsMade).suggestions == SUGGESTIONS


@pytest.mark.parametrize("sign", ["suggestions_made", "turn_charged", "chat_answered"])
@pytest.mark.usefixtures("client")
def test_an_answer_whose_event_was_lost_is_asked_for_at_once(server: FakeServer, tmp_path: Path, sign: str) -> None:
    whole: list[Json] = []

    def losing(socket: FakeSocket, turn: FakeTurn) -> None:
        whole.extend(turn.whole())
        server.store(turn, whole)
        told = {event["type"]: event for event in [*whole, turn.of("chat_answered")]}
        socket.tell(turn.accepted(), turn.started(), turn.extended(1, "Hel"), told[sign])

    server.on_ask = losing
    server.on_resume = lambda socket, _: socket.tell(*whole[-3:])
    patient = make_device(server, tmp_path / "first", patience=Patience(silence=3600, aftermath=3600))
    (events,) = talk(patient, "Hello")
    patient.close()
    assert only(events, wire.AnswerFinished).text == "Hello, you."
    assert only(events, wire.SuggestionsMade).suggestions == SUGGESTIONS
    assert only(events, wire.TurnCharged).credits == 3
    assert [action["action"] for action in server.actions].count("resume") == 1


def test_an_answer_that_resuming_does_not_bring_is_read_from_storage(client: Client, server: FakeServer) -> None:
    def losing(socket: FakeSocket, turn: FakeTurn) -> None:
        whole = turn.whole()
        server.store(turn, whole)
        socket.tell(turn.accepted(), turn.charged())

    server.on_ask = losing
    (events,) = talk(client, "Hello")
    assert [event.type for event in events[2:]] == ["answer_finished", "turn_charged", "suggestions_made"]


def test_an_answer_that_is_said_to_be_there_and_never_comes_is_an_error(client: Client, server: FakeServer) -> None:
    def losing(socket: FakeSocket, turn: FakeTurn) -> None:
        server.play(socket, turn, [turn.accepted(), turn.charged()], outcome="asked")

    def resume(socket: FakeSocket, action: Json) -> None:
        fields = {"attempt": 1, "seq": 1, "text": "H", "mate": "sophia", "model": "small"}
        ids = {"turn_id": action["turn_id"], "chat_id": server.asks[0]["chat_id"]}
        socket.tell({"type": "answer_resumed", **ids, **fields})

    server.on_ask, server.on_resume = losing, resume
    with pytest.raises(ClientError) as raised:
        talk(client, "Hello")
    assert raised.value.code == "answer_overdue"
    assert 1 <= [action["action"] for action in server.actions].count("resume") <= 3


def test_storage_that_fails_in_passing_does_not_spoil_an_answer(client: Client, server: FakeServer) -> None:
    def quiet(socket: FakeSocket, turn: FakeTurn) -> None:
        whole = turn.whole()
        server.store(turn, whole)
        socket.tell(*[event for event in whole if event["type"] not in ("turn_charged", "suggestions_made")])
        path = f"GET /chats/{turn.ask['chat_id']}/turns"
        server.failures[path] = [problem("internal", 503)]

    server.on_ask = quiet
    (events,) = talk(client, "Hello")
    assert only(events, wire.TurnCharged).credits == 3


def test_a_turn_whose_follow_ups_never_come_ends_all_the_same(client: Client, server: FakeServer) -> None:
    def quiet(socket: FakeSocket, turn: FakeTurn) -> None:
        events = [event for event in turn.whole() if event["type"] not in ("turn_charged", "suggestions_made")]
        server.play(socket, turn, events)

    server.on_ask = quiet
    (events,) = talk(client, "Hello")
    assert events[-1].type == "answer_finished"
