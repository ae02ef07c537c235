"""Commands as tests give them, and what they say."""

import json
from collections.abc import Callable
from typing import Any

from typer.testing import Result

Invoke = Callable[..., Result]


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def error_of(result: Result) -> dict[str, Any]:
    error: dict[str, Any] = lines(result.stderr)[-1]["error"]
    return error
