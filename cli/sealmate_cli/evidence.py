"""What can't be trusted is kept: the server's last answers, in a file of this device, for whoever looks into it."""

import json
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LAST = 16
# What lets somebody in is no evidence of anything.
_SECRETS = {"session", "totp", "backup_codes", "ticket", "signup_token", "login_id"}
_ALL_SECRET = {"POST /account/backup-codes", "POST /account/totp/options"}


class Evidence:
    """Answers stay in memory until one of them can't be trusted; each is as it came, but for what lets somebody in."""

    def __init__(self, home: Path, now: Callable[[], float]) -> None:
        self._home, self._now = home, now
        self._answers: deque[tuple[str, bytes]] = deque(maxlen=_LAST)

    def note(self, request: str, answer: bytes) -> None:
        if request not in _ALL_SECRET:
            self._answers.append((request, answer))

    def keep(self, server: str, code: str, *, once: bool = False) -> Path | None:
        """The file, readable by its owner only; None if it can't be written. `once`: what is told at every start needs no more than one."""
        earlier = sorted(self._home.glob(f"evidence-*-{code}.json")) if once else []
        if earlier:
            return earlier[-1]
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._now()))
        answers = [{"request": request, "answer": _shown(answer)} for request, answer in self._answers]
        path = self._home / f"evidence-{at}-{code}.json"
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump({"code": code, "at": at, "server": server, "answers": answers}, file, indent=1)
        except OSError:
            return None
        return path


def _shown(answer: bytes) -> Any:
    try:
        return _without_secrets(json.loads(answer))
    except ValueError:
        return None


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_secrets(each) for name, each in value.items() if name not in _SECRETS}
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    return value
