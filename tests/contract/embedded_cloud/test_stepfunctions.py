"""Step Functions: errors by name, time limits, names, direct integrations."""

import json
import time
import uuid
from typing import Any


def start(probe: Any, machine: str, given: dict[str, Any], **more: Any) -> str:
    answer = probe.client("stepfunctions").start_execution(
        stateMachineArn=probe.outputs[machine], input=json.dumps(given), **more
    )
    return str(answer["executionArn"])


def ended(probe: Any, execution: str) -> Any:
    states = probe.client("stepfunctions")
    for _ in range(400):
        found = states.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            return found
        time.sleep(0.02)
    raise AssertionError("the execution does not end")


def test_catch_matches_the_class_of_a_functions_error(probe: Any) -> None:
    found = ended(probe, start(probe, "Work", {"do": "fail", "message": "turn-1"}))
    output = json.loads(found["output"])
    assert output["caught"] == "RateLimitedError"
    assert json.loads(output["cause"])["errorMessage"] == "turn-1"


def test_an_error_that_is_not_named_goes_on(probe: Any) -> None:
    found = ended(probe, start(probe, "Work", {"do": "exit"}))
    assert (found["status"], found["error"]) == ("FAILED", "Runtime.ExitError")


def test_the_time_limit_of_a_machine_is_kept(probe: Any) -> None:
    execution = start(probe, "Work", {"do": "sleep", "seconds": 3})
    found = ended(probe, execution)
    assert (found["status"], found["error"]) == ("TIMED_OUT", "States.Timeout")
    time.sleep(1.5)  # the function's end must not change it
    assert ended(probe, execution)["status"] == "TIMED_OUT"


def test_no_time_is_lost_before_the_first_state(probe: Any) -> None:
    ended(probe, start(probe, "Line", {}))
    found = ended(probe, start(probe, "Line", {}))
    history = probe.client("stepfunctions").get_execution_history(executionArn=found["executionArn"])["events"]
    assert (history[1]["timestamp"] - history[0]["timestamp"]).total_seconds() < 0.15


def test_five_functions_run_in_a_row(probe: Any) -> None:
    assert ended(probe, start(probe, "Line", {"x": 1}))["status"] == "SUCCEEDED"


def test_a_direct_call_of_dynamodb_works(probe: Any) -> None:
    table, name = probe.client("dynamodb"), uuid.uuid4().hex
    table.put_item(TableName=probe.outputs["Table"], Item={"pk": {"S": name}})
    assert ended(probe, start(probe, "Work", {}, name=name))["status"] == "SUCCEEDED"
    assert "Item" not in table.get_item(TableName=probe.outputs["Table"], Key={"pk": {"S": name}})


def test_a_standard_name_is_one_execution(probe: Any, refusal: Any) -> None:
    given, name = {"do": "sleep", "seconds": 1}, uuid.uuid4().hex
    first = start(probe, "Kept", given, name=name)
    assert start(probe, "Kept", given, name=name) == first
    again = {"stateMachineArn": probe.outputs["Kept"], "name": name}
    states = probe.client("stepfunctions")
    assert refusal(states.start_execution, input="{}", **again)[0] == "ExecutionAlreadyExists"
    ended(probe, first)
    assert refusal(states.start_execution, input=json.dumps(given), **again)[0] == "ExecutionAlreadyExists"


def test_an_express_name_is_not_unique(probe: Any) -> None:
    name = uuid.uuid4().hex
    first, second = (start(probe, "Work", {}, name=name) for _ in range(2))
    assert first != second
    assert ended(probe, first)["name"] == ended(probe, second)["name"] == name


def test_a_schedule_fires(probe: Any) -> None:
    line, moment = f"fired-{uuid.uuid4().hex}", time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 1))
    arn = probe.client("lambda").get_function(FunctionName=probe.outputs["Probe"])["Configuration"]
    probe.client("scheduler").create_schedule(
        Name=line,
        ScheduleExpression=f"at({moment})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": arn["FunctionArn"],
            "RoleArn": arn["Role"],
            "Input": json.dumps({"do": "log", "line": line}),
        },
    )
    logs, group = probe.client("logs"), f"/aws/lambda/{probe.outputs['Probe']}"
    for _ in range(200):
        if logs.filter_log_events(logGroupName=group, filterPattern=f'"{line}"')["events"]:
            return
        time.sleep(0.1)
    raise AssertionError("the schedule did not fire")
