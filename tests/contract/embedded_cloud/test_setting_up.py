"""Setting Sealmate up is done once at a time: a second one waits, and whoever only asks is told."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ALONE = Path(__file__).resolve().parents[3] / "infra" / "alone"


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """In a folder of its own, where nothing else is set up."""
    (tmp_path / "infra").mkdir()
    return Path(shutil.copy(ALONE, tmp_path / "infra"))


def begin(alone: Path, command: str) -> subprocess.Popen[str]:
    return subprocess.Popen([alone, "sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def is_free(alone: Path) -> bool:
    return subprocess.run([alone, "--free"], check=False).returncode == 0


def test_a_second_one_waits_for_the_first(alone: Path) -> None:
    with begin(alone, "echo first; read end; echo over > done") as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "first\n"
        assert not is_free(alone)
        with begin(alone, "cat done") as second:
            assert second.stdout is not None
            assert "waiting" in second.stdout.readline()
            first.communicate("\n", timeout=20)
            assert second.communicate(timeout=20)[0] == "over\n"
    assert is_free(alone)


def test_what_was_killed_holds_nobody_up(alone: Path) -> None:
    with begin(alone, "echo began; exec sleep 600") as first:
        assert first.stdout is not None
        first.stdout.readline()
        assert not is_free(alone)
        first.kill()
    assert is_free(alone)


def test_what_runs_within_has_its_turn_and_the_exit_code_is_its_own(alone: Path) -> None:
    within = [str(alone), "sh", "-c", f"{alone} sh -c 'exit 7'"]
    assert subprocess.run(within, check=False, timeout=20).returncode == 7
