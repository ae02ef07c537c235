"""The WebSocket as a small port, and its adapter to the `websockets` library."""

import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from sealmate_cli.errors import ClientError

MAX_MESSAGE_BYTES = 128 * 1024
MAX_FRAME_BYTES = 32 * 1024


class SocketClosed(Exception):
    """The connection fell or could not be made; worth another try."""


class Socket(Protocol):
    """`receive` gives whole messages; both raise SocketClosed."""

    async def send(self, frames: list[str]) -> None: ...
    async def receive(self) -> str | bytes: ...
    async def close(self) -> None: ...


Dial = Callable[[str], Awaitable[Socket]]
"""Opens a socket with a ticket; raises SocketClosed."""


def frames(action: dict[str, Any]) -> list[str]:
    """One message in frames of at most 32 KB, cut between characters; longer than 128 KB is refused here."""
    text = json.dumps(action, ensure_ascii=False, separators=(",", ":"))
    data = text.encode()
    if len(data) > MAX_MESSAGE_BYTES:
        raise ClientError("request_too_large", "This message is too long.", "Shorten it, or send it in parts.")
    return list(_cut(data))


def _cut(data: bytes) -> Iterable[str]:
    while data:
        end = min(MAX_FRAME_BYTES, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # inside a character
            end -= 1
        yield data[:end].decode()
        data = data[end:]


class WebSocket:
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, frames: list[str]) -> None:
        try:
            await self._connection.send(frames)
        except ConnectionClosed as error:
            raise SocketClosed from error

    async def receive(self) -> str | bytes:
        try:
            return await self._connection.recv()
        except ConnectionClosed as error:
            raise SocketClosed from error

    async def close(self) -> None:
        await self._connection.close()


def dial_server(server: str) -> Dial:
    """`server` is the origin, http or https; the WebSocket lives at its /ws."""
    parts = urlsplit(server)
    scheme = "wss" if parts.scheme == "https" else "ws"

    async def dial(ticket: str) -> Socket:
        protocols = [Subprotocol("sealmate.v1"), Subprotocol(f"ticket.{ticket}")]
        try:
            connection = await connect(
                f"{scheme}://{parts.netloc}{parts.path}/ws",
                subprotocols=protocols,
                max_size=MAX_MESSAGE_BYTES,
                proxy=None if is_loopback(server) else True,
            )
        except InvalidStatus as error:
            if error.response.status_code == 403:
                raise ClientError(
                    "foreign_origin", "The server refused this connection.", "Check the server's address."
                ) from error
            raise SocketClosed from error
        except (OSError, InvalidHandshake, TimeoutError) as error:
            raise SocketClosed from error
        return WebSocket(connection)

    return dial


def is_loopback(server: str) -> bool:
    host = urlsplit(server).hostname or ""
    return host in ("localhost", "::1") or host.endswith(".localhost") or host.startswith("127.")
