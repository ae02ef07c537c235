"""Ctrl-C once stops the answer, twice leaves; while only follow-ups are to come it leaves them out."""

import asyncio

import pytest

from sealmate_cli import chatting
from sealmate_cli.chatting import Chatting, Interrupt, Left
from sealmate_cli.client import Client
from sealmate_cli.connection import Connection
from sealmate_cli.invocation import Invocation
from sealmate_cli.output import PlainOutput
from sealmate_cli.watching import Outcome
from tests.unit.cli.fake_server import FakeServer, FakeSocket, FakeTurn


def run_with_hits(client: Client, monkeypatch: pytest.MonkeyPatch, *, hits: int) -> Outcome:
    """One turn in which Ctrl-C is hit so often as soon as the server has spoken."""
    handlers: list[Interrupt] = []

    class Recording(Interrupt):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            handlers.append(self)

    monkeypatch.setattr(chatting, "Interrupt", Recording)
    talk = Chatting(Invocation(client, PlainOutput(), interactive=False), chat=None, mate=None)

    async def run() -> Outcome:
        async with client.connect() as connection:
            turn = asyncio.ensure_future(talk.turn(connection, "Hello"))
            for _ in range(50):
                await asyncio.sleep(0)
            for _ in range(hits):
                handlers[0].hit()
            return await turn

    return asyncio.run(run())


def test_once_stops_and_the_answer_so_far_is_kept(
    client: Client, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[FakeTurn] = []
    server.on_ask = lambda socket, turn: _begin(socket, turn, turns)
    server.on_stop = lambda socket: server.play(
        socket, turns[0], [turns[0].finished("Hel", "stopped"), turns[0].charged(), turns[0].suggested()]
    )
    outcome = run_with_hits(client, monkeypatch, hits=1)
    assert outcome.answer == "Hel"
    assert [action["action"] for action in server.actions].count("stop") == 1


def test_before_the_first_word_it_says_that_it_was_stopped_and_what_that_cost(
    client: Client, server: FakeServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    turns: list[FakeTurn] = []

    def accept(socket: FakeSocket, turn: FakeTurn) -> None:
        turns.append(turn)
        socket.tell(turn.accepted())

    server.on_ask = accept
    server.on_stop = lambda socket: server.play(socket, turns[0], [turns[0].of("turn_stopped")], outcome="stopped")
    outcome = run_with_hits(client, monkeypatch, hits=1)
    assert (outcome.failure, outcome.answer) == (None, None)
    assert capsys.readouterr().out == "[stopped before there was an answer, nothing charged]\n"


def test_twice_leaves_and_says_where_the_end_is_to_be_read(
    client: Client, server: FakeServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.on_ask = lambda socket, turn: _begin(socket, turn, [])
    with pytest.raises(Left):
        run_with_hits(client, monkeypatch, hits=2)
    shown = capsys.readouterr().out
    assert shown.startswith("Hel\n[left without waiting")
    assert "`sealmate history`" in shown


def test_before_the_message_is_sent_it_leaves_and_says_so(
    client: Client, server: FakeServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def never(self: Connection, chat: str | None) -> None:  # noqa: ARG001 - as the chat is being loaded
        await asyncio.Event().wait()

    monkeypatch.setattr(Connection, "_open", never)
    with pytest.raises(Left):
        run_with_hits(client, monkeypatch, hits=1)
    assert capsys.readouterr().out == "[stopped before the message was sent, nothing charged]\n"
    assert server.asks == []


def test_once_answered_it_only_leaves_the_follow_ups_out(
    client: Client, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on_ask = lambda socket, turn: socket.tell(turn.accepted(), turn.finished())
    outcome = run_with_hits(client, monkeypatch, hits=1)
    assert outcome.answer == "Hello, you."
    assert outcome.suggestions == []


def _begin(socket: FakeSocket, turn: FakeTurn, turns: list[FakeTurn]) -> None:
    turns.append(turn)
    socket.tell(turn.accepted(), turn.started(), turn.extended(1, "Hel"))
