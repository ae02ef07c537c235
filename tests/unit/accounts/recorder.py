"""Notes the calls that go through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Recorder:
    def __init__(self, name: str, target: object, calls: list[str]) -> None:
        self._name, self._target, self._calls = name, target, calls

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self._calls.append(f"{self._name}.{method}")
            return getattr(self._target, method)(*arguments, **named)

        return call
