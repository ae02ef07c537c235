"""The data plane of a WebSocket API as API Gateway behaves: handshake, routes, limits, closing, @connections."""

import asyncio
import base64
import json
import os
import time
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

MESSAGE_BYTES = 128 * 1024
INTEGRATION_SECONDS = 29.0
_SEND_SECONDS = 10.0
_FRAMES_AT_ONCE = 100
_REFUSALS = {401: "Unauthorized", 403: "Forbidden"}

apigateway: Any = import_module("ministack.services.apigateway")
lambda_service: Any = import_module("ministack.services.lambda_svc")
concurrency: Any = import_module("ministack.core.concurrency")
responses: Any = import_module("ministack.core.responses")

Event = dict[str, Any]


class IntegrationError(Exception):
    """The route's function failed, ran out of time or answered out of form; what it said stays here."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a connection may be silent, and how long it may live."""

    idle_seconds: float
    life_seconds: float


@dataclass(kw_only=True)
class Connection:
    """One open socket, as @connections sees it."""

    api_id: str
    stage: str
    send: Any
    source_ip: str
    headers: dict[str, str]
    id: str = field(default_factory=lambda: base64.urlsafe_b64encode(os.urandom(11)).decode())
    opened: float = field(default_factory=time.time)
    active: float = field(default_factory=time.time)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, text: str) -> bool:
        """Sends a text frame; False when the client is gone or does not read."""
        if self.closing.is_set():
            return False
        try:
            await asyncio.wait_for(self.send({"type": "websocket.send", "text": text}), _SEND_SECONDS)
        except Exception:  # noqa: BLE001 - any failure to write means that the client is gone
            self.closing.set()
            return False
        self.active = time.time()
        return True


connections: dict[str, Connection] = {}


class Session:
    """Drives one connection from the handshake to $disconnect."""

    def __init__(self, *, scope: Any, receive: Any, send: Any, api_id: str, stage: str, limits: Limits) -> None:
        owner = apigateway._api_owner(api_id)
        self._scope, self._receive, self._send, self._limits = scope, receive, send, limits
        found: tuple[str, str, str] = owner or ("", "", "")
        self._kind, self._account, self._region = found
        headers = {name.decode("latin-1").lower(): value.decode("utf-8", "replace") for name, value in scope["headers"]}
        self._connection = Connection(
            api_id=api_id, stage=stage, send=send, source_ip=scope["client"][0], headers=headers
        )
        self._query = parse_qs(scope.get("query_string", b"").decode("utf-8", "replace"), keep_blank_values=True)
        self._routes: dict[str, Any] = {}

    async def run(self) -> None:
        await self._receive()  # websocket.connect
        if self._kind != "WEBSOCKET":
            return await self._refuse(403)
        responses._request_account_id.set(self._account)
        responses._request_region.set(self._region)
        here = self._connection
        self._routes = {route["routeKey"]: route for route in apigateway._routes.get(here.api_id, {}).values()}
        if here.stage not in apigateway._stages.get_scoped(self._account, self._region, here.api_id, {}):
            return await self._refuse(403)
        protocol: str | None = None
        if "$connect" in self._routes:
            try:
                answer = await self._invoke(
                    "$connect", "CONNECT", apigateway._ws_connect_fields(here.headers, self._query)
                )
            except IntegrationError:
                return await self._refuse(502)
            if not 200 <= answer["statusCode"] < 300:
                return await self._refuse(answer["statusCode"])
            protocol = self._accepted_protocol(answer)
        await self._send({"type": "websocket.accept", "subprotocol": protocol})
        connections[here.id] = here
        code, reason = 1006, ""
        try:
            code, reason = await self._listen()
        finally:
            here.closing.set()
            connections.pop(here.id, None)
            if "$disconnect" in self._routes:
                told = {"disconnectStatusCode": code, "disconnectReason": reason}
                await asyncio.gather(self._invoke("$disconnect", "DISCONNECT", {}, **told), return_exceptions=True)

    async def _listen(self) -> tuple[int, str]:
        """Takes frames until one side ends it; the close code and reason."""
        here, busy = self._connection, asyncio.Semaphore(_FRAMES_AT_ONCE)
        running: set[asyncio.Task[None]] = set()
        closed = asyncio.ensure_future(here.closing.wait())
        incoming = asyncio.ensure_future(self._receive())
        try:
            while True:
                await asyncio.wait({incoming, closed}, timeout=self._patience(), return_when=asyncio.FIRST_COMPLETED)
                if closed.done():
                    return await self._close(1000, "")
                if not incoming.done():
                    if self._patience() > 0:
                        continue
                    return await self._close(1001, "Going away")
                message = incoming.result()
                if message["type"] == "websocket.disconnect":
                    return int(message.get("code") or 1005), message.get("reason") or ""
                here.active = time.time()
                body, encoded = _payload(message)
                if body is None:
                    return await self._close(1009, "Message too big")
                await busy.acquire()
                task = asyncio.create_task(self._answer(body, encoded=encoded))
                running.add(task)
                task.add_done_callback(running.discard)
                task.add_done_callback(lambda _: busy.release())
                incoming = asyncio.ensure_future(self._receive())
        finally:
            closed.cancel()
            incoming.cancel()

    def _patience(self) -> float:
        """Seconds until the connection has been silent, or has lived, for too long."""
        here, now = self._connection, time.time()
        return max(0.0, min(here.active + self._limits.idle_seconds, here.opened + self._limits.life_seconds) - now)

    async def _answer(self, body: str, *, encoded: bool) -> None:
        chosen = "$default" if encoded else self._chosen_route(body)
        key = chosen if chosen in self._routes and not chosen.startswith("$") else "$default"
        message_id = responses.new_uuid()
        if key not in self._routes:
            await self._say_problem("Forbidden", message_id)
            return
        try:
            answer = await self._invoke(
                key, "MESSAGE", {"body": body, "isBase64Encoded": encoded}, messageId=message_id
            )
        except TimeoutError:
            await self._say_problem("Endpoint request timed out", message_id)
        except IntegrationError:
            await self._say_problem("Internal server error", message_id)
        else:
            if self._routes[key].get("routeResponseSelectionExpression") and answer.get("body"):
                await self._connection.say(str(answer["body"]))

    def _chosen_route(self, body: str) -> str:
        api = apigateway._apis.get_scoped(self._account, self._region, self._connection.api_id) or {}
        try:
            return str(apigateway._evaluate_route_selection(api.get("routeSelectionExpression"), body))
        except RecursionError:  # JSON nested too deeply to be read
            return "$default"

    async def _invoke(self, key: str, kind: str, event: Event, **told: Any) -> Event:
        """The function's answer, with an integer statusCode; raises IntegrationError or TimeoutError."""
        here, route = self._connection, self._routes[key]
        context = apigateway._ws_request_context(
            here.api_id, key, here.stage, here.id, kind, responses.new_uuid(), here.source_ip, here.headers
        )
        context |= {"connectedAt": int(here.opened * 1000), "messageDirection": "IN", **told}
        integrations = apigateway._integrations.get(here.api_id, {})
        integration = integrations.get(route.get("target", "").rsplit("/", 1)[-1], {})
        reference = apigateway._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
        record, config, _ = lambda_service._get_func_record_for_ref_in_scope(
            reference, account_id=self._account, region=self._region
        )
        if not record:
            raise IntegrationError("no such function")
        function = lambda_service._execution_record_for_config(record, config)
        running = concurrency.run_reentrant(
            lambda_service._execute_function_with_config_scope,
            function,
            {"isBase64Encoded": False, **event, "requestContext": context},
        )
        done, _ = await asyncio.wait({asyncio.ensure_future(running)}, timeout=INTEGRATION_SECONDS)
        if not done:
            raise TimeoutError
        result = done.pop().result()
        answer = result.get("body")
        if result.get("error") or not isinstance(answer, dict) or not str(answer.get("statusCode", "")).isdigit():
            raise IntegrationError(key)
        return {**answer, "statusCode": int(answer["statusCode"])}

    def _accepted_protocol(self, answer: Event) -> str | None:
        named = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        protocol = named.get("sec-websocket-protocol")
        return protocol if protocol in self._scope.get("subprotocols", []) else None

    async def _refuse(self, status: int) -> None:
        message = _REFUSALS.get(status, "Internal server error" if status >= 500 else "Forbidden")
        await apigateway._refuse_ws_handshake(
            self._scope, self._send, status, message, self._connection.id, responses.new_uuid()
        )

    async def _close(self, code: int, reason: str) -> tuple[int, str]:
        self._connection.closing.set()
        await self._send({"type": "websocket.close", "code": code, "reason": reason or None})
        return code, reason

    async def _say_problem(self, message: str, request_id: str) -> None:
        told = {"message": message, "connectionId": self._connection.id, "requestId": request_id}
        await self._connection.say(json.dumps(told))


def _payload(message: Event) -> tuple[str | None, bool]:
    """A frame's body as an event carries it, and whether it is base64; no body when it is too big."""
    text, data = message.get("text"), message.get("bytes")
    raw = text.encode() if text is not None else data or b""
    if len(raw) > MESSAGE_BYTES:
        return None, False
    return (text, False) if text is not None else (base64.b64encode(raw).decode(), True)


async def manage(method: str, api_id: str, stage: str, connection_id: str, body: bytes) -> tuple[int, Event, bytes]:
    """The @connections API: post a message, look at a connection, close it."""
    found = connections.get(connection_id)
    if not found or (found.api_id, found.stage) != (api_id, stage):
        return _problem(410, "GoneException")
    if method == "POST":
        if len(body) > MESSAGE_BYTES:
            return _problem(413, "PayloadTooLargeException")
        sent = await found.say(apigateway._post_to_connection_text(body))
        return (200, {"Content-Type": "application/json"}, b"") if sent else _problem(410, "GoneException")
    if method == "GET":
        told = {
            "connectedAt": _iso(found.opened),
            "lastActiveAt": _iso(found.active),
            "identity": {"sourceIp": found.source_ip, "userAgent": found.headers.get("user-agent", "")},
        }
        return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()
    if method == "DELETE":
        found.closing.set()
        return 204, {}, b""
    return _problem(405, "MethodNotAllowedException")


def _problem(status: int, kind: str) -> tuple[int, Event, bytes]:
    body = json.dumps({"message": kind}).encode()
    return status, {"Content-Type": "application/json", "x-amzn-ErrorType": kind}, body


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
