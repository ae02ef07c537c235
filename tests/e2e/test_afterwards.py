"""What must hold once everything else has run: nobody was denied what they need, nothing unexpected happened, nothing is left over."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Stalled
from tests.e2e.hearing import ask
from tests.e2e.person import Person
from tests.e2e.playbook import Playbook, unique
from tests.e2e.stack import Stack, wait_until
from tests.e2e.wire import Wire, new_id
from tests.scripted_model.scripts import ANSWER, Fault
from tests.template import folders


def test_a_model_that_fell_silent_was_asked_again(stalled: Stalled) -> None:
    """Begun with the session, for it takes the provider's whole time limit."""
    finished = stalled.wire.hear("answer_finished", turn_id=stalled.turn, seconds=150)
    assert finished["finish"] == "complete"
    started = [event["attempt"] for event in stalled.wire.heard if event["type"] == "answer_started"]
    assert started == [1, 2]
    (read,) = stalled.person.laptop.turns(finished["chat_id"])
    assert read.answer == "".join(ANSWER.deltas)


def test_every_function_has_run(stack: Stack, person: Person, playbook: Playbook) -> None:
    _tour(stack, person, playbook)
    wanted = {f"/sealmate/local/{name}" for name in folders()}
    wait_until(
        lambda: wanted <= {group for group, line in stack.log_lines() if line.startswith("START")}, "all have run"
    )


def test_nobody_was_denied_and_nothing_unexpected_happened(stack: Stack) -> None:
    told = [(group, line) for group, line in stack.log_lines() if "AccessDenied" in line or '"ERROR"' in line]
    assert told == []
    log = (stack.place.state / "cloud" / "cloud.log").read_text(errors="replace")
    assert [line for line in log.splitlines() if "AccessDenied" in line or "Traceback" in line] == []


def test_nothing_is_left_over(stack: Stack) -> None:
    in_flight = ("MESSAGE", "STREAM")
    wait_until(lambda: not [r for r in stack.rows("TurnsTable") if r["sk"]["S"] in in_flight], "no turn is in flight")
    wait_until(lambda: not stack.holds(), "no hold is left")
    queues = stack.client("sqs")
    for url in queues.list_queues().get("QueueUrls", []):
        assert "Messages" not in queues.receive_message(QueueUrl=url), "dead letters"
    states = stack.client("stepfunctions")
    executions = states.list_executions(stateMachineArn=stack.outputs["AnswerTurn"])["executions"]
    assert {execution["status"] for execution in executions} <= {"SUCCEEDED"}


def _tour(stack: Stack, person: Person, playbook: Playbook) -> None:
    """Whatever subset of the tests ran before: each function is asked for something."""
    laptop = person.laptop
    laptop.whoami(), laptop.wallet(), laptop.ledger(), laptop.mates(), laptop.chats()
    text = unique("This one fails")
    playbook.on(text).add(Fault(status=401), to="stream")
    assert "turn_failed" in ask(laptop, text).kinds
    assert "turn_charged" in ask(laptop, unique("This one doesn't")).kinds
    with Wire(laptop, stack.url) as wire:
        wire.send({"action": "focus", "chat_id": None})
        assert wire.refusal({"action": "stop", "turn_id": new_id()})["code"] == "turn_not_found"
        assert wire.refusal({"action": "resume", "turn_id": new_id()})["code"] == "turn_not_found"
        assert wire.lives()
    for job in ("SweepHolds", "SendReminders"):
        stack.client("lambda").invoke(FunctionName=stack.outputs[job], Payload=b"{}")
    bearer = {"Authorization": f"Bearer {laptop.identity().session.token}"}
    for path in ("/turns", "/account/rotation", "/auth/reset", "/receipts/verify"):
        refused = httpx.post(f"{stack.url}/api{path}", json={}, headers=bearer, trust_env=False, timeout=60)
        assert refused.json()["code"] == "invalid_request"
    nobody = json.dumps({"account_id": new_id()})
    stack.client("stepfunctions").start_execution(stateMachineArn=stack.outputs["EraseAccount"], input=nobody)


_PROBE = """
import os, boto3
from botocore.exceptions import ClientError

def handle(event, context):
    client = boto3.client(event["service"])
    try:
        getattr(client, event["call"])(**event["given"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"
"""


@pytest.fixture(scope="module")
def focus_role(stack: Stack) -> Iterator[Any]:
    """Asks AWS as the role of ws_focus, from within a function that has it; what came of it."""
    functions = stack.client("lambda")
    pages = functions.get_paginator("list_functions").paginate()
    (role,) = [f["Role"] for page in pages for f in page["Functions"] if "WsFocusFunction" in f["FunctionName"]]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("handler.py", _PROBE)
    functions.create_function(
        FunctionName="as-ws-focus",
        Runtime="python3.13",
        Role=role,
        Handler="handler.handle",
        Code={"ZipFile": archive.getvalue()},
        Timeout=20,
    )

    def call(service: str, call: str, **given: Any) -> str:
        event = json.dumps({"service": service, "call": call, "given": given})
        answer = functions.invoke(FunctionName="as-ws-focus", Payload=event)
        return str(json.loads(answer["Payload"].read()))

    yield call
    functions.delete_function(FunctionName="as-ws-focus")


def test_a_function_may_do_what_it_is_given_and_nothing_else(stack: Stack, focus_role: Any) -> None:
    key = {"pk": {"S": "CONNECTION#x"}, "sk": {"S": "CONNECTION"}}
    out = stack.outputs
    assert focus_role("dynamodb", "get_item", TableName=out["ConnectionsTable"], Key=key) == "allowed"
    denied = [
        focus_role("dynamodb", "scan", TableName=out["ConnectionsTable"]),
        focus_role("dynamodb", "delete_item", TableName=out["ConnectionsTable"], Key=key),
        focus_role("dynamodb", "get_item", TableName=out["AccountsTable"], Key=key),
        focus_role("dynamodb", "get_item", TableName=out["ChatsTable"], Key=key),
        focus_role("dynamodb", "get_item", TableName=out["TurnsTable"], Key=key),
        focus_role("dynamodb", "get_item", TableName=out["WalletsTable"], Key=key),
        focus_role("kms", "generate_data_key", KeyId=out["DataKey"], KeySpec="AES_256"),
        focus_role("kms", "generate_mac", KeyId=out["MacKey"], Message=b"x".decode(), MacAlgorithm="HMAC_SHA_256"),
        focus_role("stepfunctions", "start_execution", stateMachineArn=out["AnswerTurn"], input="{}"),
        focus_role("lambda", "invoke", FunctionName=out["SweepHolds"]),
        focus_role("s3", "list_buckets"),
        focus_role("iam", "list_roles"),
    ]
    assert {code.removesuffix("Exception") for code in denied} == {"AccessDenied"}
