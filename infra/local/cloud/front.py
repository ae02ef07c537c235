"""The one origin people use: /api and /ws go to the stack's APIs, /mail shows its mails, the rest is the web app.

In the cloud CloudFront does the same mapping, so a browser never sees a difference. Requests are rewritten inside
the process, not proxied.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from infra.local.cloud import site
from infra.local.cloud.settings import REGION, Settings

_ACCOUNT = "000000000000"
_NAMES_OF_THIS_HOST = {"localhost", "127.0.0.1"}
_FORWARDING_HEADERS = {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-port"}


class Front:
    """ASGI app of the front port. `gateway` is MiniStack's own ASGI app."""

    def __init__(self, settings: Settings, gateway: Any) -> None:
        self._settings = settings
        self._gateway = gateway

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not _addressed_to_us(scope):
            # A foreign name that resolves to 127.0.0.1 must not read mails or act as this origin.
            await plain(send, 421, "This server answers to localhost only.\n", scope["type"])
            return
        path: str = scope["path"]
        if scope["type"] == "websocket":
            if path == "/ws":
                await self._forward(scope, receive, send, self._web_socket_path())
            else:
                await plain(send, 404, "The WebSocket API is at /ws.\n", "websocket")
        elif path == "/api" or path.startswith("/api/"):
            await self._forward(scope, receive, send, self._rest_path(scope["raw_path"].decode("ascii")))
        elif path == "/mail":
            await _mails(scope, send)
        elif (root := self._settings.static_dir) and (root / "index.html").is_file():
            await self._static(scope, send, root)
        elif path == "/":
            await plain(send, 200, self._signpost())
        else:
            await plain(send, 404, "Nothing is here; / says what is where.\n")

    async def _forward(self, scope: Any, receive: Any, send: Any, target: str | None) -> None:
        if target is None:
            await plain(send, 503, "The stack is not deployed.\n", scope["type"])
            return
        client, port = scope["client"][0], str(self._settings.front_port)
        forwarded = [
            (b"x-forwarded-for", client.encode()),  # never the client's own: it would choose its address
            (b"x-forwarded-proto", b"http"),
            (b"x-forwarded-port", port.encode()),
        ]
        kept = [(name, value) for name, value in scope["headers"] if name.lower() not in _FORWARDING_HEADERS]
        rewritten = {"path": unquote(target), "raw_path": target.encode("ascii"), "headers": kept + forwarded}
        await self._gateway({**scope, **rewritten}, receive, send)

    def _rest_path(self, path: str) -> str | None:
        """The execute-api path of a request: /api is kept where the API itself has it, as with a CloudFront origin."""
        stage = self._resource("AWS::ApiGateway::Stage")
        api = self._resource("AWS::ApiGateway::RestApi")
        if not (api and stage):
            return None
        rest: Any = import_module("ministack.services.apigateway_v1")
        stages = rest._stages_v1.get_scoped(_ACCOUNT, REGION, api, {})
        name = stage if stage in stages else stage.rsplit("/", 1)[-1].rsplit("-", 1)[-1]
        resources = rest._resources.get_scoped(_ACCOUNT, REGION, api, {}).values()
        has_prefix = any(found["path"] == "/api" or found["path"].startswith("/api/") for found in resources)
        inner = path if has_prefix else path.removeprefix("/api") or "/"
        return f"/_aws/execute-api/{api}/{name}{inner}"

    def _web_socket_path(self) -> str | None:
        api = self._resource("AWS::ApiGatewayV2::Api")
        if not api:
            return None
        sockets: Any = import_module("ministack.services.apigateway")
        stages = sockets._stages.get_scoped(_ACCOUNT, REGION, api, {})
        return f"/_aws/execute-api/{api}/{next(iter(stages))}" if stages else None

    def _resource(self, kind: str) -> str | None:
        """The physical id of the stack's resource of this type."""
        stacks: Any = import_module("ministack.services.cloudformation")._stacks
        stack = stacks.get_scoped(_ACCOUNT, REGION, self._settings.stack) or {}
        for resource in stack.get("_resources", {}).values():
            if resource.get("ResourceType") == kind:
                return str(resource["PhysicalResourceId"])
        return None

    async def _static(self, scope: Any, send: Any, root: Path) -> None:
        file = site.find(root, scope["path"])
        if file is None:
            await plain(send, 404, "Nothing is here.\n")
            return
        packs = b"gzip" in _header(scope, b"accept-encoding")
        await site.send_file(send, file, path=scope["path"], packs=packs)

    def _signpost(self) -> str:
        return (
            "Sealmate, local cloud\n\n"
            f"  {self._settings.front}/api/...   REST API\n"
            f"  ws://localhost:{self._settings.front_port}/ws      WebSocket API\n"
            f"  {self._settings.front}/mail      mails this stack sent, newest first\n"
            f"  {self._settings.endpoint}      AWS endpoint (signed requests)\n"
        )


def mails() -> list[dict[str, Any]]:
    """Mails sent through SES in this process, newest first: from, to, subject, text, sent_at (Unix seconds)."""
    ses: Any = import_module("ministack.services.ses")
    sent = [mail for _, box in ses._sent_emails.all_items() for mail in box]
    newest_first = sorted(sent, key=lambda mail: mail["Timestamp"], reverse=True)
    return [
        {
            "from": mail.get("Source", ""),
            "to": mail.get("To", []),
            "subject": mail.get("RenderedSubject") or mail.get("Subject", ""),
            "text": mail.get("RenderedBodyText") or mail.get("BodyText", ""),
            "sent_at": mail["Timestamp"],
        }
        for mail in newest_first
    ]


async def _mails(scope: Any, send: Any) -> None:
    """For a person as text, in which nothing can run; for programs, the web app among them, as JSON."""
    if b"text/html" in _header(scope, b"accept"):
        await plain(send, 200, _as_text(mails()))
    else:
        await _answer(send, 200, "application/json", json.dumps(mails(), indent=2).encode())


def _as_text(sent: list[dict[str, Any]]) -> str:
    if not sent:
        return "No mail was sent yet. No mail leaves this machine: they are shown here.\n"
    return ("\n" + "-" * 72 + "\n\n").join(
        f"From: {mail['from']}\nTo: {', '.join(mail['to'])}\nSubject: {mail['subject']}\n\n{mail['text'].strip()}\n"
        for mail in sent
    )


async def plain(send: Any, status: int, text: str, kind: str = "http") -> None:
    """Answers with a line of text; a WebSocket handshake is refused with the same status."""
    await _answer(send, status, "text/plain; charset=utf-8", text.encode(), kind)


async def _answer(send: Any, status: int, content_type: str, body: bytes, kind: str = "http") -> None:
    prefix = "http.response" if kind == "http" else "websocket.http.response"
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-cache"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": f"{prefix}.start", "status": status, "headers": headers})
    await send({"type": f"{prefix}.body", "body": body})


def _addressed_to_us(scope: Any) -> bool:
    return _header(scope, b"host").decode("latin-1").rsplit(":", 1)[0] in _NAMES_OF_THIS_HOST


def _header(scope: Any, wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name.lower() == wanted), b"")
