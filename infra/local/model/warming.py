"""Reads each fixed prompt once, so that later requests find it read, and keeps the result for the next start.

Only the fixed prompts are ever written to disk: the engine is held alone from before a prompt is read until it
is saved, so a saved state can't contain anybody's conversation.
"""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from infra.local.model.dialect import to_engine
from infra.local.model.gate import Gate
from infra.local.model.upstream import EngineFailed, Upstream
from infra.local.model.wire import BadRequest, ChatRequest, Json, Message, ResponseFormat

log = logging.getLogger(__name__)
# A prompt during which an engine ended gets one more chance with the next engine.
TRIES = 2


class WarmPrompt(BaseModel):
    """The fixed messages that begin one kind of request."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9_.-]{1,60}$")]
    messages: Annotated[list[Message], Field(min_length=1)]
    response_format: ResponseFormat | None = None

    @property
    def characters(self) -> int:
        return sum(len(message.text) for message in self.messages)


class BadWarmFile(Exception):
    """The file of prompts to warm can't be used."""

    code = "bad_warm_file"


def read(path: Path | None) -> list[WarmPrompt]:
    """The prompts of a warm file; they are warmed in its order, so the first answer's come first."""
    if path is None:
        return []
    try:
        return TypeAdapter(list[WarmPrompt]).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise BadWarmFile(f"{path}: expected a list of name and messages ({error})") from error


def state_name(prompt: WarmPrompt, *, model_sha256: str, engine_version: str) -> str:
    """The file name of a prompt's saved state: another model, engine or wording has another one."""
    key = json.dumps([model_sha256, engine_version, prompt.model_dump(mode="json", exclude={"name"})])
    return f"{prompt.name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.kv"


class Warming:
    """The prompts of one server, from engine to engine: which of them the present one has yet to read."""

    def __init__(self, prompts: list[WarmPrompt], *, folder: Path, name_of: Callable[[WarmPrompt], str]) -> None:
        self._prompts, self._folder, self._name_of = prompts, folder, name_of
        self._tries: Counter[str] = Counter()
        self.unread: list[WarmPrompt] = []

    def remove_stale(self) -> None:
        """Delete the saved states of other wordings."""
        names = {self._name_of(prompt) for prompt in self._prompts}
        for path in self._folder.glob("*.kv"):
            if path.name not in names:
                path.unlink()

    async def restore(self, upstream: Upstream) -> None:
        """Give the engine every saved state, while nobody else uses it; the rest is then unread."""
        self.unread = []
        for prompt in self._prompts:
            if not await _restored(self._folder / self._name_of(prompt), upstream):
                self.unread.append(prompt)

    async def warm(self, upstream: Upstream, gate: Gate, started: Callable[[WarmPrompt], None]) -> bool:
        """Have the unread prompts read and saved in turn; callers go first in between. False if the engine ended."""
        for prompt in list(self.unread):
            if self._tries[prompt.name] < TRIES:
                started(prompt)
                try:
                    async with gate.alone():
                        self._tries[prompt.name] += 1
                        await upstream.chat(_request(prompt))
                        await upstream.save_slot(self._name_of(prompt))
                except (EngineFailed, BadRequest) as failure:
                    log.warning("prompt %s can't be warmed and is passed over: %s", prompt.name, failure)
                    if not await upstream.is_listening():
                        return False
            self.unread.remove(prompt)
        return True


async def _restored(path: Path, upstream: Upstream) -> bool:
    if not path.exists():
        return False
    try:
        await upstream.restore_slot(path.name)
    except (EngineFailed, BadRequest):
        log.warning("state %s can't be restored and is made anew", path.name)
        path.unlink()
        return False
    return True


def _request(prompt: WarmPrompt) -> Json:
    chat = ChatRequest(
        model="", messages=prompt.messages, max_tokens=1, temperature=0, response_format=prompt.response_format
    )
    return {**to_engine(chat), "id_slot": 0}
