"""The contract tests' one function for everything but HTTP: does what its event asks for."""

import importlib
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import boto3

NAME: str = importlib.import_module("probe_layer").NAME


class RateLimitedError(Exception):
    """An error that a state machine names."""


def handle(event: Any, context: Any) -> Any:
    """Runs the command named by the event; WebSocket events answer through `_web_socket`."""
    if "connectionId" in event.get("requestContext", {}):
        return _web_socket(event, context)
    return _COMMANDS[event.get("do", "echo")](event, context)


def _echo(event: Any, context: Any) -> Any:
    return {"echo": event, "pid": os.getpid(), "layer": NAME, "request_id": context.aws_request_id}


def _fail(event: Any, _context: Any) -> Any:
    raise RateLimitedError(event["message"])


def _environment(_event: Any, _context: Any) -> Any:
    return {"environment": dict(os.environ), "cwd": os.getcwd(), "path": sys.path}


def _sleep(event: Any, context: Any) -> Any:
    time.sleep(event["seconds"])
    return {"pid": os.getpid(), "remaining": context.get_remaining_time_in_millis()}


def _log(event: Any, _context: Any) -> Any:
    print(event["line"])  # noqa: T201
    logging.getLogger().warning(event["line"])
    subprocess.run(["echo", event["line"]], check=True)


def _put(event: Any, _context: Any) -> Any:
    boto3.client("dynamodb").put_item(TableName=event["table"], Item={"pk": {"S": event["key"]}})
    return {"done": "put"}


def _get(event: Any, _context: Any) -> Any:
    boto3.client("dynamodb").get_item(TableName=event["table"], Key={"pk": {"S": event["key"]}})


_COMMANDS: dict[str, Callable[[Any, Any], Any]] = {
    "echo": _echo,
    "fail": _fail,
    "environment": _environment,
    "sleep": _sleep,
    "log": _log,
    "put": _put,
    "get": _get,
    "exit": lambda _event, _context: os._exit(3),
    "set": lambda _event, _context: {1, 2},
}


def _web_socket(event: Any, context: Any) -> Any:
    told = event["requestContext"]
    if told["eventType"] == "CONNECT":
        query = event.get("queryStringParameters") or {}
        if "status" in query:
            return {"statusCode": int(query["status"]), "body": "secret reason"}
        if "boom" in query:
            raise RateLimitedError("secret reason")
        offered = event["headers"].get("sec-websocket-protocol", "").split(", ")
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": offered[0]} if offered[0] else {}}
    if told["eventType"] == "DISCONNECT":
        item = {
            "pk": {"S": f"gone#{told['connectionId']}"},
            "code": {"N": str(told["disconnectStatusCode"])},
            "reason": {"S": told["disconnectReason"] or "-"},
        }
        boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
        return {"statusCode": 200}
    return _message(event, told, context)


def _message(event: Any, told: Any, context: Any) -> Any:
    asked = json.loads(event["body"]) if told["routeKey"] == "ask" else {}
    if asked.get("do") == "fail":
        raise RateLimitedError("secret reason")
    if asked.get("do") == "sleep":
        time.sleep(asked["seconds"])
    if asked.get("do") == "silent":
        return {"statusCode": 200, "body": "never sent"}
    answer = {"route": told["routeKey"], "event": event, "pid": os.getpid(), "request_id": context.aws_request_id}
    _gateway().post_to_connection(ConnectionId=told["connectionId"], Data=json.dumps(answer).encode())
    return {"statusCode": 200, "body": "never sent"}


_clients: dict[str, Any] = {}


def _gateway() -> Any:
    if "gateway" not in _clients:
        _clients["gateway"] = boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["SOCKET_ENDPOINT"])
    return _clients["gateway"]
