"""Patches refuse a source they were not written for, and the cloud then does not start."""

import dataclasses
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from infra.local.cloud import Settings
from infra.local.cloud.patches.source import ChangedSourceError, Patch, Source, rewrite

ROOT = Path(__file__).resolve().parents[3]


def patch(source: Source) -> Patch:
    return Patch(name="example", mends="Nothing.", replaces=(source,), apply=lambda _: None)


def test_a_changed_function_is_refused_by_name() -> None:
    with pytest.raises(ChangedSourceError, match=r"patch example: textwrap:dedent changed"):
        patch(Source("textwrap:dedent", "0" * 64)).verify()


@pytest.mark.parametrize("name", ["textwrap:no_such_function", "no_such_module:f"])
def test_a_vanished_function_is_refused(name: str) -> None:
    with pytest.raises(ChangedSourceError, match=r"patch example: .* is gone"):
        patch(Source(name, "")).verify()


def test_the_same_function_is_accepted() -> None:
    known = Source("textwrap:dedent", "")
    patch(dataclasses.replace(known, sha256=known.digest())).verify()


def test_a_fragment_must_occur_once() -> None:
    with pytest.raises(ChangedSourceError, match="0 times"):
        rewrite("textwrap:dedent", {"no such fragment": ""})


def test_the_cloud_refuses_to_start_on_a_changed_ministack(tmp_path: Path) -> None:
    found = find_spec("ministack")
    assert found is not None
    assert found.submodule_search_locations
    shutil.copytree(found.submodule_search_locations[0], tmp_path / "lib" / "ministack", copy_function=os.symlink)
    kms = tmp_path / "lib" / "ministack" / "services" / "kms.py"
    changed = kms.read_text().replace("def _check_key_state(rec):", "def _check_key_state(rec, extra=None):")
    kms.unlink()
    kms.write_text(changed)
    settings = Settings(state_dir=tmp_path / "state", port=1, front_port=2)
    run = subprocess.run(
        [sys.executable, "-c", _SERVE, settings.to_json()],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "lib")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode != 0
    assert "patch kms-aes-gcm: ministack.services.kms:_check_key_state changed" in run.stderr


_SERVE = """
import sys
from infra.local.cloud import server
from infra.local.cloud.settings import Settings

server._require_free = lambda port: None
server.serve(Settings.from_json(sys.argv[1]))
"""
