"""The vendor layer holds what pyproject.toml asks for, at the versions tested here, from wherever it was fetched."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

from tests.contract.template.sources import CORE, calls_in, literal
from tests.template import ROOT

VENDOR = ROOT / "layers" / "vendor"


def _pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==([^\s;\\]+)", path.read_text(), re.MULTILINE))


def test_versions_are_those_of_the_tests() -> None:
    ours, tested = _pins(VENDOR / "requirements.txt"), _pins(ROOT / "requirements.lock")
    assert {name: version for name, version in ours.items() if tested.get(name) != version} == {}


def test_every_runtime_dependency_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[\[<>=~ ]", dependency)[0] for dependency in project["dependencies"]}
    assert wanted <= set(_pins(VENDOR / "requirements.txt"))


def test_every_wheel_is_pinned_by_hash_and_by_no_address() -> None:
    text = (VENDOR / "requirements.txt").read_text()
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text


def test_the_services_kept_are_those_with_a_client() -> None:
    prune = runpy.run_path(str(VENDOR / "prune.py"))
    clients = {literal(c.args[0]) for c in calls_in(CORE) if getattr(c.func, "attr", "") == "client" and c.args}
    assert {"dynamodb", *clients} == prune["SERVICES"]
