"""Least privilege: each function may do what it was seen doing, on the tables and keys it did it on, and little else."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from typing import Any, NamedTuple

import pytest

from tests.contract.template.walk import walk
from tests.contract.template.world import Call, world
from tests.template import folders, pascal, resources, states, substitutions


class Grant(NamedTuple):
    """`keys` is a pattern of the `key` of a Call."""

    action: str
    resource: str
    keys: str = "*"


# By what a statement may be narrowed: each is a condition of one key.
_NARROWED_BY = {
    ("ForAllValues:StringLike", "dynamodb:LeadingKeys"),
    ("StringEquals", "kms:EncryptionContext:purpose"),
}
_SOCKET = re.compile(r"\$\{Socket\}/ws/(POST|DELETE)/@connections/\*")

_SETTLES = {
    Grant("dynamodb:PutItem", "WalletsTable"): "the turn was answered between two readings, so it is settled here"
}
# Rights that only a race needs, which the walk doesn't meet.
SELDOM = {
    "ws_ask": _SETTLES
    | {Grant("kms:Decrypt", "DataKey", "turn"): "a turn that is known and streams already is resumed"},
    "ws_resume": _SETTLES,
    "job_sweep_holds": {
        Grant("dynamodb:ConditionCheckItem", "WalletsTable"): "Billing ended the hold after the query that found it"
    },
}


@pytest.fixture(scope="module")
def seen() -> set[Call]:
    with world() as seeing:
        walk(seeing)
        return seeing.calls


def _resource(written: Any) -> str:
    """A logical name; with a path behind it for an index."""
    match written:
        case {"Fn::GetAtt": [name, "Arn"]} | {"Ref": name}:
            return str(name)
        case {"Fn::Sub": text}:
            if index := re.fullmatch(r"\$\{(\w+)\.Arn\}(/index/\w+)", text):
                return index[1] + index[2]
            here = r"arn:\$\{AWS::Partition\}:[a-z-]+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:"
            if known := re.fullmatch(here + rf"(?:{_SOCKET.pattern}|identity/\$\{{(MailAddress)\}})", text):
                return str(known[2] or "Socket")
    raise AssertionError(f"{written} is not a resource of this stack")


def grants(function: str) -> set[Grant]:
    policies = resources("AWS::Serverless::Function")[f"{pascal(function)}Function"]["Properties"]["Policies"]
    found = set()
    for statement in (statement for policy in policies for statement in policy["Statement"]):
        assert statement["Effect"] == "Allow"
        resource = _resource(statement["Resource"])
        found |= {
            Grant(action, resource, keys) for action in _listed(statement["Action"]) for keys in _narrowed(statement)
        }
    return found


def _narrowed(statement: Any) -> list[str]:
    if "Condition" in statement:
        ((operator, limits),) = statement["Condition"].items()
        ((key, values),) = limits.items()
        assert (operator, key) in _NARROWED_BY
        return _listed(values)
    socket = _SOCKET.search(str(statement["Resource"]))
    return [socket[1]] if socket else ["*"]


def _listed(written: Any) -> list[str]:
    return written if isinstance(written, list) else [written]


def _covers(grant: Grant, call: Call) -> bool:
    return grant[:2] == (call.action, call.resource) and fnmatch(call.key, grant.keys)


@pytest.mark.parametrize("function", folders())
def test_a_function_may_do_what_it_does(function: str, seen: set[Call]) -> None:
    missing = {c for c in seen if c.function == function and not any(_covers(g, c) for g in grants(function))}
    assert not missing


@pytest.mark.parametrize("function", folders())
def test_a_function_may_do_little_else(function: str, seen: set[Call]) -> None:
    done = [call for call in seen if call.function == function]
    assert done, "the walk calls every function"
    spare = {grant for grant in grants(function) if not any(_covers(grant, call) for call in done)}
    assert spare == set(SELDOM.get(function, {}))


@pytest.mark.parametrize("function", folders())
def test_no_action_is_a_wildcard(function: str) -> None:
    assert [grant for grant in grants(function) if "*" in grant.action] == []


@pytest.mark.parametrize("function", folders())
def test_each_use_of_the_data_key_names_its_purpose(function: str) -> None:
    assert [grant for grant in grants(function) if grant.resource == "DataKey" and "*" in grant.keys] == []


def test_the_erasing_state_machine_may_call_its_function_alone() -> None:
    invoke, own = resources("AWS::Serverless::StateMachine")["EraseAccountStateMachine"]["Properties"]["Policies"]
    assert invoke == {"LambdaInvokePolicy": {"FunctionName": {"Ref": "JobEraseAccountFunction"}}}
    (logs,) = own["Statement"]
    assert {action.split(":")[0] for action in logs["Action"]} == {"logs"}


def test_the_state_machine_may_do_what_its_states_do() -> None:
    *invoke, own = resources("AWS::Serverless::StateMachine")["AnswerTurnStateMachine"]["Properties"]["Policies"]
    invoked = {policy["LambdaInvokePolicy"]["FunctionName"]["Ref"] for policy in invoke}
    assert invoked == {f"{name.removesuffix('Arn')}Function" for name in substitutions() if name.endswith("Arn")}
    table, logs = own["Statement"]
    assert (table["Action"], _resource(table["Resource"])) == ("dynamodb:DeleteItem", "TurnsTable")
    used = {state["Resource"] for state in states().values() if "arn:" in state.get("Resource", "")}
    assert used == {"arn:aws:states:::dynamodb:deleteItem"}
    assert logs["Resource"] == "*"
    assert {action.split(":")[0] for action in logs["Action"]} == {"logs"}, (
        "only log delivery knows no narrower resource"
    )
