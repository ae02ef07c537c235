"""The scripted model on a loopback port, in the dialect of OpenAI or of Mistral."""

from __future__ import annotations

import json
import select
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.scripted_model import wire
from tests.scripted_model.scripts import Asked, Fault, Garbage, Script, Scripts, Silence, Stream, Structured
from tests.scripted_model.wire import Dialect


class ScriptedModel:
    """A context manager. `models`: the names it knows; None for any."""

    def __init__(
        self,
        scripts: Scripts | None = None,
        *,
        dialect: Dialect = "openai",
        models: frozenset[str] | None = None,
        port: int = 0,
    ) -> None:
        self.scripts = scripts or Scripts()
        self.dialect, self.models = dialect, models
        self.ending = threading.Event()
        owner = self

        class Handler(_Handler):
            model = owner

        self._server = _Server(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> ScriptedModel:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is no fault of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    model: ScriptedModel
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Says nothing: the log is in the scripts."""

    def do_GET(self) -> None:
        if self.path == "/log":
            log = [{k: v for k, v in vars(a).items() if k != "left"} for a in self.model.scripts.asked]
            self._whole(200, json.dumps(log).encode())
        elif self.path == "/v1/models":
            data = [{"id": name, "object": "model"} for name in sorted(self.model.models or {"scripted"})]
            self._whole(200, json.dumps({"object": "list", "data": data}).encode())
        else:
            self._whole(404, b"{}")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = wire.asked_of(body, secret=(self.headers["Authorization"] or "").removeprefix("Bearer "))
        script = self.model.scripts.take(asked)
        try:
            self._respond(script, asked)
        except OSError:
            asked.left.set()
            self.close_connection = True

    def _respond(self, script: Script, asked: Asked) -> None:
        if self.path != "/v1/chat/completions":
            self._fault(Fault(status=404), asked)
        elif self.model.models is not None and asked.model not in self.model.models:
            self._missing(asked)
        elif wire.misunderstood(asked.body, self.model.dialect):
            self._fault(Fault(status=422, code="invalid_request_error"), asked)
        else:
            self._play(script, asked)

    def _play(self, script: Script, asked: Asked) -> None:
        match script:
            case Stream():
                self._stream(script, asked)
            case Structured():
                time.sleep(script.delay)
                self._whole(200, wire.reply(script, asked))
            case Fault():
                self._fault(script, asked)
            case Garbage():
                self._whole(200, b"<html>\xff\xfe\x00</html>")
            case Silence():
                self._await_leaving(asked)

    def _missing(self, asked: Asked) -> None:
        mistral = self.model.dialect == "mistral"
        self._fault(
            Fault(status=400, code="invalid_model") if mistral else Fault(status=404, code="model_not_found"), asked
        )

    def _fault(self, script: Fault, asked: Asked) -> None:
        message = f"can't do this: {asked.text}"
        self._whole(script.status, wire.error(script.code, message, script.status, self.model.dialect))

    def _whole(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, script: Stream, asked: Asked) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._send(wire.opening(asked), script.piece)
        due = time.monotonic() + script.first_delay
        for text in script.deltas:
            time.sleep(max(0.0, due - time.monotonic()))
            due += script.delay
            self._send(wire.delta(text, asked), script.piece)
        match script.fault:
            case "cut":
                self.close_connection = True
                return
            case "silent":
                self._await_leaving(asked)
                return
            case "garbage":
                self._send(b"data: {{{ not json\n\n", script.piece)
            case "error":
                self._send(wire.busy_in_stream(self.model.dialect), script.piece)
            case None:
                for event in wire.ending(script, asked, self.model.dialect):
                    self._send(event, script.piece)
        self.wfile.write(b"0\r\n\r\n")

    def _send(self, event: bytes, piece: int | None) -> None:
        """One event as one HTTP chunk, or as several."""
        size = piece or len(event)
        for start in range(0, len(event), size):
            part = event[start : start + size]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))

    def _await_leaving(self, asked: Asked) -> None:
        self.close_connection = True
        while not self.model.ending.is_set():
            readable: list[Any] = select.select([self.connection], [], [], 0.02)[0]
            if readable and not self.connection.recv(1024):
                asked.left.set()
                return
