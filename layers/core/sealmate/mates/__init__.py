"""The mates: who answers which questions, and the prompt each of them works by; content of catalog/mates."""

from __future__ import annotations

from functools import cache
from typing import Annotated

from pydantic import Field, StringConstraints

from sealmate import catalog, errors
from sealmate.model import Shape

Line = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^\S[^\n]*$")]


class Mate(Shape):
    """`topic` reads "questions about …" and is shown as the reason for the choice; `hue` is the icon's, in degrees."""

    mate: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,12}$")]
    name: Line
    topic: Annotated[str, StringConstraints(max_length=80, pattern=r"^questions about \S[^\n]*$")]
    keywords: Annotated[tuple[Line, ...], Field(min_length=1)]
    examples: Annotated[tuple[Line, ...], Field(min_length=1)]
    hue: Annotated[int, Field(strict=True, ge=0, lt=360)]
    default: bool = False
    prompt: Annotated[str, StringConstraints(min_length=1, max_length=600)]


@cache
def _by_id() -> dict[str, Mate]:
    files = sorted((catalog.FOLDER / "mates").glob("*.md"))
    found = {file.stem: parse(file.read_text(encoding="utf-8")) for file in files}
    if any(mate.mate != stem for stem, mate in found.items()) or sum(mate.default for mate in found.values()) != 1:
        raise ValueError("catalog/mates: each file is named by its mate, and exactly one mate is the default")
    return found


def parse(text: str) -> Mate:
    """A mate from YAML front matter between two lines of dashes, and the prompt below."""
    before, _, rest = text.partition("---\n")
    front, separator, body = rest.partition("\n---\n")
    if before or not separator:
        raise ValueError("a mate's file begins with front matter between two lines of three dashes")
    # Lines are broken for people who edit the file, not for the model.
    return Mate.model_validate({**catalog.parse_yaml(front), "prompt": " ".join(body.split())})


# Last in the file, for it takes the name of a built-in.
def all() -> tuple[Mate, ...]:  # noqa: A001
    """Every mate, by id."""
    return tuple(_by_id().values())


def get(mate: str) -> Mate:
    try:
        return _by_id()[mate]
    except KeyError:
        raise errors.UnknownMate() from None


def default() -> Mate:
    return next(mate for mate in _by_id().values() if mate.default)
