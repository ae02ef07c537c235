"""Starts the engine's process, waits until it has read the weights, and tells how it ended."""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from infra.local.model.engine import KEY_VARIABLE
from infra.local.model.upstream import Upstream

ANSWER_SECONDS = 600.0
# The engine closes a connection that was idle for 5 s, and so does this client: one that is taken up again in that
# moment breaks. A new one for each request costs less than a millisecond on the loopback.
_NEVER_REUSED = httpx.Limits(max_keepalive_connections=0)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A loaded engine."""

    process: asyncio.subprocess.Process
    upstream: Upstream

    async def ended(self) -> str:
        """Wait for its end; how it ended, in words."""
        return _how(await self.process.wait())


@asynccontextmanager
async def running(model: Path, slot_folder: Path) -> AsyncIterator[Engine]:
    """An engine once it is loaded, ended with the block; ConnectionError if it ends while it loads."""
    key = secrets.token_urlsafe(16)
    process = await _launch(model, slot_folder, key)
    try:
        async with client_of(await _address(process), key) as client:
            yield Engine(process=process, upstream=Upstream(client))
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def client_of(address: str, key: str) -> httpx.AsyncClient:
    """A client of the engine at `address`."""
    headers = {"authorization": f"Bearer {key}"}
    return httpx.AsyncClient(base_url=address, headers=headers, timeout=ANSWER_SECONDS, limits=_NEVER_REUSED)


async def _launch(model: Path, slot_folder: Path, key: str) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        # Spinning OpenMP threads that lose their core to a Lambda cost a factor of five.
        "OMP_WAIT_POLICY": "passive",
        "PYTHONFAULTHANDLER": "1",
        KEY_VARIABLE: key,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "infra.local.model.engine", str(model), str(slot_folder)),
        env=environment,
        stdin=asyncio.subprocess.PIPE,  # held open as long as the parent lives
        stdout=asyncio.subprocess.PIPE,
        # Standard error is the parent's: what a dying engine writes stands in the log before the line on its end.
    )


async def _address(process: asyncio.subprocess.Process) -> str:
    if process.stdout is None:
        raise ConnectionError("has no output to read its address from")
    line = await process.stdout.readline()
    if not line:
        raise ConnectionError(f"{_how(await process.wait())} while loading")
    return str(json.loads(line)["address"])


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
