"""What was made so far, one of each a process; tests put fakes in their places."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

T = TypeVar("T")

_made: dict[str, object] = {}


def once(make: Callable[[], T]) -> Callable[[], T]:
    """One object a process, kept under the function's name."""

    @wraps(make)
    def get() -> T:
        if make.__name__ not in _made:
            _made[make.__name__] = make()
        return _made[make.__name__]  # type: ignore[return-value]

    return get


def override(**fakes: object) -> None:
    """Puts fakes in the place of what the wiring makes, by the functions' names; `override()` alone forgets everything made."""
    if not fakes:
        _made.clear()
    _made.update(fakes)
