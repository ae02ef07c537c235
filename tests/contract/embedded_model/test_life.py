"""The embedded model's server says what it is doing, lets go of leavers, keeps no words and ends when told."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.model import status
from tests.contract.embedded_model.conftest import CANARY, Running, engines_of, free_port, watch_until_ready


def long_answer() -> dict[str, Any]:
    # A constant of thousands of tokens can't end early: only a leaver stops it.
    schema = {"const": "heron " * 3000}
    return {
        "model": "local",
        "messages": [{"role": "user", "content": "Go on."}],
        "max_tokens": 4000,
        "stream": True,
        "response_format": {"type": "json_schema", "json_schema": {"schema": schema}},
    }


def wait_idle(client: httpx.Client) -> None:
    while client.get("/health").json()["active"]:
        time.sleep(0.02)


def test_health_tells_the_phases_in_order(server: Running) -> None:
    warming = [
        "warming prompt 1/2 (pre_processing)",
        "warming prompt 2/2 (post_processing)",
    ]

    assert server.phases[0] == (503, "loading")
    assert server.phases[-1] == (200, "ready")
    seen = [phase for status_code, phase in server.phases[1:-1] if status_code == 503]
    assert seen
    assert seen == [phase for phase in warming if phase in seen]


def test_a_leaver_frees_its_slot(client: httpx.Client, server: Running) -> None:
    with client.stream("POST", "/v1/chat/completions", json=long_answer()) as response:
        lines = response.iter_lines()  # kept, for a dropped iterator closes the connection
        next(lines)
        assert client.get("/health").json()["active"] == 1

    wait_idle(client)
    assert "Traceback" not in server.handle.log.read_text()


def test_a_third_caller_waits_and_is_served(client: httpx.Client, server: Running) -> None:
    hello = {"model": "local", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 2}
    with (
        client.stream("POST", "/v1/chat/completions", json=long_answer()) as first,
        client.stream("POST", "/v1/chat/completions", json=long_answer()) as second,
    ):
        streams = [first.iter_lines(), second.iter_lines()]
        for lines in streams:
            next(lines)
        with httpx.Client(base_url=client.base_url, timeout=0.5) as impatient:
            try:
                impatient.post("/v1/chat/completions", json=hello)
                waited = False
            except httpx.ReadTimeout:
                waited = True

    assert waited
    assert client.post("/v1/chat/completions", json=hello).status_code == 200
    wait_idle(client)
    assert "Traceback" not in server.handle.log.read_text()


def test_words_are_neither_logged_nor_kept_on_disk(client: httpx.Client, server: Running) -> None:
    body = {"model": "local", "messages": [{"role": "user", "content": CANARY}], "max_tokens": 4}
    assert client.post("/v1/chat/completions", json=body).status_code == 200

    files = [path for path in server.state_dir.rglob("*") if path.is_file()]
    assert server.handle.log in files
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


def test_a_second_start_takes_the_saved_prompts(server: Running, tmp_path: Path) -> None:
    saved = {path.name: path.stat().st_mtime_ns for path in (server.state_dir / "prompts").iterdir()}
    copies = tmp_path / "prompts"
    copies.mkdir()
    for path in (server.state_dir / "prompts").iterdir():
        (copies / path.name).write_bytes(path.read_bytes())
    (copies / "stale-0000000000000000.kv").write_bytes(b"of an older wording")
    made = {path.name: path.stat().st_mtime_ns for path in copies.iterdir()}

    handle = status.start(free_port(), tmp_path, server.warm_file)
    try:
        status.wait_listening(handle)
        watch_until_ready(handle)
    finally:
        status.stop(handle)

    after = {path.name: path.stat().st_mtime_ns for path in copies.iterdir()}
    assert set(after) == set(saved)
    assert all(after[name] == made[name] for name in saved)


@pytest.mark.usefixtures("tiny_environment")
def test_it_ends_when_told_and_its_engine_with_it(tmp_path: Path) -> None:
    handle = status.start(free_port(), tmp_path)
    status.wait_listening(handle)
    engines = engines_of(handle)
    status.stop(handle)

    assert engines
    assert status.status(handle.port) == "language model: not running"
    assert not [engine for engine in engines if engine.exists()]


@pytest.mark.usefixtures("tiny_environment")
def test_a_killed_server_leaves_no_engine_behind(tmp_path: Path) -> None:
    handle = status.start(free_port(), tmp_path)
    status.wait_listening(handle)
    watch_until_ready(handle)
    engines = engines_of(handle)
    handle.process.kill()
    handle.process.wait()

    assert engines
    while any(engine.exists() for engine in engines):  # the suite's timeout bounds this
        time.sleep(0.02)


@pytest.mark.usefixtures("tiny_environment")
def test_a_broken_saved_prompt_is_made_anew(server: Running, tmp_path: Path) -> None:
    saved = sorted((server.state_dir / "prompts").iterdir())
    (tmp_path / "prompts").mkdir()
    for path in saved:
        (tmp_path / "prompts" / path.name).write_bytes(b"broken")

    handle = status.start(free_port(), tmp_path, server.warm_file)
    try:
        status.wait_listening(handle)
        watch_until_ready(handle)
    finally:
        status.stop(handle)

    made = sorted((tmp_path / "prompts").iterdir())
    assert [path.name for path in made] == [path.name for path in saved]
    assert all(path.stat().st_size > 1000 for path in made)
