"""Runs the scripted model at a set pace: `python -m tests.scripted_model --port P`; what was asked is at /log."""

from __future__ import annotations

import argparse
import threading

from tests.scripted_model.scripts import Asked, Otherwise, Script, Scripts, Stream, Structured, obliging
from tests.scripted_model.server import ScriptedModel

_WORDS = ("the", "sea", "lies", "calm", "and", "grey", "below", "a", "wide", "northern", "sky")


def paced(*, first: float, per_second: float, tokens: int, structured: float) -> Otherwise:
    """Seconds before the first token, tokens a second, tokens an answer, and seconds for a structured call."""
    deltas = tuple(f"{_WORDS[n % len(_WORDS)]} " for n in range(tokens))
    answer = Stream(deltas=deltas, usage=(200, tokens), first_delay=first, delay=1 / per_second)

    def answer_by_kind(asked: Asked) -> Script:
        script = obliging(asked)
        return Structured(content=script.content, delay=structured) if isinstance(script, Structured) else answer

    return answer_by_kind


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.scripted_model")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dialect", choices=("openai", "mistral"), default="openai")
    parser.add_argument("--first-token-ms", type=float, default=300)
    parser.add_argument("--tokens-per-second", type=float, default=60)
    parser.add_argument("--tokens", type=int, default=600)
    parser.add_argument("--structured-ms", type=float, default=300)
    given = parser.parse_args()
    scripts = Scripts(
        paced(
            first=given.first_token_ms / 1000,
            per_second=given.tokens_per_second,
            tokens=given.tokens,
            structured=given.structured_ms / 1000,
        )
    )
    with ScriptedModel(scripts, dialect=given.dialect, port=given.port) as model:
        print(f"scripted model at {model.url}", flush=True)  # noqa: T201
        threading.Event().wait()


if __name__ == "__main__":
    main()
