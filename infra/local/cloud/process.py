"""Runs the embedded cloud as a daemon: starts it, waits until it answers, finds a running one, stops it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from infra.local.cloud.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
_LOG_KEPT_BYTES = 5_000_000


class NotReadyError(RuntimeError):
    """The embedded cloud died or stayed silent; the message ends with the last lines of its log."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A running embedded cloud."""

    settings: Settings
    pid: int

    def alive(self) -> bool:
        return _alive(self.pid)

    def environment(self) -> dict[str, str]:
        return self.settings.environment()

    def wait_ready(self, seconds: float = 30.0) -> None:
        """Returns when both ports answer; raises NotReadyError when the process dies or `seconds` pass."""
        deadline = time.monotonic() + seconds
        while not (_answers(self.settings.endpoint + "/_ministack/health") and _answers(self.settings.front)):
            if not self.alive():
                raise NotReadyError(f"the embedded cloud did not start:\n{_tail(self.settings.log_file)}")
            if time.monotonic() > deadline:
                raise NotReadyError(f"no answer after {seconds:.0f} s:\n{_tail(self.settings.log_file)}")
            time.sleep(0.02)

    def stop(self, seconds: float = 15.0) -> None:
        """SIGTERM and wait for the final save; SIGKILL after `seconds`."""
        if self.alive():
            os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                deadline += seconds
            time.sleep(0.02)


def start(settings: Settings) -> Cloud:
    """Starts the embedded cloud in a process of its own that outlives this one; its log is in the state folder."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    if settings.log_file.exists() and settings.log_file.stat().st_size > _LOG_KEPT_BYTES:
        settings.log_file.replace(settings.log_file.with_suffix(".log.old"))
    with settings.log_file.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "infra.local.cloud", "--settings", settings.to_json()],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    child.returncode = 0  # a daemon is not waited for; without this, Popen warns when it is forgotten
    return Cloud(settings=settings, pid=child.pid)


def attach(state_dir: Path) -> Cloud | None:
    """The embedded cloud that runs on this state folder, if one does."""
    try:
        running = json.loads((state_dir / "cloud.json").read_text())
    except (OSError, ValueError):
        return None
    cloud = Cloud(settings=Settings.from_json(json.dumps(running["settings"])), pid=running["pid"])
    return cloud if cloud.alive() and _answers(cloud.settings.endpoint + "/_ministack/health") else None


def _alive(pid: int) -> bool:
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True  # no /proc on this system
    return status.rpartition(")")[2].split()[0] != "Z"  # dead, and not yet collected by an idle init


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - http on loopback
            return True
    except urllib.error.HTTPError as answer:
        answer.close()
        return True
    except OSError:
        return False


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""
