"""erase_account.asl.json: a loop over one job, in which every failure is caught and nothing but ids and counts travels."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sealmate.accounts.erasing import EraseRemains
from sealmate.accounts.records import Erasure
from sealmate.adapters.erasures import EraseAccountMachine
from tests.contract.template.test_names import timeout_of
from tests.contract.template.test_state_machine import VALIDATOR
from tests.fakes.accounts import FakeRemains, Rows
from tests.fakes.clock import FakeClock
from tests.template import Json, asl, resources, states, substitutions

MACHINE = asl("erase_account")
STATES = states(MACHINE)
PROPERTIES = resources("AWS::Serverless::StateMachine")["EraseAccountStateMachine"]["Properties"]


def test_its_one_task_is_the_job() -> None:
    assert [name for name, state in STATES.items() if state["Type"] == "Task"] == ["EraseAccount"]
    assert STATES["EraseAccount"]["Resource"] == "${JobEraseAccountArn}"
    assert PROPERTIES["DefinitionSubstitutions"] == {
        "JobEraseAccountArn": {"Fn::GetAtt": ["JobEraseAccountFunction", "Arn"]}
    }
    assert substitutions("erase_account") == set(PROPERTIES["DefinitionSubstitutions"])


def test_it_may_last_and_no_task_hangs() -> None:
    assert PROPERTIES["Type"] == "STANDARD", "it waits longer than an Express execution lives"
    task = STATES["EraseAccount"]
    assert timeout_of("job_erase_account") < task["TimeoutSeconds"] < MACHINE["TimeoutSeconds"]
    assert task["Retry"][-1]["ErrorEquals"] == task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    assert STATES[task["Catch"][-1]["Next"]]["Type"] == "Fail"


def test_ids_and_counts_travel() -> None:
    assert STATES["EraseAccount"]["Parameters"] == {"account_id.$": "$.account_id"}
    batch = erasing(FakeRemains(Rows(erasing={"a": gone(0)})), FakeClock())("a")
    assert all(isinstance(count, int) for count in batch.values())
    read = {STATES["LetTurnsEnd"]["SecondsPath"], *(c["Variable"] for c in STATES["WhatIsLeft"]["Choices"])}
    assert {path.removeprefix("$.batch.") for path in read} <= set(batch)
    assert STATES["EraseAccount"]["ResultPath"] == "$.batch"


# --- walked through ---


def gone(at: int) -> Erasure:
    return Erasure(account_id="a", erasure_id="e", shredded_at=at, email_sealed=b"")


def erasing(remains: FakeRemains, clock: FakeClock, *, trouble: int = 0) -> EraseRemains:
    """Whose end has to be tried some times more."""
    waits = [600] * trouble

    def close(erasure: Erasure) -> int:
        if waits:
            return waits.pop()
        remains.forget(erasure.account_id)
        return 0

    return EraseRemains(clock=clock, remains=remains, close=close)


def walked(remains: FakeRemains, clock: FakeClock, *, trouble: int = 0, limit: int = 100) -> list[str]:
    """The states an execution passes, as Amazon States Language says they follow each other."""
    erase, name = erasing(remains, clock, trouble=trouble), MACHINE["StartAt"]
    passed: list[str] = []
    batch: dict[str, int] = {}
    while len(passed) < limit:
        passed.append(name)
        state: Mapping[str, Any] = STATES[name]
        match state["Type"]:
            case "Task":
                batch, name = erase("a"), state["Next"]
            case "Choice":
                chosen = (c["Next"] for c in state["Choices"] if batch[c["Variable"].removeprefix("$.batch.")] > 0)
                name = next(chosen, state["Default"])
            case "Wait":
                clock.advance(batch["wait"])
                name = state["Next"]
            case "Succeed":
                return passed
    raise AssertionError("it never ends")


@pytest.mark.parametrize("rows", [0, 1, 1234])
def test_it_ends_when_nothing_is_left(rows: int) -> None:
    clock = FakeClock()
    kept = Rows(erasing={"a": gone(clock.now())})
    remains = FakeRemains(kept)
    remains.left["a"] = rows
    passed = walked(remains, clock)
    assert passed[-1] == "Erased"
    assert passed.count("LetTurnsEnd") == 1
    assert (remains.left["a"], kept.erasing) == (0, {})


def test_it_waits_for_an_end_that_has_to_be_tried_again() -> None:
    clock = FakeClock()
    passed = walked(FakeRemains(Rows(erasing={"a": gone(clock.now())})), clock, trouble=3)
    assert (passed[-1], passed.count("LetTurnsEnd")) == ("Erased", 4)


def test_it_ends_at_once_for_an_account_that_lives() -> None:
    assert walked(FakeRemains(Rows()), FakeClock()) == ["EraseAccount", "WhatIsLeft", "Erased"]


# --- started ---


def test_it_is_started_by_the_account_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("stepfunctions", region_name="eu-central-1")
        machine: Json = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
        arn = client.create_state_machine(
            name="erase_account", definition=json.dumps(machine), roleArn="arn:aws:iam::123456789012:role/any"
        )["stateMachineArn"]
        start = EraseAccountMachine(state_machine=arn, client=client).start
        assert start("a")
        assert start("a"), "it runs already, or has run"
        (execution,) = client.list_executions(stateMachineArn=arn)["executions"]
        given = client.describe_execution(executionArn=execution["executionArn"])["input"]
        assert json.loads(given) == {"account_id": "a"}
        assert not EraseAccountMachine(state_machine=f"{arn}-gone", client=client).start("a")


def test_the_definition_is_valid() -> None:
    assert VALIDATOR.exists(), "make contract installs it"
    done = subprocess.run(
        [VALIDATOR, "--json-definition", json.dumps(MACHINE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
