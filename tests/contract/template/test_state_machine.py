"""answer_turn.asl.json: every task ends in time, every failure is caught by a name that exists, and no state passes prose."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sealmate import errors
from sealmate.turns import stages
from sealmate.turns.ports import Turn
from sealmate.turns.start import Execute
from tests.contract.template.sources import entries, entry_of
from tests.contract.template.test_names import timeout_of
from tests.template import Json, asl, pascal, states

TASKS = {name: state for name, state in states().items() if state["Type"] == "Task"}
STAGES = {pascal(folder.removeprefix("turn_")): folder for folder in entries("stage")}
VALIDATOR = Path(__file__).parent / "node_modules" / ".bin" / "asl-validator"
# Of the service itself, not of ours.
_AWS = ("States.", "Lambda.")
# Texts an output may hold: a catalog's name, two letters of ISO 639-1, an error's code. None can be a person's words.
NAMES = {"mate", "language", "code"}
# What the first state is given: turns.start.Execute.
PAYLOAD = {"account_id", "turn_id", "chat_id", "connection_id", "characters"}


def _parallel_of(name: str) -> Json | None:
    found = [s for s in states().values() if any(name in states(branch) for branch in s.get("Branches", []))]
    return found[0] if found else None


@pytest.mark.parametrize("name", TASKS)
def test_every_task_ends_is_retried_and_caught(name: str) -> None:
    task, parallel = TASKS[name], _parallel_of(name)
    assert task["TimeoutSeconds"] > 0
    assert task["Retry"]
    catches = task.get("Catch") or (parallel or {}).get("Catch")
    assert catches, "what fails is caught, here or by the Parallel state around it"
    assert catches[-1]["ErrorEquals"] == ["States.ALL"], "nothing slips through"


@pytest.mark.parametrize("name", STAGES)
def test_timeouts_are_nested(name: str) -> None:
    assert timeout_of(STAGES[name]) <= TASKS[name]["TimeoutSeconds"] <= asl()["TimeoutSeconds"] <= 300


def _caught() -> Iterator[tuple[str, str]]:
    for name, state in states().items():
        for handler in [*state.get("Retry", []), *state.get("Catch", [])]:
            for error in handler["ErrorEquals"]:
                yield name, error


def test_every_error_named_is_one_of_ours_or_of_aws() -> None:
    unknown = {error for _, error in _caught() if not error.startswith(_AWS) and error not in errors.BY_NAME}
    assert not unknown


def test_retries_of_a_provider_name_what_is_worth_a_retry() -> None:
    retried = {error for state, error in _caught() if state in STAGES and error in errors.BY_NAME}
    assert {"ProviderBusy", "ProviderUnavailable"} <= retried
    assert not retried & {"ProviderRefused", "ProviderGarbled", "ModelMissing"}


def test_a_failure_reaches_the_function_that_tells_the_client() -> None:
    for name, state in states().items():
        for handler in state.get("Catch", []):
            if handler["Next"] == "Failed":
                assert handler["ResultPath"] == "$.failure", name
    assert asl()["States"]["Failed"]["Catch"][-1]["Next"] in asl()["States"]


# --- what travels between states ---


def _shape(name: str) -> type[BaseModel]:
    shape: type[BaseModel] = getattr(stages, name)
    return shape


def _output(state: str) -> type[BaseModel]:
    returns = entry_of(STAGES[state]).returns
    assert returns, state
    return _shape(returns)


@pytest.mark.parametrize("name", STAGES)
def test_parameters_are_the_fields_of_the_stage(name: str) -> None:
    given = {key.removesuffix(".$") for key in TASKS[name]["Parameters"]}
    assert given == set(_shape(name).model_fields)


@pytest.mark.parametrize("name", STAGES)
def test_parameters_come_from_the_payload_or_an_output(name: str) -> None:
    known = {f"$.{field}" for field in PAYLOAD} | {"$$.Execution.Id", "$.failure"}
    for state in STAGES:
        path = TASKS[state].get("ResultPath")
        known |= {f"{path}.{field}" for field in _output(state).model_fields}
    assert set(TASKS[name]["Parameters"].values()) <= known


@pytest.mark.parametrize("name", STAGES)
def test_no_output_holds_prose(name: str) -> None:
    for field, info in _output(name).model_fields.items():
        assert _is_count_or_choice(info) or field in NAMES, f"{name}.{field}"


def _is_count_or_choice(info: FieldInfo) -> bool:
    """Numbers, and texts of a closed list."""
    annotation: Any = info.annotation
    options = [option for option in (get_args(annotation) or [annotation]) if option is not type(None)]
    return all(option in (int, float, bool) for option in options) or all(isinstance(option, str) for option in options)


def test_states_of_aws_get_keys_only() -> None:
    for name in set(TASKS) - set(STAGES):
        assert set(TASKS[name]["Parameters"]) == {"TableName", "Key"}, name
        paths = set(re.findall(r"\$\.\w+", json.dumps(TASKS[name]["Parameters"]["Key"])))
        assert paths <= {"$.account_id", "$.turn_id"}


def test_the_payload_is_what_starts_an_execution() -> None:
    started: list[Mapping[str, object]] = []

    class Recording:
        def start(self, *, turn_id: str, payload: Mapping[str, object]) -> None:
            assert turn_id == payload["turn_id"]
            started.append(payload)

    turn = Turn(account_id="a", turn_id="t", chat_id="c", connection_id="w", status="asked", created_at=0, characters=1)
    Execute(executions=Recording())(turn)
    assert set(started[0]) == PAYLOAD


# --- the reference checker ---


def _checked(definition: Json) -> subprocess.CompletedProcess[str]:
    assert VALIDATOR.exists(), "make contract installs it"
    return subprocess.run(
        [VALIDATOR, "--json-definition", json.dumps(definition)], capture_output=True, text=True, check=False
    )


def test_the_definition_is_valid() -> None:
    done = _checked(asl())
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_checker_sees_a_state_that_is_not_there() -> None:
    broken = {**asl(), "StartAt": "Nowhere"}
    assert _checked(broken).returncode != 0
