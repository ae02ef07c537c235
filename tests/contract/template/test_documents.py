"""Every error, setting and event is in docs/, and nothing else is."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from infra import deploy, error_list, wire_types
from sealmate import errors, events
from tests.contract.template.sources import CORE, calls_in, literal, rows
from tests.template import ROOT, Json, resources, template

ERRORS = {name: kind for name, kind in errors.BY_NAME.items() if kind is not errors.SealmateError}
EVENTS: dict[str, type[BaseModel]] = {
    kind.model_fields["type"].default: kind for kind in get_args(get_args(events.Event)[0])
}
# What Lambda sets by itself.
_AWS = {"AWS_REGION", "AWS_DEFAULT_REGION"}


# --- errors ---


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_says_what_happened_and_what_to_do(name: str) -> None:
    kind = ERRORS[name]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", kind.code)
    assert 400 <= kind.status < 600
    for sentence in (kind.message, kind.next_step):
        assert sentence[0].isupper()
        assert sentence.endswith(".")


def test_codes_are_unique() -> None:
    assert [code for code, times in Counter(kind.code for kind in ERRORS.values()).items() if times > 1] == []


def test_errors_are_documented() -> None:
    assert (ROOT / "docs" / "errors.md").read_text() == error_list.document(), "make docs writes it anew"


@pytest.mark.parametrize("path", wire_types.documents(), ids=lambda path: path.name)
def test_the_web_app_knows_the_shapes_of_the_server(path: Path) -> None:
    assert path.read_text() == wire_types.documents()[path], "make docs writes it anew"


# --- events ---


def test_events_are_documented() -> None:
    documented = {
        name: {field.strip() for field in re.sub(r"\(.*?\)", "", cells[0]).split(",")}
        for name, cells in rows("protocol.md", "### Events").items()
        if name != "type"
    }
    actual = {
        name: {
            field + ("" if info.is_required() else "?") for field, info in kind.model_fields.items() if field != "type"
        }
        for name, kind in EVENTS.items()
    }
    assert documented == actual


# --- settings ---


def _environment(folder: str) -> set[str]:
    function: Json = resources("AWS::Serverless::Function")[folder]["Properties"]
    return set(function.get("Environment", {}).get("Variables", {}))


def _given() -> set[str]:
    shared: Json = template()["Globals"]["Function"]["Environment"]["Variables"]
    return set(shared).union(*(_environment(name) for name in resources("AWS::Serverless::Function")))


def _read(*below: Path) -> set[str]:
    """Names of variables that code under these folders reads: as literals, which is the only way it is done here."""
    names: set[str | None] = set()
    for call in calls_in(*below):
        function = call.func
        called = getattr(function, "attr", getattr(function, "id", ""))
        if called == "required":
            names.add(literal(call.args[0]))
        if called == "bind":
            names |= {literal(given.value) for given in call.keywords if given.arg == "table"}
        if called == "get" and "environ" in getattr(getattr(function, "value", None), "attr", ""):
            names.add(literal(call.args[0]))
    return {name for name in names if name}


def test_settings_of_functions_come_from_the_template() -> None:
    read = _read(CORE)
    assert read - _AWS <= _given()
    assert {name for name in _given() - read if not name.startswith("POWERTOOLS_")} == set(), "nobody reads these"


def test_settings_of_functions_are_documented() -> None:
    assert set(rows("settings.md", "## Functions")) - {"variable"} == _given() | _AWS


def test_settings_of_this_machine_are_documented() -> None:
    texts = [
        path.read_text()
        for folder in ("infra", "cli")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in (".py", "")
    ]
    named = set(re.findall(r"\b(?:SEALMATE_[A-Z_]+[A-Z]|MISTRAL_API_KEY)\b", "\n".join(texts)))
    documented = set(rows("settings.md", "## This machine")) | set(rows("settings.md", "## The terminal client"))
    assert documented - {"variable"} == named


def test_parameters_are_documented() -> None:
    table = rows("settings.md", "## Deploying")
    del table["variable"]
    documented = {variable: cells[0].strip("`") for variable, cells in table.items()}
    assert documented == {deploy.variable_of(name): name for name in template()["Parameters"]}
