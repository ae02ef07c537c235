"""Which language model the local stack answers with: the embedded one, Mistral, or any OpenAI-compatible address."""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from infra.local.model import catalog, progress, status, weights
from infra.local.ports import Place

_LOADING_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Parameters of the stack, and the key of a provider if it needs one."""

    model_set: str
    url: str = ""
    name: str = ""
    key: str = ""

    @property
    def provider(self) -> str:
        return self.model_set


def choose(place: Place) -> Choice:
    """MISTRAL_API_KEY, or SEALMATE_MODEL_URL with SEALMATE_MODEL_NAME (and _KEY), take the embedded model's place."""
    url = os.environ.get("SEALMATE_MODEL_URL", "")
    if url:
        name = os.environ.get("SEALMATE_MODEL_NAME", "")
        if not name:
            raise SystemExit("SEALMATE_MODEL_URL is set; set SEALMATE_MODEL_NAME too, to the model to ask there.")
        return Choice(model_set="custom", url=url, name=name, key=os.environ.get("SEALMATE_MODEL_KEY", ""))
    if os.environ.get("MISTRAL_API_KEY"):
        return Choice(model_set="mistral", key=os.environ["MISTRAL_API_KEY"])
    catalog.choose()
    return Choice(model_set="embedded", url=f"http://127.0.0.1:{place.model}")


def start(place: Place, console: Console, prompts: list[dict[str, object]]) -> None:
    """Fetches the weights once, starts the server if it doesn't run, and returns when the model is loaded."""
    chosen = catalog.choose()
    with progress.shown(console) as report:
        weights.fetch(chosen, cache=catalog.cache_dir(), report=report)
    folder = place.state / "model"
    folder.mkdir(parents=True, exist_ok=True)
    warm_file, wanted = folder / "warm.json", json.dumps(prompts)
    if status.status(place.model) != "language model: not running":
        if warm_file.exists() and warm_file.read_text() == wanted:
            return
        # Prompts that nobody read before cost seconds in front of a waiting person.
        stop(place)
    warm_file.write_text(wanted)
    handle = status.start(place.model, folder, warm_file)
    _pid_file(place).write_text(str(handle.pid))
    status.wait_listening(handle)


def wait(place: Place, say: Callable[[str], None]) -> None:
    """Shows what the model does until it can answer; warming goes on by itself after that."""
    shown, until = "", time.monotonic() + _LOADING_SECONDS
    while time.monotonic() < until:
        line = status.status(place.model)
        if line != shown:
            say(line)
            shown = line
        if "loading" not in line:
            return
        time.sleep(0.2)


def stop(place: Place) -> bool:
    """Ends the server that `start` started; False if there is none."""
    file = _pid_file(place)
    if not file.exists():
        return False
    pid = int(file.read_text())
    file.unlink()
    if "infra.local.model" not in _command(pid):
        return False
    os.kill(pid, signal.SIGTERM)
    while _command(pid):
        time.sleep(0.05)
    return True


def _pid_file(place: Place) -> Path:
    return place.state / "model" / "pid"


def _command(pid: int) -> str:
    """The command line of a process that lives; the number alone may have gone to another."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
