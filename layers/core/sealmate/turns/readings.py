"""What the two structured calls must answer: a reading of the message before, a review of the answer after.

A score that is missing, or isn't a whole number from 0 to 10, is an error and never a default. Lengths are loose in the
schema, because a grammar's limit cuts words; they are trimmed here.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from sealmate import mates
from sealmate.catalog.shapes import Complexity
from sealmate.model import Shape

TITLE_WORDS = 7
TITLE_CHARACTERS = 60
SUGGESTION_CHARACTERS = 120
SUGGESTIONS = 6
TEMPERATURES = [step / 10 for step in range(11)]

# What models put around a title or an item of a list.
_MARKS = "\"'«»„“”‘’*#` "


def _cut(text: str, characters: int) -> str:
    """At most so many characters, ended at a word's end where there is one."""
    if len(text) <= characters:
        return text
    whole, space, _ = text[: characters + 1].rpartition(" ")
    return whole if space else text[:characters]


def _title(text: str) -> str:
    words = text.strip(_MARKS + ".").split()
    return _some(_cut(" ".join(words[:TITLE_WORDS]), TITLE_CHARACTERS).rstrip(",;:–- "))


def _suggestion(text: str) -> str:
    return _some(_cut(" ".join(text.strip(_MARKS).split()), SUGGESTION_CHARACTERS))


def _some(text: str) -> str:
    if not text:
        raise ValueError("nothing but marks")
    return text


def _language(code: Any) -> Any:
    """Models write de-DE or DE for de."""
    return code.lower().replace("_", "-").split("-")[0] if isinstance(code, str) else code


def _known(mate: str) -> str:
    if mate not in _mates():
        raise ValueError("no such mate")
    return mate


def _mates() -> list[str]:
    return [mate.mate for mate in mates.all()]


def _one_of_the_mates(schema: dict[str, Any]) -> None:
    schema["enum"] = _mates()


def _first_six(given: Any) -> Any:
    return given[:SUGGESTIONS] if isinstance(given, list) else given


def _different(suggestions: list[str]) -> list[str]:
    """Small models repeat themselves; that is no reason to ask them again."""
    first: dict[str, str] = {}
    for suggestion in suggestions:
        first.setdefault(suggestion.casefold(), suggestion)
    return list(first.values())


Score = Annotated[int, Field(strict=True, ge=0, le=10)]
Suggestion = Annotated[
    str, AfterValidator(_suggestion), Field(strict=True, min_length=1, json_schema_extra={"maxLength": 200})
]


class Reading(Shape):
    """`harm`: to people, if it were answered. `misuse`: of the assistant. `language`: ISO 639-1."""

    language: Annotated[str, Field(pattern="^[a-z]{2}$"), BeforeValidator(_language)]
    title: Annotated[
        str, AfterValidator(_title), Field(strict=True, min_length=1, json_schema_extra={"maxLength": 120})
    ]
    mate: Annotated[str, AfterValidator(_known), Field(json_schema_extra=_one_of_the_mates)]
    complexity: Complexity
    # Bounds of a number don't hold in a grammar, an enumeration does.
    temperature: Annotated[float, Field(strict=True, ge=0, le=1, json_schema_extra={"enum": TEMPERATURES})]
    harm: Score
    misuse: Score


class Review(Shape):
    """`misuse`: how far the answer helps to do harm. `suggestions`: what the user might ask next."""

    misuse: Score
    suggestions: Annotated[
        list[Suggestion],
        Field(min_length=SUGGESTIONS, max_length=SUGGESTIONS),
        BeforeValidator(_first_six),
        AfterValidator(_different),
    ]
