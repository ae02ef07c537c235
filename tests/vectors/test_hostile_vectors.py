"""The list of what a hostile server tries: as its generator makes it, each scenario named once."""

from __future__ import annotations

import json
from pathlib import Path

from . import hostile, make_vectors
from .fixed import Json

PAGE = Path(__file__).parents[2] / "docs" / "hostile.md"
VECTORS: Json = json.loads(make_vectors.HOSTILE_FILE.read_text())


def test_the_generator_makes_this_very_file() -> None:
    made = hostile.vectors(make_vectors.kept_hpke(make_vectors.HOSTILE_FILE))
    assert make_vectors.as_text(made) == make_vectors.HOSTILE_FILE.read_text()


def test_each_scenario_has_a_name_of_its_own() -> None:
    names = [each["name"] for each in [*VECTORS["scenarios"], *VECTORS["words"]]]
    assert len(set(names)) == len(names)
    assert len(VECTORS["scenarios"]) >= 30


def test_the_page_names_each_with_its_code() -> None:
    lines = set(PAGE.read_text().splitlines())
    assert {f"| {each['name']} | `{each['code']}` |" for each in VECTORS["scenarios"]} <= lines
    assert {f"| {each['name']} |" for each in VECTORS["words"]} <= lines


def test_every_attempt_is_told_by_lies_that_there_are() -> None:
    """What the key scheme says that a hostile server must fail at; replays are elsewhere."""
    names = {each["name"] for each in [*VECTORS["scenarios"], *VECTORS["words"]]}
    rows = PAGE.read_text().partition("| the attempt | told as |")[2].partition("\n\n")[0].splitlines()[2:]
    told = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert {lie for _, lies in told for lie in lies.split(" · ")} <= names
    assert len({attempt for attempt, _ in told}) >= 20
