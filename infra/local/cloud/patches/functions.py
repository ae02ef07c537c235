"""Lambda: workers forked from a warm process, errors by their class name, no host environment, exact logs."""

import hashlib
import json
import os
import sys
import time
from importlib import import_module
from typing import Any

from infra.local.cloud.patches.source import Patch, Source
from infra.local.cloud.pool import Pool, Version
from infra.local.cloud.sandbox import CodeStore, Sandbox, Zygote
from infra.local.cloud.settings import Settings

_REAP_SECONDS = 1.0
_VERSIONED = (
    "CodeSha256",
    "Environment",
    "FunctionArn",
    "Handler",
    "Layers",
    "MemorySize",
    "Role",
    "Timeout",
    "Version",
)
# A way through a proxy and its certificates are needed to reach a model provider; nothing else of the host is.
_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR")

Result = dict[str, Any]


class Functions:
    """Runs invocations in pooled workers; stands in for MiniStack's warm executor."""

    def __init__(self, settings: Settings) -> None:
        self._endpoint = settings.endpoint
        self._code = CodeStore(settings.state_dir / "run")
        self._zygote = Zygote()
        self._zygote.warm_up()
        self._pool = Pool(limit=settings.workers, idle_seconds=settings.worker_idle_seconds)
        self._pool.reap_for_ever(_REAP_SECONDS)
        self._runtime: Any = import_module("ministack.core.lambda_runtime")
        self._service: Any = import_module("ministack.services.lambda_svc")

    def execute(self, function: dict[str, Any], event: Any, request_id: str) -> Result:
        """One invocation, in MiniStack's terms: `body`, `log`, and `error` when the function failed."""
        config = function.get("config") or function
        version = Version(config["FunctionArn"], _digest(config))
        archive = function.get("code_zip")
        if not archive:
            return _failed({"errorMessage": "The function has no code", "errorType": "Runtime.InvalidZip"}, "")
        timeout = float(config.get("Timeout", 3))
        with self._pool.worker(version, lambda: self._start(config, archive)) as sandbox:
            if not sandbox.alive:
                return _failed(sandbox.init_error or {}, sandbox.take_log())
            outcome = sandbox.invoke(self._call(config, event, request_id, timeout), timeout)
            log = sandbox.take_log()
        if outcome is None:
            return _failed(_died(sandbox, request_id, timeout), log)
        if "error" in outcome:
            return _failed(outcome["error"], log)
        return {"body": json.loads(outcome["result"]), "log": log}

    def _start(self, config: dict[str, Any], archive: bytes) -> Sandbox:
        code = self._code.unpacked(archive)
        layers = [self._service._resolve_layer_zip(layer) for layer in config.get("Layers", [])]
        start = {
            "code": code,
            "layers": [self._code.unpacked(layer) for layer in layers if layer],
            "handler": config["Handler"],
            "environment": self._environment(config, code),
        }
        sandbox = Sandbox(zygote=self._zygote, start=start)
        sandbox.wait_loaded()
        return sandbox

    def _environment(self, config: dict[str, Any], code: str) -> dict[str, str]:
        own = {
            name: value
            for name, value in config.get("Environment", {}).get("Variables", {}).items()
            if name not in self._runtime._RESERVED_RUNTIME_ENV_VARS
        }
        name, region = config["FunctionName"], config["FunctionArn"].split(":")[3]
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "HOME": code,
            "NO_PROXY": "127.0.0.1,localhost",
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            **{key: os.environ[key] for key in _NETWORK if key in os.environ},
            **own,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
            "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "LAMBDA_TASK_ROOT": code,
            "_HANDLER": config["Handler"],
            **self._runtime.execution_credentials(config),
        }

    def _call(self, config: dict[str, Any], event: Any, request_id: str, timeout: float) -> dict[str, Any]:
        return {
            "event": event,
            "trace_id": self._service._xray_trace_id_for_invocation(config),
            "context": {
                "function_name": config["FunctionName"],
                "function_version": config.get("Version", "$LATEST"),
                "memory_limit_in_mb": str(config.get("MemorySize", 128)),
                "invoked_function_arn": config["FunctionArn"],
                "aws_request_id": request_id,
                "log_group_name": f"/aws/lambda/{config['FunctionName']}",
                "log_stream_name": config.get("Version", "$LATEST"),
                "deadline": time.time() + timeout,
            },
        }


def _digest(config: dict[str, Any]) -> str:
    told = json.dumps([config.get(key) for key in _VERSIONED], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _failed(error: dict[str, Any], log: str) -> Result:
    return {"body": error, "error": True, "log": log}


def _died(sandbox: Sandbox, request_id: str, timeout: float) -> dict[str, Any]:
    if sandbox.timed_out:
        message, kind = f"Task timed out after {timeout:.2f} seconds", "Sandbox.Timedout"
    else:
        message, kind = "Runtime exited without providing a reason", "Runtime.ExitError"
    return {"errorMessage": f"RequestId: {request_id} Error: {message}", "errorType": kind}


def _install(settings: Settings) -> None:
    service: Any = import_module("ministack.services.lambda_svc")
    service._execute_function_warm = Functions(settings).execute


def _install_proxy_answer(_settings: Settings) -> None:
    service: Any = import_module("ministack.services.lambda_svc")
    translate = service.lambda_execute_result_to_api_proxy_response

    def without_error_text(result: Result) -> tuple[dict[str, Any] | None, str | None]:
        if result.get("error") and not result.get("throttle"):
            body = json.dumps({"message": "Internal server error"})
            return {"statusCode": 502, "headers": {"Content-Type": "application/json"}, "body": body}, None
        answer: tuple[dict[str, Any] | None, str | None] = translate(result)
        return answer

    service.lambda_execute_result_to_api_proxy_response = without_error_text


PATCHES = (
    Patch(
        name="lambda-workers",
        mends=(
            "Every failure was Runtime.HandlerError, so Retry and Catch by class never matched, and it killed the "
            "worker; a silent handler cost 50 ms; the host's environment leaked in; cold starts took 300 ms and 45 MB; "
            "each worker left a folder in /tmp; layers shadowed function code."
        ),
        replaces=(
            Source(
                "ministack.services.lambda_svc:_execute_function_warm",
                "62b9218bef5b948a23c3269d6fb7260f88dda21cb88a1962ab72e4dceac81153",
            ),
            Source(
                "ministack.services.lambda_svc:_resolve_layer_zip",
                "447d3c3ec42c50ada8ce4bdb748efb9b2d03778a235e5680d532b4eb35597cf6",
            ),
            Source(
                "ministack.services.lambda_svc:_xray_trace_id_for_invocation",
                "46cbd1c5214a6df2ea63eca06278bca17faba68b6d2cc9b5cb222abb755ecc87",
            ),
            Source(
                "ministack.core.lambda_runtime:execution_credentials",
                "cffaadc4f396f6e44a2490ca7e3e49fafba0d30ee1a22d6f991a995bc9078463",
            ),
        ),
        apply=_install,
    ),
    Patch(
        name="rest-error-text",
        mends="A failed function's error text and stack trace were sent to the HTTP client; AWS says only 502.",
        replaces=(
            Source(
                "ministack.services.lambda_svc:lambda_execute_result_to_api_proxy_response",
                "36f0ed215e854cb715be3a6e5ffc0a7318caf1f8b7e72e9156e94a73f9edce31",
            ),
        ),
        apply=_install_proxy_answer,
    ),
)
