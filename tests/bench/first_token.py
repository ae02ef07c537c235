"""How long a person waits for the first token, against the model's own time, through the whole embedded cloud."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from sealmate_cli.client import Client
from tests.e2e.person import Person
from tests.e2e.stack import Stack, somewhere
from tests.scripted_model.__main__ import paced
from tests.scripted_model.scripts import Scripts
from tests.scripted_model.server import ScriptedModel

_RUNS = 7
_FIRST, _STRUCTURED, _SPEED, _TOKENS = 0.4, 0.3, 60, 120


def main() -> None:
    """Prints medians over a few messages of one chat, the first one left out, and their ratios."""
    otherwise = paced(first=_FIRST, per_second=_SPEED, tokens=_TOKENS, structured=_STRUCTURED)
    with tempfile.TemporaryDirectory() as folder, ScriptedModel(Scripts(otherwise)) as model:
        told = {"SEALMATE_MODEL_URL": model.url, "SEALMATE_MODEL_NAME": "scripted"}
        stack = Stack(place=somewhere(Path(folder) / "state"), model=told)
        stack.up()
        try:
            own = statistics.median(_own_first_token(model.url) for _ in range(_RUNS))
            person = Person(url=stack.url, home=Path(folder)).sign_up()
            waits = [asyncio.run(_wait(person.laptop)) for _ in range(_RUNS + 1)][1:]
            person.close()
        finally:
            stack.down()
    asked, read, frames = (statistics.median(wait[n] for wait in waits) for n in range(3))
    print(f"the model's own first token                {own * 1000:6.0f} ms")
    print(f"from the mate's choice to the first token   {read * 1000:6.0f} ms   {read / own:.2f} of its own")
    with_reading = own + _STRUCTURED
    print(
        f"from sending to the first token            {asked * 1000:6.0f} ms   {asked / with_reading:.2f} of its own and a structured call"
    )
    print(f"frames a token at {_SPEED} tokens/s              {frames / _TOKENS:6.2f}")


def _own_first_token(url: str) -> float:
    body = {
        "model": "scripted",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
        "temperature": 0,
        "max_tokens": 200,
    }
    began = time.monotonic()
    with httpx.stream("POST", f"{url}/v1/chat/completions", json=body) as reply:
        next(line for line in reply.iter_lines() if _has_text(line))
        return time.monotonic() - began


def _has_text(line: str) -> bool:
    data = line.removeprefix("data: ")
    return data.startswith("{") and bool(json.loads(data)["choices"][0]["delta"].get("content"))


async def _wait(client: Client) -> tuple[float, float, int]:
    """Seconds from sending and from the mate's choice to the first token, and how many frames came."""
    began = read = first = 0.0
    frames = 0
    async with client.connect() as connection:
        async for event in connection.ask("How long does it take?"):
            now = time.monotonic()
            if event.type == "message_sent":
                began = now
            elif event.type == "message_read":
                read = now
            elif event.type == "answer_extended":
                frames += 1
                first = first or now
    return first - began, first - read, frames


if __name__ == "__main__":
    main()
