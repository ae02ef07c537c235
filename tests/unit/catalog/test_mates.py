"""The mates' files, the prompt that chooses between them, and what a file must not be able to say."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sealmate import catalog, errors, mates

FILE = """---
mate: testa
name: Testa
topic: questions about tests
keywords: [test]
examples: ["Why does it fail?"]
hue: 10
---
You are Testa.
Be kind.
"""


def test_names_topics_and_hues_are_told_apart() -> None:
    everyone = mates.all()
    assert len(everyone) >= 8
    for field in ("mate", "name", "topic", "hue"):
        assert len({getattr(mate, field) for mate in everyone}) == len(everyone)


@pytest.mark.parametrize("mate", mates.all(), ids=lambda mate: mate.mate)
def test_a_prompt_is_short_and_answers_in_the_users_language(mate: mates.Mate) -> None:
    # The embedded model reads about fifty tokens a second, and a word is less than two tokens.
    assert len(mate.prompt.split()) <= 80
    assert mate.name in mate.prompt
    assert "in the language of the user" in mate.prompt
    assert "Markdown" in mate.prompt


def test_get_and_default() -> None:
    assert mates.get("kodo").name == "Kodo"
    assert mates.default() in mates.all()
    for unknown in ("", "Kodo", "../kodo"):
        with pytest.raises(errors.UnknownMate):
            mates.get(unknown)


def test_the_prompt_that_chooses_knows_every_mate() -> None:
    prompt = catalog.prompt("pre_processing")
    assert [mate.mate for mate in mates.all() if mate.mate not in prompt] == []


def test_parse() -> None:
    mate = mates.parse(FILE)
    assert (mate.name, mate.prompt, mate.default) == ("Testa", "You are Testa. Be kind.", False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("---\nmate", "mate"),
        ("\n---\nYou", "\nYou"),
        ("You are Testa.\nBe kind.\n", ""),
        ("testa", "Te sta"),
        ("questions about tests", "tests"),
        ("hue: 10", "hue: 360"),
        ("hue: 10", "hue: 10\nsurprise: 1"),
        ('["Why does it fail?"]', "[]"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(old: str, new: str) -> None:
    assert old in FILE
    with pytest.raises((ValidationError, ValueError)):
        mates.parse(FILE.replace(old, new, 1))
