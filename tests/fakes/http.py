"""A client of the REST API in process: builds the events that API Gateway sends and reads the replies it would pass on.

It signs as a client does: a sign-in's step at once, and elsewhere what it is told to sign.
"""

from __future__ import annotations

import importlib
import json
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from sealmate_cli.device_keys import make_device_key, signer

ADDRESS = "https://sealmate.example"
# Of the steps that begin a session, what in the body names them.
_STEPS = {
    "/auth/signup/complete": "signup_token",
    "/auth/login/totp": "login_id",
    "/auth/login/security-key": "login_id",
    "/auth/login/passkey": "challenge_id",
    "/auth/pairing/finish": "pairing_id",
}


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The problem's code; AssertionError if this is no problem document."""
        assert self.headers.get("Content-Type") == "application/problem+json", self.body
        assert self.json["status"] == self.status
        return str(self.json["code"])


class Api:
    """Knows the routes of the functions named, each a folder of functions/."""

    def __init__(self, *functions: str) -> None:
        self.sign = signer(make_device_key(), time.time)
        self._apps = [importlib.import_module(f"functions.{name}.handler").app for name in functions]

    def call(self, method: str, path: str, body: object = None, *, source: str = "192.0.2.1", **headers: str) -> Reply:
        """`body`: text as it is, everything else as JSON. Header names are written with underscores. A `dpop` is sent as given."""
        if "dpop" in headers:
            return self._call_once(method, path, body, source=source, **headers)
        if path in _STEPS and isinstance(body, dict):
            step = str(body.get(_STEPS[path])).partition(".")[0]
            headers = {**headers, "dpop": self.proof(method, path, step)}
        reply = self._call_once(method, path, body, source=source, **headers)
        if reply.status != 401 or reply.code != "device_proof_needed":
            return reply
        signed = {**headers, "dpop": self.proof(method, path, reply.json["nonce"])}
        return self._call_once(method, path, body, source=source, **signed)

    def proof(self, method: str, path: str, nonce: str) -> str:
        return self.sign(method, f"{ADDRESS}/api{path}", nonce)

    def _call_once(self, method: str, path: str, body: object, *, source: str, **headers: str) -> Reply:
        path, _, query = path.partition("?")
        app, resource, parameters = self._route(path)
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        sent = {"content-type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
        event = {
            "httpMethod": method,
            "resource": resource,
            "path": path,
            "headers": sent,
            "multiValueHeaders": {name: [value] for name, value in sent.items()},
            "multiValueQueryStringParameters": parse_qs(query) or None,
            "pathParameters": parameters,
            "stageVariables": None,
            "body": text,
            "isBase64Encoded": False,
            "requestContext": {
                "httpMethod": method,
                "resourcePath": resource,
                "requestId": "request-1",
                "identity": {"sourceIp": source},
            },
        }
        answer = app(event, None)
        return Reply(status=answer["statusCode"], headers=_flat(answer), body=answer["body"])

    def post(self, path: str, body: object = None, **headers: str) -> Reply:
        return self.call("POST", path, body, **headers)

    def get(self, path: str, **headers: str) -> Reply:
        return self.call("GET", path, **headers)

    def _route(self, path: str) -> tuple[Any, str, dict[str, str]]:
        for app in self._apps:
            for resource in app.routes:
                found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", resource), path)
                if found:
                    return app, resource, found.groupdict()
        raise AssertionError(f"no function serves {path}")


def _flat(answer: dict[str, Any]) -> dict[str, str]:
    several = {name: ", ".join(values) for name, values in answer.get("multiValueHeaders", {}).items()}
    return {**answer["headers"], **several}
