"""The server's side of Lambda workers: asks the warm process for a fork, unpacks code, invokes, times out, logs."""

import contextlib
import fcntl
import hashlib
import io
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any

from infra.local.cloud import runtime
from infra.local.cloud.process import ROOT

_INIT_SECONDS = 10.0


class Zygote:
    """Starts the warm process when it is first needed, and again should it ever die."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._control: socket.socket | None = None

    def warm_up(self) -> None:
        with self._guard:
            self._connect()

    def fork(self, channel: socket.socket, log: int) -> int:
        """A new worker with these two descriptors; its process id."""
        with self._guard:
            for last_try in (False, True):
                control = self._connect()
                try:
                    socket.send_fds(control, [b"f"], [channel.fileno(), log])
                    answer = control.recv(4, socket.MSG_WAITALL)
                except OSError:
                    answer = b""
                if len(answer) == 4:
                    return int(struct.unpack("!I", answer)[0])
                self._control = None
                if last_try:
                    break
        raise RuntimeError("the process that Lambda workers are forked from does not start; see the log")

    def _connect(self) -> socket.socket:
        if self._control is None:
            self._control, theirs = socket.socketpair()
            with theirs:
                child = subprocess.Popen(
                    [sys.executable, "-m", "infra.local.cloud.zygote", str(theirs.fileno())],
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
                )
            threading.Thread(target=child.wait, daemon=True, name="zygote-reaper").start()
        return self._control


class CodeStore:
    """Unpacked function code and layers by content, shared by all workers that run the same version."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._guard = threading.Lock()
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)

    def unpacked(self, archive: bytes) -> str:
        folder = self._root / hashlib.sha256(archive).hexdigest()[:24]
        with self._guard:
            if not folder.exists():
                with tempfile.TemporaryDirectory(dir=self._root) as fresh:
                    os.mkdir(f"{fresh}/content")
                    with zipfile.ZipFile(io.BytesIO(archive)) as content:
                        content.extractall(f"{fresh}/content")
                    os.rename(f"{fresh}/content", folder)
        return str(folder)


class Sandbox:
    """One worker of one function version; it runs one invocation at a time."""

    def __init__(self, *, zygote: Zygote, start: dict[str, Any]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        os.set_inheritable(self._log.fileno(), True)
        self._append_only()
        ours, theirs = socket.socketpair()
        with theirs:
            self.pid = zygote.fork(theirs, self._log.fileno())
        self._channel = ours
        self.alive = True
        self.timed_out = False
        self.init_error: dict[str, Any] | None = None
        runtime.send(ours, {**start, "host_root": str(ROOT)})

    def wait_loaded(self, seconds: float = _INIT_SECONDS) -> None:
        """Returns when the handler is loaded; otherwise the worker has ended and `init_error` says why."""
        answer = self._answer(seconds)
        if answer is None:
            reason = "timed out" if self.timed_out else "ended the process"
            self.init_error = {"errorMessage": f"Init phase {reason}", "errorType": "Runtime.ExitError"}
        elif "error" in answer:
            self.init_error = answer["error"]
            self.end()

    def invoke(self, call: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """The worker's outcome (`result` as JSON text, or `error`); None when it died or the time is up."""
        try:
            runtime.send(self._channel, call)
        except OSError:
            self.end()
            return None
        return self._answer(seconds)

    def take_log(self) -> str:
        """What was printed since the last call."""
        size = os.fstat(self._log.fileno()).st_size
        text = os.pread(self._log.fileno(), size, 0).decode("utf-8", "replace")
        os.ftruncate(self._log.fileno(), 0)
        return text

    def end(self) -> None:
        if self.alive:
            self.alive = False
            self._channel.close()
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _answer(self, seconds: float) -> dict[str, Any] | None:
        self._channel.settimeout(seconds)
        try:
            answer = runtime.receive(self._channel)
        except TimeoutError:
            self.timed_out, answer = True, None
        except OSError:
            answer = None
        if answer is None:
            self.end()
        return answer

    def _append_only(self) -> None:
        flags = fcntl.fcntl(self._log.fileno(), fcntl.F_GETFL)
        fcntl.fcntl(self._log.fileno(), fcntl.F_SETFL, flags | os.O_APPEND)
