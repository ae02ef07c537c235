"""A device's way to its server that is watched call by call, and breaks, or ends with the device, where a test wants it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

Through = Callable[[httpx.BaseTransport], httpx.BaseTransport]


class Killed(BaseException):
    """kill -9: nothing of the device runs on."""


@dataclass
class Breaking(httpx.BaseTransport):
    """`after` hears of each call that was answered, by its method and path without ids, and how many those were.

    A call that is to be signed first isn't counted.
    """

    inner: httpx.BaseTransport
    after: Callable[[str, int], None] = lambda _call, _count: None
    calls: list[str] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    """What was answered last, by call."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.inner.handle_request(request)
        if response.status_code == 401:
            return response
        call = f"{request.method} {_without_ids(request.url.path.removeprefix('/api'))}"
        self.calls.append(call)
        body = response.read() if response.is_success else b""
        self.told[call] = json.loads(body) if body else None
        self.after(call, len(self.calls))
        return response


class Watched:
    """The line of a device, once that is made."""

    line: Breaking

    def __call__(self, inner: httpx.BaseTransport) -> Breaking:
        self.line = Breaking(inner)
        return self.line


def _without_ids(path: str) -> str:
    return "/".join("*" if len(part) == 36 else part for part in path.split("/"))


def killed_after(count: int) -> Through:
    """Once it has had so many answers."""

    def after(_call: str, so_far: int) -> None:
        if so_far == count:
            raise Killed

    return lambda inner: Breaking(inner, after)


def once_after(call: str, act: Callable[[], None]) -> Through:
    """When it has had the first answer to such a call."""
    left = [act]

    def after(answered: str, _count: int) -> None:
        if answered == call and left:
            left.pop()()

    return lambda inner: Breaking(inner, after)


def reply_lost() -> None:
    raise httpx.ReadError("the line broke")
