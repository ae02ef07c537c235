"""Step Functions: no start delay, time limits of whole executions, names as AWS treats them, bounded history."""

import json
import threading
import uuid
from importlib import import_module
from typing import Any

from infra.local.cloud.patches.source import Patch, Source, rewrite
from infra.local.cloud.settings import Settings

_EXPRESS_SECONDS = 300.0
_FINISHED_KEPT = 500

Execution = dict[str, Any]

_MODULE = "ministack.services.stepfunctions"


def _install_prompt_start(_settings: Settings) -> None:
    rewrite(f"{_MODULE}:_run_execution", {"    time.sleep(0.15)\n\n": ""})


def _install_time_limit(_settings: Settings) -> None:
    states: Any = import_module(_MODULE)
    walk, fail, task = states._run_execution, states._fail_execution, states._execute_task

    def run(arn: str) -> None:
        execution = states._executions.get(arn)
        limit = _time_limit(states, execution) if execution else None
        if limit is None:
            walk(arn)
            return
        clock = threading.Timer(limit, _expire, [states, execution])
        clock.daemon = True
        clock.start()
        try:
            walk(arn)
        finally:
            clock.cancel()

    def fail_if_running(execution: Execution, error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":  # a late failure must not overwrite TIMED_OUT or ABORTED
            fail(execution, error, cause)

    def task_if_running(state: Any, given: Any, execution: Execution, context: Any) -> Any:
        if execution and execution["status"] != "RUNNING":
            raise states._ExecutionError("States.Timeout", "the execution has ended")
        return task(state, given, execution, context)

    states._run_execution, states._fail_execution, states._execute_task = run, fail_if_running, task_if_running


def _time_limit(states: Any, execution: Execution) -> float | None:
    machine = states._state_machines.get(execution["stateMachineArn"]) or {}
    try:
        seconds = json.loads(machine.get("definition", "{}")).get("TimeoutSeconds")
    except ValueError:
        return None
    if machine.get("type") == "EXPRESS":
        return min(float(seconds or _EXPRESS_SECONDS), _EXPRESS_SECONDS)
    return float(seconds) if seconds else None


def _expire(states: Any, execution: Execution) -> None:
    if execution["status"] != "RUNNING":
        return
    execution |= {"status": "TIMED_OUT", "error": "States.Timeout", "stopDate": states.now_iso()}
    states._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {"error": "States.Timeout"}})
    states._emit_execution_status_event(execution)


def _install_names(_settings: Settings) -> None:
    states: Any = import_module(_MODULE)

    def execution_arn(machine: dict[str, Any], name: str) -> str:
        scope = f"arn:aws:states:{states.get_region()}:{states.get_account_id()}"
        if machine.get("type") == "EXPRESS":
            return f"{scope}:express:{machine['name']}:{name}:{uuid.uuid4()}"
        return f"{scope}:execution:{machine['name']}:{name}"

    fragment = (
        '    exec_arn = (f"arn:aws:states:{get_region()}:{get_account_id()}"\n'
        "                f\":execution:{sm['name']}:{name}\")\n"
    )
    rewrite(
        f"{_MODULE}:_start_execution",
        {fragment: "    exec_arn = _execution_arn(sm, name)\n"},
        _execution_arn=execution_arn,
    )
    start, emit = states._start_execution, states._emit_execution_status_event

    def start_once(data: dict[str, Any]) -> Any:
        machine_arn = states._resolve_state_machine_arn(data.get("stateMachineArn", "").partition("#")[0])
        if machine_arn and data.get("name"):
            arn = execution_arn(states._state_machines[machine_arn], data["name"])
            known = states._executions.get(arn)
            if known and known["status"] == "RUNNING" and known["input"] == data.get("input", "{}"):
                return states.json_response({"executionArn": arn, "startDate": known["startDate"]})
        _forget_old(states)
        return start(data)

    def emit_for_standard(execution: Execution) -> None:
        if ":express:" not in execution["executionArn"]:
            emit(execution)

    states._start_execution, states._emit_execution_status_event = start_once, emit_for_standard


def _forget_old(states: Any) -> None:
    executions = states._executions._data
    if len(executions) > 2 * _FINISHED_KEPT:
        finished = [key for key, found in list(executions.items()) if found["status"] != "RUNNING"]
        for key in finished[:-_FINISHED_KEPT]:
            executions.pop(key, None)


def _install_throttle_name(_settings: Settings) -> None:
    rewrite(
        f"{_MODULE}:_call_lambda",
        {
            '    if result.get("error"):\n': (
                '    if result.get("throttle"):\n'
                '        raise _ExecutionError("Lambda.TooManyRequestsException", json.dumps(result["body"]))\n'
                '    if result.get("error"):\n'
            )
        },
    )


PATCHES = (
    Patch(
        name="execution-start",
        mends="Every execution waited 150 ms before its first state.",
        replaces=(
            Source(
                "ministack.services.stepfunctions:_run_execution",
                "996dff84e0e0605ae3ffb450d0dfa0adc150caa811d0715fc2d4eb7cf28a1648",
            ),
        ),
        apply=_install_prompt_start,
    ),
    Patch(
        name="execution-time-limit",
        mends=(
            "A state machine's TimeoutSeconds was ignored, Express executions could run for ever, and a late failure "
            "overwrote ABORTED."
        ),
        replaces=(
            Source(
                "ministack.services.stepfunctions:_fail_execution",
                "e6da895fa0b74cddd3335ba9ff53624510d2f5c8c98a44cfaa119b7ec65cd71f",
            ),
            Source(
                "ministack.services.stepfunctions:_execute_task",
                "53c818d247dba62c49b82c78ad185f18083422f2bc30168836d7b4f2dae28d9a",
            ),
            Source(
                "ministack.services.stepfunctions:_add_event",
                "b1db143ccd21809d3aa32e79439b7971c7af7b50dcee5533ed2cce923742ac6a",
            ),
        ),
        apply=_install_time_limit,
    ),
    Patch(
        name="execution-names",
        mends=(
            "Starting a running STANDARD execution again with its name and input was refused rather than answered, "
            "Express names had to be unique, Express executions published events, and finished ones were kept for ever."
        ),
        replaces=(
            Source(
                "ministack.services.stepfunctions:_start_execution",
                "9923282fc76c57b9d2541cc83863bfb69f2472b29aec9a9fc3454f3d19d045b4",
            ),
            Source(
                "ministack.services.stepfunctions:_emit_execution_status_event",
                "9c89e45693e353eb9d427665ea17e9887c0b8a327f801f559de47807778dfd36",
            ),
            Source(
                "ministack.services.stepfunctions:_resolve_state_machine_arn",
                "e054a309ee54fa0f59e2eb0f05edc4424f3b65fc964fd342b86b74284f051ac1",
            ),
        ),
        apply=_install_names,
    ),
    Patch(
        name="throttled-task",
        mends="A throttled function reached Catch as Lambda.Unknown, which no Retry names.",
        replaces=(
            Source(
                "ministack.services.stepfunctions:_call_lambda",
                "25830369b12636da09a4e4650489842a507f43aa952b5186a47458ff6f3c47d5",
            ),
        ),
        apply=_install_throttle_name,
    ),
)
