"""Moderation turns the likely first letters into Mistral's categories and scores."""

import math

import pytest

from infra.local.model.moderation import prompt, scored


def test_scores_are_shares_of_the_letters_that_mean_something() -> None:
    result = scored(
        [
            {"token": "E", "logprob": math.log(0.6)},
            {"token": " E", "logprob": math.log(0.1)},
            {"token": "A", "logprob": math.log(0.1)},
            {"token": "Sure", "logprob": math.log(0.2)},
        ]
    )

    assert result["category_scores"]["dangerous"] == pytest.approx(0.875)
    assert [name for name, flagged in result["categories"].items() if flagged] == ["dangerous"]
    assert "safe" not in result["categories"]


def test_no_known_letter_flags_nothing() -> None:
    result = scored([{"token": "Sure", "logprob": 0.0}])

    assert not any(result["categories"].values())


def test_the_prompt_is_the_same_each_time_so_that_it_stays_warm() -> None:
    assert prompt() == prompt()
    assert prompt()[0]["role"] == "system"
