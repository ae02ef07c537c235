"""WebSocket APIs: our data plane in place of MiniStack's, and close codes that Hypercorn loses."""

from importlib import import_module
from typing import Any
from urllib.parse import unquote

from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message, Ping
from wsproto.frame_protocol import CloseReason

from infra.local.cloud.patches.source import Patch, Source
from infra.local.cloud.settings import Settings


def _install_data_plane(settings: Settings) -> None:
    from infra.local.cloud import websocket

    limits = websocket.Limits(idle_seconds=settings.socket_idle_seconds, life_seconds=settings.socket_life_seconds)

    async def handle(scope: Any, receive: Any, send: Any, api_id: str, path_override: str | None = None) -> None:
        stage = (path_override or scope["path"]).strip("/").split("/", 1)[0]
        session = websocket.Session(scope=scope, receive=receive, send=send, api_id=api_id, stage=stage, limits=limits)
        await session.run()

    async def connections(
        method: str, api_id: str, stage: str, connection_id: str, body: bytes, _headers: Any
    ) -> tuple[int, dict[str, Any], bytes]:
        return await websocket.manage(method, api_id, stage, unquote(connection_id), body)

    apigateway: Any = import_module("ministack.services.apigateway")
    apigateway.handle_websocket = handle
    apigateway.handle_connections_api = connections


def _install_close_codes(_settings: Settings) -> None:
    stream: Any = import_module("hypercorn.protocol.ws_stream")

    async def handle_events(self: Any) -> None:
        for event in self.connection.events():
            if isinstance(event, Message):
                try:
                    self.buffer.extend(event)
                except stream.FrameTooLargeError:
                    await self._send_wsproto_event(CloseConnection(code=CloseReason.MESSAGE_TOO_BIG))
                    break
                if event.message_finished:
                    await self.app_put(self.buffer.to_message())
                    self.buffer.clear()
            elif isinstance(event, Ping):
                await self._send_wsproto_event(event.response())
            elif isinstance(event, CloseConnection):
                if self.connection.state is ConnectionState.REMOTE_CLOSING:
                    await self._send_wsproto_event(event.response())
                elif self.connection.state is ConnectionState.OPEN:  # the client broke the protocol
                    await self._send_wsproto_event(CloseConnection(code=event.code))
                told = {"type": "websocket.disconnect", "code": int(event.code), "reason": event.reason}
                await self.app_put(told)
                await self.send(stream.StreamClosed(stream_id=self.stream_id))

    stream.WSStream._handle_events = handle_events


PATCHES = (
    Patch(
        name="websocket-data-plane",
        mends=(
            "One worker served all users of a route and one frame of a socket at a time; $connect refusals were always "
            "403; subprotocols were never answered; error texts and bodies were sent to clients; $connect could be "
            "called by name; unknown stages were accepted; no size, idle or lifetime limit; GetConnection was empty."
        ),
        replaces=(
            Source(
                "ministack.services.apigateway:handle_websocket",
                "6d609b2db6a0147dcd30bb3c0cb300f9d3a911573b52bb8604a71eaf89677c34",
            ),
            Source(
                "ministack.services.apigateway:handle_connections_api",
                "6fe56ee5b2472e1f394acaf8d7d1ee8b40e40c263cbb0422387903a6fd235b10",
            ),
            Source(
                "ministack.services.apigateway:_ws_request_context",
                "e390977481e01074532fb051248f19abbebb9932dc7d8917ba6802c35b83069c",
            ),
            Source(
                "ministack.services.apigateway:_ws_connect_fields",
                "104417719d1c95a1716b5b465967a948bf01f050b5d16d4ce86be3fee937c214",
            ),
            Source(
                "ministack.services.apigateway:_refuse_ws_handshake",
                "2e33e15c084bc0dc3246cdb1aaae21b9ebc9293fa8ae9111a5eba6e600e5a898",
            ),
            Source(
                "ministack.services.apigateway:_evaluate_route_selection",
                "b830318e61ab9b64562d8d32a81997b27d280f61ad44f3fd1e5a532081ca1ec7",
            ),
            Source(
                "ministack.services.lambda_svc:_execute_function_with_config_scope",
                "26a9d5f64e175204f214ed7f1c472e4cfe59e44d31fd1ff3b56e00c649f3ea82",
            ),
            Source(
                "ministack.core.concurrency:run_reentrant",
                "bd6c9a9940ab3b7f6cd633f6dd458a93ee9383cfbca84b488aa19486f18e82f8",
            ),
        ),
        apply=_install_data_plane,
    ),
    Patch(
        name="websocket-close-codes",
        mends="$disconnect was told 1006 for every close, and a client that broke the protocol got no close frame.",
        replaces=(
            Source(
                "hypercorn.protocol.ws_stream:WSStream._handle_events",
                "b90f3f595ff9fd4722f15769e9c40d113838a1deb6f3ecc0f63dc8ffc1d7f8e8",
            ),
        ),
        apply=_install_close_codes,
    ),
)
