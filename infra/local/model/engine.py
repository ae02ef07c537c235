"""The process that holds the model: llama.cpp's own HTTP server on a loopback port, ended when its parent is.

It is a process of its own because loading blocks the interpreter for seconds, and so that its lower priority
leaves the front end, and the Lambdas beside it, responsive.
"""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

SLOTS = 2
CONTEXT_TOKENS = 8192
PROMPT_CACHE_MIB = 512
# Lower priority than the Lambdas: their short bursts end sooner, a contended prompt takes somewhat longer.
NICENESS = 5


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A loaded engine: where it listens and the key that only its parent knows."""

    process: asyncio.subprocess.Process
    address: str
    key: str


async def launch(*, model: Path, slot_folder: Path, key: str) -> asyncio.subprocess.Process:
    """Start the engine's process; `loaded` tells when it has read the weights."""
    environment = {
        **os.environ,
        # Spinning OpenMP threads that lose their core to a Lambda cost a factor of five.
        "OMP_WAIT_POLICY": "passive",
        "SEALMATE_ENGINE_KEY": key,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "infra.local.model.engine", str(model), str(slot_folder)),
        env=environment,
        stdin=asyncio.subprocess.PIPE,  # held open as long as the parent lives
        stdout=asyncio.subprocess.PIPE,
    )


async def loaded(process: asyncio.subprocess.Process, key: str) -> Engine:
    """Wait until the engine listens; ConnectionError if it ends instead."""
    if process.stdout is None:
        raise ConnectionError("the engine has no output to read its address from")
    line = await process.stdout.readline()
    if not line:
        raise ConnectionError(f"the engine ended with code {await process.wait()} while loading")
    return Engine(process=process, address=json.loads(line)["address"], key=key)


def main() -> None:
    """Load the model, print the address, live until standard input closes."""
    import xllamacpp  # type: ignore[import-untyped]  # it ships no stubs

    os.nice(NICENESS)
    cores = os.cpu_count() or 1
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.slot_save_path = sys.argv[2] + os.sep
    params.api_keys = [os.environ["SEALMATE_ENGINE_KEY"]]
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.cors_origins = ""
    params.offline, params.ui, params.verbosity = True, False, 0
    params.use_jinja = True
    params.n_parallel, params.n_ctx, params.kv_unified = SLOTS, CONTEXT_TOKENS, True
    params.cache_ram_mib = PROMPT_CACHE_MIB
    # Without mapping, the weights are repacked on loading: 3 s longer, but a fifth more tokens a second.
    params.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
    # One core generates as fast as two, for memory is the limit; the rest is left to the Lambdas.
    params.cpuparams.n_threads = max(1, cores // 2)
    params.cpuparams_batch.n_threads = cores
    server = xllamacpp.Server(params)
    print(json.dumps({"address": server.listening_address}), flush=True)
    sys.stdin.read()
    os._exit(0)  # the engine's own shutdown waits for running answers


if __name__ == "__main__":
    main()
