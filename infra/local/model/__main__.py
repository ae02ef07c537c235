"""`python -m infra.local.model`: fetch the weights if need be, then serve them."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from rich.console import Console

from infra.local.model import catalog, progress, server, weights
from infra.local.model.download import WeightsError
from infra.local.model.warming import BadWarmFile


def main() -> int:
    """Serve until a signal comes; the exit code is 2 if it can't start."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.model", description="The embedded language model.")
    parser.add_argument("--port", type=int, required=True, help="served on 127.0.0.1")
    parser.add_argument("--state-dir", type=Path, required=True, help="where warmed prompts are kept")
    parser.add_argument("--warm", type=Path, help="JSON list of {name, messages, response_format?}")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        chosen = catalog.choose()
        with progress.shown(Console(stderr=True)) as report:
            model = weights.fetch(chosen, cache=catalog.cache_dir(), report=report)
        serving = server.run(
            weights=chosen,
            model=model,
            port=arguments.port,
            state_dir=arguments.state_dir.resolve(),
            warm_file=arguments.warm,
        )
        return asyncio.run(serving)
    except (catalog.UnknownModel, WeightsError, BadWarmFile) as error:
        logging.error("%s: %s", error.code, error)
        return 2


if __name__ == "__main__":
    sys.exit(main())
