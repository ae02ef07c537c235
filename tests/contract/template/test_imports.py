"""Importing reads no environment and needs none; the domain knows no AWS, and arrows point inward."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest

from tests.contract.template.sources import CORE
from tests.template import ROOT, folders

# Imports everything of ours with the environment empty, and prints which of our files asked it for something.
_SCRIPT = """
import importlib, json, os, pkgutil, sys
core, root, folders = sys.argv[1], sys.argv[2], sys.argv[3].split(",")
sys.path[:0] = [core, root]
asked = []

class Watched(dict):
    def _note(self):
        caller = sys._getframe(2).f_code.co_filename
        if caller.startswith((core, root + "/functions")):
            asked.append(caller)
    def get(self, *given):
        self._note()
        return super().get(*given)
    def __getitem__(self, name):
        self._note()
        return super().__getitem__(name)
    def __contains__(self, name):
        self._note()
        return super().__contains__(name)

os.environ = Watched()
import sealmate
for module in pkgutil.walk_packages(sealmate.__path__, "sealmate."):
    importlib.import_module(module.name)
for folder in folders:
    importlib.import_module(f"functions.{folder}.handler")
print(json.dumps(asked))
"""


def test_nothing_of_ours_reads_the_environment_at_import() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", _SCRIPT, str(CORE), str(ROOT), ",".join(folders())],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("folder", folders())
def test_a_handler_leaves_making_and_storing_to_others(folder: str) -> None:
    """The arrows inside the package are held by import-linter (`make lint`); handlers are no package."""
    tree = ast.parse((ROOT / "functions" / folder / "handler.py").read_text())
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    foreign = {module.split(".")[0] for module in modules} - set(sys.stdlib_module_names)
    assert foreign <= {"sealmate", "chalice", "pydantic"}
    assert not [module for module in modules if module.startswith("sealmate.adapters")]
