"""Comes between two calls to a store: a process dies there, or another one does something meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Killed(BaseException):
    """No `except Exception` sees it, as none sees the end of a process."""


class Interruptions:
    def __init__(self) -> None:
        self._calls_left = 0
        self._happen: Callable[[], None] | None = None

    @contextmanager
    def before_call(self, number: int, happen: Callable[[], None]) -> Iterator[None]:
        """`happen` comes before the call of this number (from 0), once; not at all if there are fewer calls."""
        self._calls_left, self._happen = number, happen
        try:
            yield
        finally:
            self._happen = None

    def wrap(self, store: Any) -> Any:
        return _Interrupted(store, self._pass)

    def _pass(self) -> None:
        happen = self._happen
        if happen is None:
            return
        if self._calls_left:
            self._calls_left -= 1
            return
        self._happen = None
        happen()


class _Interrupted:
    def __init__(self, store: Any, before: Callable[[], None]) -> None:
        self._store, self._before = store, before

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self._before()
            return getattr(self._store, name)(*arguments, **named)

        return call
