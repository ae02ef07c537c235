"""For whoever starts the embedded model beside other things: start it, wait for it, say in a line what it does."""

import math
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[3]
LOG_NAME = "model.log"
PREVIOUS_LOG_NAME = "model.previous.log"


class DidNotStart(Exception):
    """The server ended, or did not listen in time: its log says why."""

    code = "model_did_not_start"


@dataclass(frozen=True, kw_only=True)
class Handle:
    """A started server; it goes on when its starter ends, until it gets SIGTERM."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid


def start(port: int, state_dir: Path, warm_file: Path | None = None) -> Handle:
    """Start the server in a session of its own; its output goes to a log in `state_dir`. Fetch the weights first.

    The log of the start before is kept beside it, for why that one ended may stand there.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "infra.local.model", "--port", str(port), "--state-dir", str(state_dir)]
    if warm_file is not None:
        command += ["--warm", str(warm_file)]
    log = state_dir / LOG_NAME
    if log.exists():
        log.replace(state_dir / PREVIOUS_LOG_NAME)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Handle(process=process, port=port, log=log)


def wait_listening(handle: Handle, *, timeout: float = 30.0) -> None:
    """Return when the port answers, which is seconds before the model is ready; requests wait for it there."""
    give_up = time.monotonic() + timeout
    while _health(handle.port) is None:
        if handle.process.poll() is not None or time.monotonic() > give_up:
            raise DidNotStart(f"the language model's server does not listen on port {handle.port}: see {handle.log}")
        time.sleep(0.1)


def status(port: int) -> str:
    """One line on what the server does now."""
    state = _health(port)
    if state is None:
        return "language model: not running"
    line = f"language model: {state['phase']}"
    if state["active"]:
        line += f", answering {state['active']}" + (f", {state['waiting']} waiting" if state["waiting"] else "")
    if state["tokens_per_second"]:
        line += f", {state['tokens_per_second']} tokens/s"
    return line


def notice(port: int) -> str | None:
    """What who asks now should know: how long the first answer waits for prompts to be read; None if it doesn't."""
    state = _health(port)
    if state is None or state["phase"] == "ready":
        return None
    if state["phase"] in ("loading", "restarting"):
        return f"the language model is {state['phase']}: the first answer waits for it"
    seconds = math.ceil(int(state["seconds_to_ready"]) / 10) * 10
    return f"the first answer waits about {seconds} s while the language model reads its prompts" if seconds else None


def is_ready(port: int) -> bool:
    """Whether every fixed prompt is warm, so that the first answer is as fast as later ones."""
    state = _health(port)
    return state is not None and state["phase"] == "ready"


def stop(handle: Handle, *, timeout: float = 10.0) -> None:
    """End the server, and with it the engine; who has only its pid sends it SIGTERM."""
    handle.process.terminate()
    try:
        handle.process.wait(timeout)
    except subprocess.TimeoutExpired:
        handle.process.kill()
        handle.process.wait()


def _health(port: int) -> dict[str, Any] | None:
    try:
        response = httpx.get(f"http://127.0.0.1:{port}/health", timeout=2.0)
        state: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError):
        return None
    return state
