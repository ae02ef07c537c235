"""The warm process that Lambda workers are forked from: third-party packages are imported here, once.

It speaks over one Unix socket: for each byte received with two descriptors (the worker's socket, its log file) it
forks a worker and answers with the process id. It ends when that socket closes.
"""

import ctypes
import gc
import os
import signal
import socket
import struct
import sys
from functools import cache
from importlib import import_module, util
from typing import Any

PRELOADED = (
    "aws_lambda_powertools", "aws_lambda_powertools.logging", "aws_lambda_powertools.metrics",
    "boto3", "boto3.session", "botocore.auth", "botocore.client", "botocore.endpoint", "botocore.handlers",
    "botocore.httpsession", "botocore.parsers", "botocore.serialize", "botocore.session",
    "chalice.app", "concurrent.futures", "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.hpke", "cryptography.hazmat.primitives.asymmetric.ed25519", "email.mime.text",
    "httpx", "mistralai", "pydantic", "pydantic.deprecated.decorator", "pynamodb.models", "pyotp", "uuid", "yaml",
)  # fmt: skip
_CLIENTS = ("apigatewaymanagementapi", "dynamodb", "kms", "lambda", "sesv2", "sqs", "stepfunctions")
_PDEATHSIG = 1


def main(control_descriptor: int) -> None:
    """Serves forks until the control socket closes."""
    control = socket.socket(fileno=control_descriptor)
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # workers are reaped by the kernel
    for name in PRELOADED:
        if util.find_spec(name.partition(".")[0]):
            import_module(name)
    _read_service_models()
    from infra.local.cloud import runtime

    gc.collect()
    gc.freeze()  # so that collections in workers do not touch, and thereby copy, these pages
    while True:
        byte, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if not byte:
            return
        worker = os.fork()
        if worker == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            die_with_parent()
            runtime.run(*descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        control.sendall(struct.pack("!I", worker))


def _read_service_models() -> None:
    """Reads botocore's descriptions of the services in use, so that no worker parses megabytes of JSON again."""
    if not util.find_spec("botocore"):
        return
    loaders: Any = import_module("botocore.loaders")
    read = cache(loaders.JSONFileLoader().load_file)
    loaders.JSONFileLoader.load_file = lambda _self, path: read(path)
    session: Any = import_module("botocore.session").Session()
    for service in _CLIENTS:
        session.create_client(service, "us-east-1", aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106


def die_with_parent() -> None:
    """On Linux the kernel ends this process with its parent; elsewhere the closed socket does, a little later."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
