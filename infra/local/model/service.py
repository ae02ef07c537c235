"""The embedded model as one running thing: its engine, who uses it, and what it is doing now."""

import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from infra.local.model import process, warming
from infra.local.model.catalog import Weights
from infra.local.model.engine import SLOTS
from infra.local.model.gate import Gate
from infra.local.model.supervision import Supervisor
from infra.local.model.upstream import Upstream
from infra.local.model.warming import Warming, WarmPrompt
from infra.local.model.wire import Json

log = logging.getLogger(__name__)
STABLE_MODEL_NAME = "local"
CHARACTERS_A_TOKEN = 4


class Service:
    """Keeps an engine loaded and warm, and lends it to requests."""

    def __init__(self, *, weights: Weights, model: Path, states: Path, prompts: list[WarmPrompt]) -> None:
        def name_of(prompt: WarmPrompt) -> str:
            return warming.state_name(prompt, model_sha256=weights.sha256, engine_version=version("xllamacpp"))

        self.model_names = (weights.model_id, STABLE_MODEL_NAME)
        self._weights, self._count = weights, len(prompts)
        self._gate = Gate(SLOTS)
        self._warming = Warming(prompts, folder=states, name_of=name_of)
        self._engine = Supervisor(
            lambda: process.running(model, states), prepare=self._warming.restore, tend=self._warm
        )
        self._tending = "loading"
        self._answers = 0
        self._tokens_per_second: float | None = None

    async def run(self) -> None:
        """Returns when no engine lasts."""
        self._warming.remove_stale()
        await self._engine.run()

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Upstream]:
        """A slot of the engine, waited for in order; while none is loaded, callers wait for that too."""
        async with self._gate.slot():
            yield await self._engine.lent()

    def state(self) -> Json:
        """What the server is doing: counts only, never anybody's words."""
        return {
            "phase": self._phase(),
            "seconds_to_ready": self._seconds_to_ready(),
            "model": self.model_names[0],
            "active": self._gate.active,
            "waiting": self._gate.waiting,
            "answers": self._answers,
            "tokens_per_second": self._tokens_per_second,
        }

    def answered(self, timings: Json) -> None:
        """Count a finished answer by the engine's own measure of it."""
        self._answers += 1
        self._tokens_per_second = round(timings["predicted_per_second"], 1)

    def _phase(self) -> str:
        if self._engine.is_lending:
            return self._tending
        return "restarting" if self._engine.ended else "loading"

    def _seconds_to_ready(self) -> int:
        characters = sum(prompt.characters for prompt in self._warming.unread)
        return math.ceil(characters / CHARACTERS_A_TOKEN / self._weights.reads)

    async def _warm(self, upstream: Upstream) -> None:
        def started(prompt: WarmPrompt) -> None:
            number = self._count - len(self._warming.unread) + 1
            self._tending = f"warming prompt {number}/{self._count} ({prompt.name})"
            log.info("%s", self._tending)

        if await self._warming.warm(upstream, self._gate, started):
            self._tending = "ready"
            log.info("ready")
