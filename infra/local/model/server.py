"""Runs the embedded model in the foreground until SIGTERM: the endpoint at once, the engine as it loads and loads again."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import cast

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework

from infra.local.model import warming
from infra.local.model.app import Endpoint
from infra.local.model.catalog import Weights
from infra.local.model.service import Service

log = logging.getLogger(__name__)


async def run(*, weights: Weights, model: Path, port: int, state_dir: Path, warm_file: Path | None) -> int:
    """The process's exit code: 0 after a signal, 1 when no engine lasts."""
    states = state_dir / "prompts"
    states.mkdir(parents=True, exist_ok=True)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    service = Service(weights=weights, model=model, states=states, prompts=warming.read(warm_file))
    engine = asyncio.create_task(service.run())
    engine.add_done_callback(lambda _: stopping.set())
    try:
        app = cast(ASGIFramework, Endpoint(service).app())  # the two name ASGI's types differently
        await serve(app, _config(port), shutdown_trigger=stopping.wait)
    finally:
        failed = engine.done()
        engine.cancel()
        await asyncio.gather(engine, return_exceptions=True)
    if failed:
        log.error("stopped, for no engine lasts", exc_info=engine.exception())
    return 1 if failed else 0


def _config(port: int) -> Config:
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.accesslog = None
    config.errorlog = log
    config.graceful_timeout = 1.0
    config.include_server_header = False
    return config
