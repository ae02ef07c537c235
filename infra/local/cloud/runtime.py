"""What runs inside a Lambda worker: loads the handler, answers invocations, reports errors as AWS does.

Messages on the socket are JSON behind a four-byte length. What the function prints goes to the log file, which the
other side empties after every invocation.
"""

import importlib
import json
import logging
import os
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Context:
    """The context object of the Python runtime."""

    function_name: str
    function_version: str
    memory_limit_in_mb: str
    invoked_function_arn: str
    aws_request_id: str
    log_group_name: str
    log_stream_name: str
    deadline: float
    identity: None = None
    client_context: None = None
    tenant_id: None = field(default=None)

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.time()) * 1000))


def run(socket_descriptor: int, log_descriptor: int) -> NoReturn:
    """Never returns: the process ends when its socket closes."""
    code = 0
    try:
        channel = socket.socket(fileno=socket_descriptor)
        _use_log(log_descriptor)
        start = receive(channel)
        if start is not None:
            _serve(channel, start)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001 - the last frame of a forked process: nothing above may run
        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        os._exit(code)


def _serve(channel: socket.socket, start: dict[str, Any]) -> None:
    _enter_sandbox(start)
    try:
        handler = _load(start["handler"])
    except Exception as error:  # noqa: BLE001 - whatever a module raises while it is imported is an init error
        send(channel, {"error": _init_error(start["handler"], error)})
        return
    send(channel, {"ready": True})
    while (call := receive(channel)) is not None:
        send(channel, _invoke(handler, call))


def _invoke(handler: Handler, call: dict[str, Any]) -> dict[str, Any]:
    if call.get("trace_id"):
        os.environ["_X_AMZN_TRACE_ID"] = call["trace_id"]
    context = Context(**call["context"])
    try:
        answer = handler(call["event"], context)
        outcome: dict[str, Any] = {"result": json.dumps(answer, ensure_ascii=False)}
    except Exception as error:  # noqa: BLE001 - a handler may raise anything; the runtime reports it by name
        outcome = {"error": _handler_error(error, context.aws_request_id)}
    sys.stdout.flush()
    sys.stderr.flush()
    return outcome


def _handler_error(error: Exception, request_id: str) -> dict[str, Any]:
    kind = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    if frames and frames[-1].filename == json.encoder.__file__:
        kind = "Runtime.MarshalError"
    trace = traceback.format_list(frames[1:])
    print(f"[ERROR] {kind}: {error}\nTraceback (most recent call last):\n{''.join(trace)}", flush=True)
    return {"errorMessage": str(error), "errorType": kind, "requestId": request_id, "stackTrace": trace}


def _init_error(handler: str, error: Exception) -> dict[str, Any]:
    module, name = handler.rpartition(".")[::2]
    kind, message = type(error).__name__, str(error)
    if isinstance(error, ImportError):
        kind, message = "Runtime.ImportModuleError", f"Unable to import module '{module}': {error}"
    elif isinstance(error, SyntaxError):
        kind, message = "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}"
    elif isinstance(error, AttributeError) and error.name == name:
        kind, message = "Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module}'"
    traceback.print_exception(error)
    return {"errorMessage": message, "errorType": kind, "requestId": "", "stackTrace": []}


def _load(handler: str) -> Handler:
    module, name = handler.rpartition(".")[::2]
    found: Handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    return found


def _enter_sandbox(start: dict[str, Any]) -> None:
    """This function's own environment, folder and import path; nothing of the process it was forked from."""
    os.environ.clear()
    os.environ.update(start["environment"])
    time.tzset()
    os.chdir(start["code"])
    ours = [name for name in sys.modules if name.partition(".")[0] == "infra" or name == "__main__"]
    for name in ours:
        del sys.modules[name]
    inherited = [path for path in sys.path if path and path != start["host_root"]]
    layers = [found for layer in start["layers"] for found in _layer_paths(layer)]
    sys.path[:] = [start["code"], *layers, *inherited]
    sys.argv = [start["handler"]]
    sys.path_importer_cache.clear()
    logging.basicConfig(stream=sys.stdout, format="[%(levelname)s]\t%(asctime)s\t%(message)s")


def _layer_paths(layer: str) -> list[str]:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    wanted = (f"{layer}/python/lib/{version}/site-packages", f"{layer}/python")
    return [path for path in wanted if os.path.isdir(path)]


def _use_log(descriptor: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - the standard streams of this process
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115


def send(channel: socket.socket, message: dict[str, Any]) -> None:
    """Writes one message."""
    body = json.dumps(message).encode()
    channel.sendall(struct.pack("!I", len(body)) + body)


def receive(channel: socket.socket) -> dict[str, Any] | None:
    """Reads one message; None when the other side is gone."""
    header = _exactly(channel, 4)
    if header is None:
        return None
    body = _exactly(channel, struct.unpack("!I", header)[0])
    if body is None:
        return None
    message: dict[str, Any] = json.loads(body)
    return message


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        part = channel.recv(min(size - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)
