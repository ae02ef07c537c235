"""The process that holds the model: llama.cpp's own HTTP server on a loopback port, ended when its parent is.

It is a process of its own because loading blocks the interpreter for seconds, so that its lower priority leaves
the front end, and the Lambdas beside it, responsive, and so that its end is not the front end's.
"""

import json
import os
import sys

SLOTS = 2
CONTEXT_TOKENS = 8192
PROMPT_CACHE_MIB = 512
KEY_VARIABLE = "SEALMATE_ENGINE_KEY"
# Lower priority than the Lambdas: their short bursts end sooner, a contended prompt takes somewhat longer.
NICENESS = 5


def main() -> None:
    """Load the model, print the address, live until standard input closes."""
    import xllamacpp  # type: ignore[import-untyped]  # it ships no stubs

    os.nice(NICENESS)
    cores = os.cpu_count() or 1
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.slot_save_path = sys.argv[2] + os.sep
    params.api_keys = [os.environ[KEY_VARIABLE]]
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
