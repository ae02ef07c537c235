"""The terminal client's way to the real handlers without a network; a hostile server in between may alter what it hears."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx

from tests.fakes.http import Api

Alter = Callable[[str, str, Any], Any]
"""Given method, path and the answer's JSON, what is told instead."""


def in_process(api: Api, *, alter: Alter = lambda _method, _path, told: told) -> httpx.MockTransport:
    """One request at a time: a handler knows only its current one."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        # What the client didn't sign, nobody signs in its place.
        headers = {"dpop": request.headers.get("dpop", "")}
        if "authorization" in request.headers:
            headers["authorization"] = request.headers["authorization"]
        asked = f"{path}?{request.url.query.decode()}" if request.url.query else path
        with _ALONE:
            reply = api.call(request.method, asked, request.content.decode() or None, **headers)
        body = reply.body
        if reply.status < 300 and body:
            body = json.dumps(alter(request.method, path, json.loads(body)))
        return httpx.Response(reply.status, text=body, headers={"content-type": reply.headers.get("Content-Type", "")})

    return httpx.MockTransport(answer)


_ALONE = threading.Lock()
