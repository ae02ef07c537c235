"""Ctrl-C once stops the answer, twice leaves; while only follow-ups are to come it leaves them out."""

import asyncio

import pytest

from sealmate_cli import chatting
from sealmate_cli.chatting import Chatting, Interrupt, Left
from sealmate_cli.client import Client
from sealmate_cli.invocation import Invocation
from sealmate_cli.output import JsonOutput
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
    talk = Chatting(Invocation(client, JsonOutput(), interactive=False), chat=None, mate=None)

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


def test_twice_leaves(client: Client, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.on_ask = lambda socket, turn: _begin(socket, turn, [])
    with pytest.raises(Left):
        run_with_hits(client, monkeypatch, hits=2)


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
