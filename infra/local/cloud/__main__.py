"""Command line of the embedded cloud: runs it in the foreground until it is told to stop."""

import argparse
from pathlib import Path

from infra.local.cloud.settings import Settings


def _settings() -> Settings:
    parser = argparse.ArgumentParser(prog="python -m infra.local.cloud", description=__doc__)
    parser.add_argument("--settings", type=Settings.from_json, help="all settings as JSON; the rest is ignored")
    parser.add_argument("--state-dir", type=Path, default=Path(".local/cloud"))
    parser.add_argument("--port", type=int, default=8411, help="AWS endpoint")
    parser.add_argument("--front-port", type=int, default=8410, help="where people go")
    parser.add_argument("--static-dir", type=Path, help="web app served by the front")
    parser.add_argument("--stack", default="sealmate", help="stack whose APIs the front serves")
    given = parser.parse_args()
    if given.settings:
        settings: Settings = given.settings
        return settings
    return Settings(
        state_dir=given.state_dir.resolve(),
        port=given.port,
        front_port=given.front_port,
        static_dir=given.static_dir.resolve() if given.static_dir else None,
        stack=given.stack,
    )


if __name__ == "__main__":
    from infra.local.cloud.server import serve

    serve(_settings())
