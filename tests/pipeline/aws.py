"""The stack of template.yaml in this process: moto's tables, keys and Step Functions around our real handlers."""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend

from tests.serial_tables import one_call_at_a_time
from tests.template import ROOT, asl, folders, pascal, resources, substitutions

REGION = "eu-central-1"
_CONFIG: Any = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
_TABLES = {
    "AccountsTable": "ACCOUNTS_TABLE",
    "ChatsTable": "CHATS_TABLE",
    "TurnsTable": "TURNS_TABLE",
    "WalletsTable": "WALLETS_TABLE",
    "ConnectionsTable": "CONNECTIONS_TABLE",
}


@contextmanager
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tables as the template has them, and the state machines with their functions; the environment names them."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.setenv(name, REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(LambdaSimpleBackend, "invoke", _invoke)
    one_call_at_a_time(monkeypatch)  # the branches of a parallel state write at once
    with mock_aws(config=_CONFIG):
        _make_tables(monkeypatch)
        monkeypatch.setenv("DATA_KEY", boto3.client("kms").create_key()["KeyMetadata"]["Arn"])
        monkeypatch.setenv("MAC_KEY", "not-there")
        monkeypatch.setenv("MODEL_SET", "mistral")
        for machine in ("answer_turn", "erase_account"):
            monkeypatch.setenv(f"{machine.upper()}_ARN", _make_state_machine(machine))
        yield


def _make_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    dynamodb = boto3.client("dynamodb")
    known = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    for logical, variable in _TABLES.items():
        properties = resources("AWS::DynamoDB::Table")[logical]["Properties"]
        dynamodb.create_table(TableName=logical, **{k: v for k, v in properties.items() if k in known})
        monkeypatch.setenv(variable, logical)


def _make_state_machine(machine: str) -> str:
    functions = {f"{pascal(name)}Arn": name for name in folders()}
    # The same retries, without their growing waits.
    definition = json.dumps(asl(machine)).replace('"BackoffRate": 2', '"BackoffRate": 1')
    definition = definition.replace('"IntervalSeconds": 2', '"IntervalSeconds": 1')
    for name in substitutions(machine):
        value = _make_function(functions[name]) if name in functions else name
        definition = definition.replace(f"${{{name}}}", value)
    arn: str = boto3.client("stepfunctions").create_state_machine(
        name=machine, definition=definition, roleArn=_role(), type="STANDARD"
    )["stateMachineArn"]
    return arn


def _role() -> str:
    iam = boto3.client("iam")
    try:
        arn: str = iam.get_role(RoleName="role")["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        arn = iam.create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    return arn


def _make_function(name: str) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("handler.py", "")
    arn: str = boto3.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=_role(),
        Handler="handler.handle",
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    return arn


def handler(name: str) -> Any:
    """functions/<name>/handler.py, freshly imported: what Lambda calls."""
    spec = importlib.util.spec_from_file_location(f"functions_{name}", ROOT / "functions" / name / "handler.py")
    assert spec, name
    assert spec.loader, name
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handle


def _invoke(
    _self: object, function_name: str, _qualifier: object, body: Any, _headers: object, response_headers: dict[str, str]
) -> bytes:
    """As Lambda does it: an exception's class name and text are the error."""
    name = function_name.removeprefix(f"arn:aws:lambda:{REGION}:123456789012:function:")
    try:
        return json.dumps(handler(name)(json.loads(body or "{}"), None)).encode()
    except Exception as error:  # noqa: BLE001 - any exception becomes Lambda's error document
        response_headers["x-amz-function-error"] = "Unhandled"
        return json.dumps({"errorMessage": str(error), "errorType": type(error).__name__}).encode()
