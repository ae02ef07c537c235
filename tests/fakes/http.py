"""A client of the REST API in process: builds the events that API Gateway sends and reads the replies it would pass on."""

from __future__ import annotations

import importlib
import json
import re
from dataclasses import dataclass
from typing import Any


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
        self._apps = [importlib.import_module(f"functions.{name}.handler").app for name in functions]

    def call(self, method: str, path: str, body: object = None, *, source: str = "192.0.2.1", **headers: str) -> Reply:
        """`body`: text as it is, everything else as JSON. Header names are written with underscores."""
        app, resource, parameters = self._route(path)
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        sent = {"content-type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
        event = {
            "httpMethod": method,
            "resource": resource,
            "path": path,
            "headers": sent,
            "multiValueHeaders": {name: [value] for name, value in sent.items()},
            "multiValueQueryStringParameters": None,
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
