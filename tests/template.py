"""template.yaml as the tests read it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[1]
Json = dict[str, Any]


@cache
def template() -> Json:
    parsed: Json = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


def resources(kind: str) -> dict[str, Json]:
    return {name: r for name, r in template()["Resources"].items() if r["Type"] == kind}


def folders() -> list[str]:
    return sorted(p.name for p in (ROOT / "functions").iterdir() if (p / "handler.py").exists())


def pascal(name: str) -> str:
    """turn_main_processing → TurnMainProcessing."""
    return "".join(part.capitalize() for part in name.split("_"))


@cache
def asl(machine: str = "answer_turn") -> Json:
    parsed: Json = json.loads((ROOT / "stepfunctions" / f"{machine}.asl.json").read_text())
    return parsed


def substitutions(machine: str = "answer_turn") -> set[str]:
    return set(re.findall(r"\$\{(\w+)\}", json.dumps(asl(machine))))


def states(machine: Json | None = None) -> dict[str, Json]:
    """All states by name, those of branches too."""
    found: dict[str, Json] = {}
    for name, state in (machine or asl())["States"].items():
        found[name] = state
        for branch in state.get("Branches", []):
            found |= states(branch)
    return found
