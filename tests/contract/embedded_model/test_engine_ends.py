"""Whenever the engine is killed, the server says so, starts another, and the next request is answered."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.model import status
from infra.local.model.process import client_of
from infra.local.model.upstream import EngineFailed, Upstream
from tests.contract.embedded_model.conftest import engines_of, free_port, watch_until_ready

HELLO = {"model": "local", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 2}
# A constant of thousands of tokens can't end early.
LONG = {
    "model": "local",
    "messages": [{"role": "user", "content": "Go on."}],
    "max_tokens": 4000,
    "response_format": {"type": "json_schema", "json_schema": {"schema": {"const": "heron " * 3000}}},
}


@pytest.fixture
def started(tiny_environment: Path, tmp_path: Path) -> Iterator[status.Handle]:
    """A server of the test's own, with a prompt that takes a while to read, not yet loaded."""
    assert tiny_environment.is_file()
    warm_file = tmp_path / "warm.json"
    prompts = [("long", "Rate the harm of a message. " * 120), ("short", "Suggest a question. " * 20)]
    warm_file.write_text(
        json.dumps([{"name": name, "messages": [{"role": "system", "content": text}]} for name, text in prompts])
    )
    handle = status.start(free_port(), tmp_path, warm_file)
    try:
        status.wait_listening(handle)
        yield handle
    finally:
        status.stop(handle)


@pytest.fixture
def client(started: status.Handle) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{started.port}", timeout=100) as client:
        yield client


def kill_engine(handle: status.Handle) -> None:
    (engine,) = engines_of(handle)
    os.kill(int(engine.name), signal.SIGKILL)
    while engine.exists():  # a busy machine takes a moment; the suite's timeout bounds this
        time.sleep(0.01)


def test_killed_in_mid_stream_it_comes_back(started: status.Handle, client: httpx.Client) -> None:
    watch_until_ready(started)
    with client.stream("POST", "/v1/chat/completions", json={**LONG, "stream": True}) as response:
        lines = response.iter_lines()
        next(lines)
        kill_engine(started)
        rest = [line for line in lines if line]

    assert json.loads(rest[-1].removeprefix("data: "))["code"] == EngineFailed.code
    assert client.post("/v1/chat/completions", json=HELLO).status_code == 200
    watch_until_ready(started)
    assert "the engine was ended by SIGKILL" in started.log.read_text()
    # What was warm before is restored, not read again.
    assert started.log.read_text().count("warming prompt 1/2") == 1


def test_killed_under_a_whole_answer_its_caller_is_told_to_ask_again(
    started: status.Handle, client: httpx.Client
) -> None:
    watch_until_ready(started)

    async def scenario() -> httpx.Response:
        async with httpx.AsyncClient(base_url=client.base_url, timeout=100) as caller:
            asking = asyncio.create_task(caller.post("/v1/chat/completions", json=LONG))
            while not (await caller.get("/health")).json()["active"]:
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.2)  # it is lent; only now can its answer be lost
            kill_engine(started)
            return await asking

    answer = asyncio.run(scenario())

    assert answer.status_code == 503
    assert answer.json()["code"] == EngineFailed.code
    assert int(answer.headers["retry-after"]) > 0
    assert client.post("/v1/chat/completions", json=HELLO).status_code == 200


def test_killed_while_it_reads_a_prompt_it_reads_it_with_the_next_engine(
    started: status.Handle, client: httpx.Client
) -> None:
    while "warming prompt 1/2" not in status.status(started.port):
        time.sleep(0.02)
    assert "while the language model reads its prompts" in (status.notice(started.port) or "")
    kill_engine(started)

    assert client.post("/v1/chat/completions", json=HELLO).status_code == 200
    watch_until_ready(started)
    assert status.notice(started.port) is None
    saved = {path.name.rpartition("-")[0] for path in (started.log.parent / "prompts").iterdir()}
    assert saved == {"long", "short"}


def test_killed_while_it_loads_it_is_loaded_again(started: status.Handle, client: httpx.Client) -> None:
    while not engines_of(started):
        time.sleep(0.02)
    kill_engine(started)

    assert client.post("/v1/chat/completions", json=HELLO).status_code == 200
    assert started.process.poll() is None


def test_a_connection_to_the_engine_serves_one_request() -> None:
    """An engine closes an idle connection when it likes, which may be while the next request is on its way."""
    connections: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    async def scenario() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, client_of(f"http://127.0.0.1:{port}", "key") as client:
            for _ in range(3):
                assert await Upstream(client).is_listening()
        for connection in connections:
            connection.close()
            await connection.wait_closed()

    asyncio.run(scenario())
    assert len(connections) == 3
