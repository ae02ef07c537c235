"""Where the local stack keeps its state and listens; the environment may say otherwise."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_FRONT = 8410


@dataclass(frozen=True, kw_only=True)
class Place:
    """`front` is the port people use; the cloud's and the model's come right after it."""

    state: Path
    front: int

    @property
    def cloud(self) -> int:
        return self.front + 1

    @property
    def model(self) -> int:
        return self.front + 2

    @property
    def url(self) -> str:
        return f"http://localhost:{self.front}"


class BadPort(ValueError):
    """SEALMATE_PORT is no number that three ports in a row can start from."""


def place() -> Place:
    """Raises BadPort."""
    said = os.environ.get("SEALMATE_PORT") or str(DEFAULT_FRONT)
    if not said.isascii() or not said.isdigit() or not 1024 <= int(said) <= 65533:
        raise BadPort(
            f"SEALMATE_PORT is {said!r}; set it to a number from 1024 to 65533 (three ports in a row are used)."
        )
    return Place(state=Path(os.environ.get("SEALMATE_STATE") or ROOT / ".local").resolve(), front=int(said))
