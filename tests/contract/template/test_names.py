"""One name, five spellings: folder, resource, log group, route or state, and the name a handler gives itself."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest

from tests.contract.template.sources import entries, entry_of, rows
from tests.template import Json, folders, pascal, resources, states, substitutions, template

FUNCTIONS = resources("AWS::Serverless::Function")
MAKERS = {
    "ws": {"websocket_action", "websocket_connect", "websocket_disconnect"},
    "turn": {"stage"},
    "http": {"HttpApp"},
    "job": {"job"},
}
# API Gateway gives an integration 29 seconds, so a function that works longer works for nobody.
INTEGRATION_SECONDS = 29


def timeout_of(folder: str) -> int:
    own = FUNCTIONS[f"{pascal(folder)}Function"]["Properties"]
    seconds: int = own.get("Timeout", template()["Globals"]["Function"]["Timeout"])
    return seconds


def test_every_folder_has_a_resource_and_every_resource_a_folder() -> None:
    assert set(FUNCTIONS) == {f"{pascal(folder)}Function" for folder in folders()}


@pytest.mark.parametrize("folder", folders())
def test_a_function_is_what_its_folder_says(folder: str) -> None:
    properties = FUNCTIONS[f"{pascal(folder)}Function"]["Properties"]
    assert properties["CodeUri"] == f"functions/{folder}"
    assert "Handler" not in properties, "every handler is handler.handle"
    assert properties["Description"]
    assert entry_of(folder).name == folder
    assert entry_of(folder).maker in MAKERS[folder.split("_", maxsplit=1)[0]]
    assert properties["Policies"], "each function has policies of its own"
    assert all(set(policy) == {"Statement"} for policy in properties["Policies"]), "written out, not of a template"
    assert timeout_of(folder) > 0
    if folder.startswith(("ws_", "http_")):
        assert timeout_of(folder) <= INTEGRATION_SECONDS


@pytest.mark.parametrize("folder", folders())
def test_a_function_logs_to_its_own_group(folder: str) -> None:
    logs = template()["Resources"][f"{pascal(folder)}Logs"]
    assert logs["Type"] == "AWS::Logs::LogGroup"
    assert logs["Properties"]["LogGroupName"] == {"Fn::Sub": f"/sealmate/${{Stage}}/{folder}"}
    wanted = {"LogGroup": {"Ref": f"{pascal(folder)}Logs"}}
    assert FUNCTIONS[f"{pascal(folder)}Function"]["Properties"]["LoggingConfig"] == wanted


def test_every_log_group_forgets_and_has_a_writer() -> None:
    named = {f"{pascal(folder)}Logs" for folder in folders()}
    named |= {name.replace("StateMachine", "Logs") for name in resources("AWS::Serverless::StateMachine")}
    groups = resources("AWS::Logs::LogGroup")
    assert set(groups) == named
    assert all(group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())


# --- what starts a function ---


def test_websocket_routes_are_folders_and_documented_actions() -> None:
    routes = template()["Resources"]["Socket"]["Properties"]["Routes"]
    assert {f"ws_{route.removeprefix('$')}" for route in routes} == {f for f in folders() if f.startswith("ws_")}
    for route, given in routes.items():
        assert given["FunctionArn"] == {"Fn::GetAtt": [f"{pascal('ws_' + route.removeprefix('$'))}Function", "Arn"]}
    actions = {route for route in routes if not route.startswith("$")}
    assert actions == set(rows("protocol.md", "### Actions")) - {"action"}


def test_states_are_folders_and_substitutions() -> None:
    tasks = {folder: pascal(folder.removeprefix("turn_")) for folder in entries("stage")}
    ours = {name: state for name, state in states().items() if state.get("Resource", "").startswith("${")}
    assert set(ours) == set(tasks.values())
    for folder, state in tasks.items():
        assert ours[state]["Resource"] == f"${{{pascal(folder)}Arn}}"
        assert entry_of(folder).shape == state, "the stage's input shape has the state's name"
    given: Json = template()["Resources"]["AnswerTurnStateMachine"]["Properties"]["DefinitionSubstitutions"]
    assert set(given) == substitutions()
    for folder in tasks:
        assert given[f"{pascal(folder)}Arn"] == {"Fn::GetAtt": [f"{pascal(folder)}Function", "Arn"]}


def test_jobs_are_scheduled_and_their_failures_kept() -> None:
    for folder in entries("job"):
        properties = FUNCTIONS[f"{pascal(folder)}Function"]["Properties"]
        (event,) = properties["Events"].values()
        assert event["Type"] == "ScheduleV2"
        # A name of its own in each stage: schedules of one account and region share a group.
        schedule = folder.removeprefix("job_").replace("_", "-")
        assert event["Properties"]["Name"] == {"Fn::Sub": f"sealmate-${{Stage}}-{schedule}"}
        assert properties["DeadLetterQueue"]["Type"] == "SQS"


# --- REST ---


def test_rest_routes_are_the_apps_and_the_documented_ones() -> None:
    for folder in entries("HttpApp"):
        assert _events(folder) == _routes(folder), folder
    served = {_unnamed(route) for folder in entries("HttpApp") for route in _routes(folder)}
    documented = {_unnamed(row.split("?")[0]) for row in rows("protocol.md", "## HTTP") if row != "request"}
    assert served == documented


def _events(folder: str) -> set[str]:
    events = FUNCTIONS[f"{pascal(folder)}Function"]["Properties"]["Events"].values()
    assert all(event["Properties"]["RestApiId"] == {"Ref": "Api"} for event in events)
    return {f"{event['Properties']['Method'].upper()} {event['Properties']['Path']}" for event in events}


def _routes(folder: str) -> set[str]:
    app: Any = import_module(f"functions.{folder}.handler").app
    return {f"{method} {path}" for path, methods in app.routes.items() for method in methods}


def _unnamed(route: str) -> str:
    """Documentation calls a path's parameters by shorter names."""
    return re.sub(r"\{\w+\}", "{}", route)
