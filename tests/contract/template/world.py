"""The stack in this process, where every call to AWS is noted beside the function that makes it.

A function runs in the environment template.yaml gives it and in no other, on tables, keys and a mail service that moto plays.
WebSockets and the language model are answered here.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import boto3
import httpx
import pytest
from botocore.client import BaseClient
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from sealmate import settings, wiring
from sealmate.adapters.dynamodb import table
from tests.fakes.clock import FakeClock
from tests.fakes.http import Api, Reply
from tests.pipeline.aws import handler
from tests.scripted_model import wire
from tests.scripted_model.scripts import Asked, Scripts, Stream, Structured
from tests.template import Json, pascal, resources, template

REGION = "eu-central-1"
SENDER = "hello@sealmate.example"
ORIGIN = "https://sealmate.example"
GONE = "gone"
_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


class Call(NamedTuple):
    """`resource` is a logical name of the template; `key` is what a policy can narrow it by.

    That is the partition key where one row is read or written, the purpose of a data key, and how a connection is used.
    """

    function: str
    action: str
    resource: str
    key: str = ""


class HurriedClock(FakeClock):
    """Every look at it takes most of a second, so that what is done once a second is done."""

    def monotonic(self) -> float:
        self.sleep(0.6)
        return super().monotonic()


class World:
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.calls: set[Call] = set()
        self.clock = HurriedClock()
        self.scripts = Scripts()
        self.function = ""
        self._patch = patch
        self._http = httpx.Client(transport=httpx.MockTransport(self._answer))
        self._snapshot = threading.Event()
        self._names: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._make()
        self._note_calls()
        self._set(self._variables())

    # --- running functions ---

    @contextmanager
    def running(self, function: str) -> Iterator[None]:
        """What is called in here is called by this function, which is new in its process."""
        own = resources("AWS::Serverless::Function")[f"{pascal(function)}Function"]["Properties"]
        self._set({**self._variables(functions=False), **own.get("Environment", {}).get("Variables", {})})
        self.function = function
        try:
            yield
        finally:
            self.function = ""
            self._set(self._variables())

    def call(self, function: str, event: Mapping[str, Any]) -> Any:
        with self.running(function):
            return handler(function)(event, None)

    def mailed_code(self, email: str) -> str:
        sent = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
        bodies = [mail.body for mail in sent if mail.destinations["ToAddresses"] == [email]]
        found = [code for body in bodies for code in re.findall(r"\b\d{6}\b", body)]
        return str(found[-1])

    def _set(self, variables: Mapping[str, Any]) -> None:
        """This environment, and nothing made in another one."""
        for name in self._variables():
            self._patch.delenv(name, raising=False)
        for name, value in variables.items():
            self._patch.setenv(name, self._resolve(value))
        settings.settings.cache_clear()
        wiring.override()
        wiring.override(clock=self.clock, http=self._http)

    @staticmethod
    def _variables(*, functions: bool = True) -> Json:
        named: Json = dict(template()["Globals"]["Function"]["Environment"]["Variables"])
        for function in resources("AWS::Serverless::Function").values() if functions else ():
            named |= function["Properties"].get("Environment", {}).get("Variables", {})
        return named

    def _resolve(self, value: Any) -> str:
        match value:
            case {"Ref": name}:
                return self._values[name]
            case {"Fn::GetAtt": [name, "Arn"]}:
                return self._values[name]
            case {"Fn::Sub": text}:
                return re.sub(r"\$\{([\w:]+)\}", lambda found: self._values[found[1]], text)
            case {"Fn::If": [_, on_aws, _elsewhere]}:
                return self._resolve(on_aws)
        return str(value)

    # --- what stands around them ---

    def _make(self) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            self._patch.setenv(name, "testing")
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            self._patch.setenv(name, REGION)
        self._patch.delenv("AWS_ENDPOINT_URL", raising=False)
        self._values = {name: str(given["Default"]) for name, given in template()["Parameters"].items()}
        self._values |= {"ModelSet": "custom", "ModelUrl": "https://model.example", "ModelName": "scripted"}
        self._values |= {
            "Origins": ORIGIN,
            "MailAddress": SENDER,
            "Socket": "socket",
            "AWS::Region": REGION,
            "AWS::URLSuffix": "aws",
        }
        known = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        for name, made in resources("AWS::DynamoDB::Table").items():
            shape: Any = {key: value for key, value in made["Properties"].items() if key in known}
            boto3.client("dynamodb").create_table(TableName=name, **shape)
            self._values[name] = name
        kms = boto3.client("kms")
        for name, made in resources("AWS::KMS::Key").items():
            shape = {key: value for key, value in made["Properties"].items() if key in ("KeySpec", "KeyUsage")}
            self._values[name] = kms.create_key(**shape)["KeyMetadata"]["Arn"]
        boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
        role = boto3.client("iam").create_role(RoleName="world", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        machine = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
        for name in resources("AWS::Serverless::StateMachine"):
            self._values[name] = boto3.client("stepfunctions").create_state_machine(
                name=name, definition=json.dumps(machine), roleArn=role
            )["stateMachineArn"]
        self._names = {value: name for name, value in self._values.items()}

    def _note_calls(self) -> None:
        call: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

        def noted(client: Any, operation: str, params: Any) -> Any:
            if self.function:
                service = client.meta.service_model.service_name
                self.calls |= {Call(self.function, *made) for made in self._calls(service, operation, params)}
            done = call(client, operation, params)
            changed = set(params.get("ExpressionAttributeNames", {}).values())
            if "snapshot" in changed and "mate" not in changed:
                self._snapshot.set()
            return done

        self._patch.setattr(BaseClient, "_make_api_call", noted)

    def _calls(self, service: str, operation: str, params: Any) -> Iterator[tuple[str, str, str]]:
        """As IAM sees it: a transaction needs the right to each of its writes, a query of an index the right to that index."""
        match service, operation:
            case "dynamodb", "TransactWriteItems":
                for item in params["TransactItems"]:
                    ((kind, write),) = item.items()
                    yield f"dynamodb:{_WRITES[kind]}", write["TableName"], ""
            case "dynamodb", "BatchWriteItem":
                for name in params["RequestItems"]:
                    yield f"dynamodb:{operation}", name, ""
            case "dynamodb", _:
                index = f"/index/{params['IndexName']}" if params.get("IndexName") else ""
                yield (
                    f"dynamodb:{operation}",
                    params["TableName"] + index,
                    params.get("Key", {}).get("pk", {}).get("S", ""),
                )
            case "kms", _:
                purpose = params.get("EncryptionContext", {}).get("purpose", "")
                yield f"kms:{operation}", self._names[params["KeyId"]], purpose
            case "ses", _:
                assert SENDER in params["Source"]
                yield f"ses:{operation}", "MailAddress", ""
            case "stepfunctions", _:
                yield f"states:{operation}", self._names[params["stateMachineArn"]], ""
            case _:
                yield f"{service}:{operation}", "*", ""

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host.startswith("socket.execute-api."):
            self.calls.add(Call(self.function, "execute-api:ManageConnections", "Socket", request.method))
            return httpx.Response(410 if request.url.path.endswith(f"/{GONE}") else 200)
        body = json.loads(request.content)
        asked = wire.asked_of(body, secret=request.headers.get("authorization", ""))
        script = self.scripts.take(asked)
        if isinstance(script, Structured):
            return httpx.Response(200, content=wire.reply(script, asked))
        assert isinstance(script, Stream)
        return httpx.Response(200, content=self._stream(script, asked))

    def _stream(self, script: Stream, asked: Asked) -> Iterator[bytes]:
        self._snapshot.clear()
        yield wire.opening(asked)
        for text in script.deltas:
            yield wire.delta(text, asked)
        if script.fault:
            # Not before what was streamed so far is stored, for someone to resume from.
            assert self._snapshot.wait(10)
            yield wire.busy_in_stream("openai")
            return
        yield from wire.ending(script, asked, "openai")


class WorldApi(Api):
    """The REST API, each call in the function that serves it."""

    def __init__(self, world: World) -> None:
        super().__init__(
            "http_auth",
            "http_account",
            "http_rotation",
            "http_reset",
            "http_erasures",
            "http_apps",
            "http_chats",
            "http_turns",
            "http_billing",
        )
        self._world = world

    def _call_once(self, method: str, path: str, body: object, *, source: str, **headers: str) -> Reply:
        app, _, _ = self._route(path.partition("?")[0])
        with self._world.running(app.app_name):
            return super()._call_once(method, path, body, source=source, **headers)


@contextmanager
def world() -> Iterator[World]:
    table.connection.cache_clear()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        yield World(patch)
    settings.settings.cache_clear()
    table.connection.cache_clear()
    wiring.override()
