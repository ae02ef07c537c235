"""Asking over a live connection: whole turns, refusals, and what is never sent."""

import asyncio
import json
from typing import Any

import pytest

from sealmate_cli.client import Client
from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.wire import events as wire
from sealmate_cli.wire.events import Event
from tests.unit.cli.fake_server import SUGGESTIONS, FakeServer, FakeSocket, FakeTurn, Json, answer_whole
from tests.unit.cli.talking import only, talk, text_of


def refusal(code: str, **fields: Any) -> Json:
    return {"type": "request_refused", "code": code, "message": "No.", "next_step": "Do.", "request_id": "r", **fields}


def test_a_whole_turn_comes_opened(client: Client) -> None:
    (events,) = talk(client, "Hello")
    assert [event.type for event in events if event.type != "answer_extended"] == [
        "message_sent",
        "turn_accepted",
        "credits_reserved",
        "message_read",
        "chat_titled",
        "answer_started",
        "answer_finished",
        "turn_charged",
        "suggestions_made",
    ]
    assert text_of(events) == "Hello, you."
    finished = only(events, wire.AnswerFinished)
    assert (finished.text, finished.streamed, finished.mate) == ("Hello, you.", "equal", "sophia")
    assert only(events, wire.ChatTitled).title == "A greeting"
    assert only(events, wire.SuggestionsMade).suggestions == SUGGESTIONS


def test_the_second_turn_follows_the_first(client: Client, server: FakeServer) -> None:
    talk(client, "Hello", "And?")
    first, second = server.asks
    assert first["history"] == []
    assert "parent" not in first
    assert second["history"] == "cached"
    assert second["parent"]["turn_id"] == first["turn_id"]
    assert "chat_key" not in second
    assert {"action": "focus", "chat_id": first["chat_id"]} in server.actions
    chat = client.chats()[0]
    assert [(turn.text, turn.answer, turn.trouble) for turn in client.turns(chat.chat_id)] == [
        ("Hello", "Hello, you.", None),
        ("And?", "Hello, you.", None),
    ]


def test_a_chat_opened_anew_sends_its_history(client: Client, server: FakeServer) -> None:
    talk(client, "Hello")
    talk(client, "And?", chat=server.asks[0]["chat_id"])
    assert server.asks[1]["history"] == [
        {"role": "user", "text": "Hello"},
        {"role": "assistant", "text": "Hello, you."},
    ]


def test_history_that_is_not_cached_is_sent(client: Client, server: FakeServer) -> None:
    def forgetful(socket: FakeSocket, turn: FakeTurn) -> None:
        if turn.ask["history"] == "cached":
            turn_id = turn.ask["turn_id"]
            socket.tell(refusal("history_not_cached", turn_id=turn_id))
        else:
            server.play(socket, turn, turn.whole())

    server.on_ask = forgetful
    events = talk(client, "Hello", "And?")[1]
    assert [ask["history"] for ask in server.asks[1:]] == [
        "cached",
        [{"role": "user", "text": "Hello"}, {"role": "assistant", "text": "Hello, you."}],
    ]
    assert server.asks[1]["turn_id"] == server.asks[2]["turn_id"]
    assert only(events, wire.AnswerFinished).text == "Hello, you."


@pytest.mark.parametrize("kind", ["turn_failed", "turn_refused"])
def test_a_turn_without_an_answer_ends_with_its_reason(client: Client, server: FakeServer, kind: str) -> None:
    def fail(socket: FakeSocket, turn: FakeTurn) -> None:
        events = [turn.accepted(), turn.of(kind, code="x", message="m", next_step="n")]
        server.play(socket, turn, events, outcome="failed")

    server.on_ask = fail
    (events,) = talk(client, "Hello")
    assert (events[-1].type, getattr(events[-1], "code", None)) == (kind, "x")


def test_the_turn_after_a_failed_one_is_bound_to_its_message(client: Client, server: FakeServer) -> None:
    def fail_first(socket: FakeSocket, turn: FakeTurn) -> None:
        if len(server.asks) > 1:
            return answer_whole(socket, turn)
        failed = turn.of("turn_failed", code="x", message="m", next_step="n")
        return server.play(socket, turn, [turn.accepted(), failed], outcome="failed")

    server.on_ask = fail_first
    talk(client, "Hello", "Again")
    assert [turn.trouble for turn in client.turns(server.asks[0]["chat_id"])] == [None, None]


def test_an_ask_that_is_refused_ends_there(client: Client, server: FakeServer) -> None:
    server.on_ask = lambda socket, turn: socket.tell(refusal("unknown_mate", turn_id=turn.ask["turn_id"]))
    (events,) = talk(client, "Hello")
    assert [event.type for event in events] == ["message_sent", "request_refused"]


def test_a_refusal_without_a_turn_counts_for_a_question_not_yet_accepted(client: Client, server: FakeServer) -> None:
    server.on_ask = lambda socket, _: socket.tell(refusal("invalid_request"))
    (events,) = talk(client, "Hello")
    assert only(events, wire.RequestRefused).code == "invalid_request"


def test_a_turn_that_runs_already_is_followed(client: Client, server: FakeServer) -> None:
    turns: list[FakeTurn] = []

    def running(socket: FakeSocket, turn: FakeTurn) -> None:
        turns.append(turn)
        server.store(turn, turn.whole())
        socket.tell(refusal("turn_already_running", turn_id=turn.ask["turn_id"]))

    server.on_ask = running
    server.on_resume = lambda socket, _: socket.tell(turns[0].finished(), turns[0].charged(), turns[0].suggested())
    (events,) = talk(client, "Hello")
    assert only(events, wire.AnswerFinished).text == "Hello, you."


def test_a_stop_goes_out_and_the_stopped_answer_counts(client: Client, server: FakeServer) -> None:
    turns: list[FakeTurn] = []

    def begin(socket: FakeSocket, turn: FakeTurn) -> None:
        turns.append(turn)
        socket.tell(turn.accepted(), turn.started(), turn.extended(1, "Hel"))

    server.on_ask = begin

    async def run() -> list[Event]:
        told = []
        async with client.connect() as connection:
            async for event in connection.ask("Hello"):
                told.append(event)
                if isinstance(event, wire.AnswerExtended):
                    await connection.stop(event.turn_id)
                    turn = turns[0]
                    events = [turn.finished("Hel", "stopped"), turn.charged(), turn.suggested()]
                    server.play(server.sockets[0], turn, events)
        return told

    finished = only(asyncio.run(run()), wire.AnswerFinished)
    assert (finished.text, finished.finish, finished.streamed) == ("Hel", "stopped", "equal")
    assert {"action": "stop", "turn_id": finished.turn_id} in server.actions


def test_a_turn_asked_elsewhere_can_be_resumed(client: Client, server: FakeServer) -> None:
    turns: list[FakeTurn] = []

    def accept(socket: FakeSocket, turn: FakeTurn) -> None:
        turns.append(turn)
        server.play(socket, turn, [turn.accepted()], outcome="asked")

    server.on_ask = accept
    server.on_resume = lambda socket, _: socket.tell(turns[0].finished(), turns[0].charged(), turns[0].suggested())

    async def run() -> list[Event]:
        async with client.connect() as connection:
            async for event in connection.ask("Hello"):
                if isinstance(event, wire.TurnAccepted):
                    break
        ask = server.asks[0]
        async with client.connect() as connection:
            return [event async for event in connection.resume(ask["turn_id"], chat=ask["chat_id"])]

    assert only(asyncio.run(run()), wire.AnswerFinished).text == "Hello, you."


def test_a_key_that_was_not_stored_as_written_shows(client: Client, server: FakeServer) -> None:
    def replacing(socket: FakeSocket, turn: FakeTurn) -> None:
        events = turn.whole()
        server.store(turn, events)
        server.chats[turn.ask["chat_id"]]["keys"][0]["envelope"] = turn.ask["record"]
        socket.tell(*events)

    server.on_ask = replacing
    (events,) = talk(client, "Hello")
    unreadable = only(events, wire.RecordUnreadable)
    assert (unreadable.record, unreadable.reason) == ("chat_key", "key_replaced")


def test_an_epoch_rolled_back_is_refused_before_anything_is_sent(client: Client, server: FakeServer) -> None:
    server.epoch = 0
    with pytest.raises(Tampered, match="epoch_rolled_back"):
        talk(client, "Hello")
    assert server.actions == []


def test_keys_renewed_elsewhere_ask_for_a_new_login(client: Client, server: FakeServer) -> None:
    server.epoch = 2
    server.renewed = {"epoch": 2}
    with pytest.raises(ClientError) as raised:
        talk(client, "Hello")
    assert raised.value.code == "keys_rotated"


def test_garbage_on_the_line_is_passed_over(client: Client, server: FakeServer) -> None:
    def noisy(socket: FakeSocket, turn: FakeTurn) -> None:
        for noise in (b"\xff\xfe", "not json", "[]", "{}", '{"type": "news"}', '{"type": "turn_charged"}'):
            socket.raw(noise)
        strange = {**turn.accepted(), "turn_id": "another turn"}
        socket.tell(strange, {**turn.accepted(), "added_later": 1}, *turn.whole()[1:])
        server.store(turn, turn.whole())

    server.on_ask = noisy
    (events,) = talk(client, "Hello")
    assert only(events, wire.AnswerFinished).streamed == "equal"


def test_frames_are_at_most_32_kb_and_messages_at_most_128(client: Client, server: FakeServer) -> None:
    server.on_ask = answer_whole
    talk(client, "\N{SEAL}" * 12_000)
    assert max(server.sockets[0].frame_sizes) <= 32 * 1024
    assert len(server.sockets[0].frame_sizes) > 1
    assert server.asks[0]["message"] == "\N{SEAL}" * 12_000


def test_a_message_too_long_for_the_line_is_refused_here(client: Client, server: FakeServer) -> None:
    with pytest.raises(ClientError) as raised:
        talk(client, "\N{SEAL}" * 24_000)
    assert raised.value.code == "request_too_large"
    assert server.asks == []


@pytest.mark.parametrize(
    ("message", "code"),
    [("", "empty_message"), (" \n", "empty_message"), ("a" * 24_001, "message_too_long"), ("\udcff", "not_text")],
)
def test_odd_messages_are_refused_here(client: Client, server: FakeServer, message: str, code: str) -> None:
    with pytest.raises(ClientError) as raised:
        talk(client, message)
    assert raised.value.code == code
    assert server.asks == []


def test_history_is_trimmed_to_whole_last_turns_that_fit(client: Client, server: FakeServer) -> None:
    def long_answers(socket: FakeSocket, turn: FakeTurn) -> None:
        turn.text = turn.ask["message"][:1] * 9_000
        events = turn.whole()
        server.play(socket, turn, events)

    server.on_ask = long_answers
    talk(client, "a" * 2_000, "b" * 2_000, "c" * 2_000)
    talk(client, "d", chat=server.asks[0]["chat_id"])
    history = server.asks[-1]["history"]
    assert [said["text"][0] for said in history] == ["b", "b", "c", "c"]
    assert len(json.dumps(server.asks[-1])) <= 128 * 1024


def test_a_chat_that_was_tampered_with_is_not_gone_on_with(client: Client, server: FakeServer) -> None:
    talk(client, "Hello", "And?")
    chat = server.asks[0]["chat_id"]
    del server.turns[chat][0]
    with pytest.raises(Tampered, match="parent_missing"):
        talk(client, "More", chat=chat)
    assert len(server.asks) == 2
