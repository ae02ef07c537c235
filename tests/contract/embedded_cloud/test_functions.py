"""Lambda in the embedded cloud: errors, isolation, logs, parallel users, permissions."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config


def test_an_error_is_named_by_its_class_and_leaves_the_worker_alive(probe: Any) -> None:
    before = probe.invoke(do="echo")["pid"]
    error = probe.invoke(do="fail", message="turn-1")
    assert error["errorType"] == "RateLimitedError"
    assert error["errorMessage"] == "turn-1"
    assert "handler.py" in error["stackTrace"][-1]
    assert probe.invoke(do="echo")["pid"] == before


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"do": "exit"}, "Runtime.ExitError"),
        ({"do": "set"}, "Runtime.MarshalError"),
        ({"do": "sleep", "seconds": 5}, "Sandbox.Timedout"),
    ],
)
def test_failures_of_the_runtime_are_named_as_on_aws(probe: Any, event: dict[str, Any], kind: str) -> None:
    assert probe.invoke(**event)["errorType"] == kind
    assert "echo" in probe.invoke(do="echo")


def test_nothing_of_the_hosts_environment_reaches_a_function(probe: Any) -> None:
    told = probe.invoke(do="environment")
    environment = told["environment"]
    assert set(environment) - {"SSL_CERT_FILE", "SSL_CERT_DIR"} <= {
        "PATH", "LANG", "TZ", "HOME", "NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy",
        "AWS_ENDPOINT_URL", "AWS_DISABLE_HOST_PREFIX_INJECTION", "AWS_EC2_METADATA_DISABLED",
        "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME", "LAMBDA_TASK_ROOT", "_HANDLER",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "TABLE", "SOCKET_ENDPOINT", "GREETING",
    }  # fmt: skip
    assert environment["AWS_SECRET_ACCESS_KEY"] != probe.cloud.environment()["AWS_SECRET_ACCESS_KEY"]
    assert told["cwd"] == environment["LAMBDA_TASK_ROOT"] == told["path"][0]


def test_a_layer_is_importable(probe: Any) -> None:
    assert probe.invoke(do="echo")["layer"] == "layer"


def test_all_that_is_printed_is_in_the_log_when_the_answer_is(probe: Any) -> None:
    line = f"line-{time.time_ns()}"
    probe.invoke(do="log", line=line)
    logs, group = probe.client("logs"), f"/aws/lambda/{probe.outputs['Probe']}"
    streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert len(streams) <= 2, "one stream a code version and day, not one an invocation"
    found = logs.filter_log_events(logGroupName=group, filterPattern=f'"{line}"')["events"]
    assert len(found) == 3, "print, logging and a child process"


def test_users_of_one_function_run_in_parallel(probe: Any) -> None:
    with ThreadPoolExecutor(8) as users:
        answers = list(users.map(lambda _: probe.invoke(do="sleep", seconds=1), range(8)))
    assert len({answer["pid"] for answer in answers}) == 8


def test_the_role_decides_what_a_function_may_do(probe: Any) -> None:
    assert probe.invoke(do="put", table=probe.outputs["Table"], key="a")["done"] == "put"
    error = probe.invoke(do="get", table=probe.outputs["Table"], key="a")
    assert error["errorType"] == "ClientError"
    assert "dynamodb:GetItem" in error["errorMessage"]


def test_a_failed_asynchronous_call_lands_in_the_dead_letter_queue(probe: Any) -> None:
    event = {"do": "fail", "message": f"turn-{time.time_ns()}"}
    probe.client("lambda").invoke(
        FunctionName=probe.outputs["Probe"], InvocationType="Event", Payload=json.dumps(event)
    )
    queue = probe.client("sqs")
    answer = queue.receive_message(QueueUrl=probe.outputs["DeadLetters"], WaitTimeSeconds=10)
    assert [json.loads(message["Body"]) for message in answer["Messages"]] == [event]


def test_an_unsigned_or_wrongly_signed_call_is_refused(probe: Any, refusal: Any) -> None:
    administrator = probe.cloud.environment()["AWS_ACCESS_KEY_ID"]
    for key in ("test", "000000000000", administrator):
        stranger = {"aws_access_key_id": key, "aws_secret_access_key": "test"}
        for service, operation in (("dynamodb", "list_tables"), ("s3", "list_buckets"), ("kms", "list_keys")):
            assert refusal(getattr(probe.client(service, **stranger), operation))[1] in {400, 403}
    unsigned = Config(signature_version=UNSIGNED)
    assert refusal(probe.client("s3", config=unsigned).list_buckets)[1] in {400, 403}
