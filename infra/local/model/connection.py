"""Ties work to the caller who waits for it: bounded reading, an end when the caller leaves, slots given back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from infra.local.model.wire import BadRequest

Result = TypeVar("Result")
LARGEST_BODY = 2 << 20


class EventStream(StreamingResponse):
    """A stream that gives the engine's slot back however it ends."""

    def __init__(self, content: AsyncIterator[str], held: AsyncExitStack) -> None:
        super().__init__(content, media_type="text/event-stream", headers={"cache-control": "no-store"})
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held:
            await super().__call__(scope, receive, send)


async def body_of(request: Request) -> bytes:
    """The whole body; 413 once it grows too large."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            raise BadRequest(413, "body_too_large", f"the body exceeds {LARGEST_BODY} bytes: send less")
    return bytes(body)


async def while_connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """The work's result; the work is cancelled when the caller goes away, so that its slot is free again."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request.receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _gone(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
