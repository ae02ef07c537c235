"""Reads each fixed prompt once, so that later requests find it read, and keeps the result for the next start.

Only the fixed prompts are ever written to disk: the engine is held alone from before a prompt is read until it
is saved, so a saved state can't contain anybody's conversation.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from infra.local.model import moderation
from infra.local.model.dialect import to_engine
from infra.local.model.gate import Gate
from infra.local.model.upstream import EngineFailed, Upstream
from infra.local.model.wire import BadRequest, ChatRequest, Json, Message, ResponseFormat

log = logging.getLogger(__name__)


class WarmPrompt(BaseModel):
    """The fixed messages that begin one kind of request."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9_.-]{1,60}$")]
    messages: Annotated[list[Message], Field(min_length=1)]
    response_format: ResponseFormat | None = None


class BadWarmFile(Exception):
    """The file of prompts to warm can't be used."""

    code = "bad_warm_file"


def read(path: Path | None) -> list[WarmPrompt]:
    """The prompts of a warm file, and the moderation's own as the last."""
    own = WarmPrompt.model_validate({"name": "moderation", "messages": moderation.prompt()})
    if path is None:
        return [own]
    try:
        return [*TypeAdapter(list[WarmPrompt]).validate_json(path.read_bytes()), own]
    except (OSError, ValidationError) as error:
        raise BadWarmFile(f"{path}: expected a list of name and messages ({error})") from error


def state_name(prompt: WarmPrompt, *, model_sha256: str, engine_version: str) -> str:
    """The file name of a prompt's saved state: another model, engine or wording has another one."""
    key = json.dumps([model_sha256, engine_version, prompt.model_dump(mode="json", exclude={"name"})])
    return f"{prompt.name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.kv"


async def warm(
    prompts: list[WarmPrompt],
    *,
    folder: Path,
    name_of: Callable[[WarmPrompt], str],
    upstream: Upstream,
    gate: Gate,
    started: Callable[[int], None],
) -> None:
    """Warm the prompts in turn; `started` is told the number of each, from 1. Callers go first in between."""
    names = {name_of(prompt) for prompt in prompts}
    for path in folder.glob("*.kv"):
        if path.name not in names:
            path.unlink()
    for number, prompt in enumerate(prompts, start=1):
        started(number)
        async with gate.alone():
            if not await _restored(folder / name_of(prompt), upstream):
                await upstream.chat(_request(prompt))
                await upstream.save_slot(name_of(prompt))


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
