"""The embedded model as one running thing: its engine, who uses it, and what it is doing now."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

import httpx

from infra.local.model import engine, warming
from infra.local.model.catalog import Weights
from infra.local.model.gate import Gate
from infra.local.model.upstream import Upstream
from infra.local.model.warming import WarmPrompt
from infra.local.model.wire import Json

log = logging.getLogger(__name__)
STABLE_MODEL_NAME = "local"
ANSWER_SECONDS = 600.0


class Service:
    """Loads the engine, warms it, and lends it to requests."""

    def __init__(self, *, weights: Weights, model: Path, states: Path, prompts: list[WarmPrompt]) -> None:
        self.model_names = (weights.model_id, STABLE_MODEL_NAME)
        self._weights, self._model, self._states, self._prompts = weights, model, states, prompts
        self._gate = Gate(engine.SLOTS)
        self._upstream: asyncio.Future[Upstream] = asyncio.get_running_loop().create_future()
        self._phase = "loading"
        self._answers = 0
        self._tokens_per_second: float | None = None

    async def run(self) -> None:
        """Load, warm, then watch: returns when the engine has ended, which it does only by failing."""
        key = secrets.token_urlsafe(16)
        process = await engine.launch(model=self._model, slot_folder=self._states, key=key)
        try:
            ready = await engine.loaded(process, key)
            headers = {"authorization": f"Bearer {ready.key}"}
            async with httpx.AsyncClient(base_url=ready.address, headers=headers, timeout=ANSWER_SECONDS) as client:
                self._upstream.set_result(Upstream(client))
                await self._warm(self._upstream.result())
                log.error("the engine ended with code %s", await process.wait())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Upstream]:
        """A slot of the engine, waited for in order; while it loads, callers wait for that too."""
        async with self._gate.slot():
            yield await asyncio.shield(self._upstream)

    def state(self) -> Json:
        """What the server is doing: counts only, never anybody's words."""
        return {
            "phase": self._phase,
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

    async def _warm(self, upstream: Upstream) -> None:
        def name_of(prompt: WarmPrompt) -> str:
            return warming.state_name(prompt, model_sha256=self._weights.sha256, engine_version=version("xllamacpp"))

        def started(number: int) -> None:
            name = self._prompts[number - 1].name
            self._phase = f"warming prompt {number}/{len(self._prompts)} ({name})"
            log.info("%s", self._phase)

        await warming.warm(
            self._prompts,
            folder=self._states,
            name_of=name_of,
            upstream=upstream,
            gate=self._gate,
            started=started,
        )
        self._phase = "ready"
        log.info("ready")
