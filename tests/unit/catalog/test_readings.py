"""What structured answers are taken for: scores are never guessed, lengths are trimmed at words."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sealmate import catalog, mates
from sealmate.adapters.providers.mistral import plain
from sealmate.turns.readings import Reading, Review
from tests.scripted_model.scripts import READING, REVIEW


def reading(**changes: Any) -> Reading:
    return Reading.model_validate_json(json.dumps({**READING, **changes}))


def review(**changes: Any) -> Review:
    return Review.model_validate_json(json.dumps({**REVIEW, **changes}))


@pytest.mark.parametrize("score", [-1, 11, 5.5, "5", None, True, [5], "safe"])
def test_a_score_that_is_none_is_an_error(score: object) -> None:
    for changed in ({"harm": score}, {"misuse": score}):
        with pytest.raises(ValidationError):
            reading(**changed)
    with pytest.raises(ValidationError):
        review(misuse=score)


@pytest.mark.parametrize("field", list(READING))
def test_a_missing_field_is_an_error(field: str) -> None:
    with pytest.raises(ValidationError):
        Reading.model_validate_json(json.dumps({k: v for k, v in READING.items() if k != field}))


@pytest.mark.parametrize(
    "change",
    [
        {"mate": "nobody"},
        {"complexity": "easy"},
        {"temperature": 1.1},
        {"temperature": "0.3"},
        {"language": "English"},
        {"language": ""},
        {"title": ""},
        {"title": ' "" '},
        {"surprise": 1},
    ],
)
def test_what_does_not_fit_is_an_error_that_repeats_nothing(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        reading(**change)
    assert "ordinary" not in str(raised.value)


@pytest.mark.parametrize(
    ("given_title", "title"),
    [
        ("Ending a process", "Ending a process"),
        ('"Ending a process."', "Ending a process"),
        ("one two three four five six seven eight nine", "one two three four five six seven"),
        ("  two \n lines ", "two lines"),
        (
            "Rindfleischetikettierungs überwachungsaufgaben übertragungsgesetz",
            "Rindfleischetikettierungs überwachungsaufgaben",
        ),
        ("水" * 100, "水" * 60),
    ],
)
def test_titles_are_trimmed_at_words(given_title: str, title: str) -> None:
    assert reading(title=given_title).title == title


@pytest.mark.parametrize(("written", "language"), [("DE", "de"), ("pt-BR", "pt"), ("zh_Hans", "zh")])
def test_languages_are_two_letters(written: str, language: str) -> None:
    assert reading(language=written).language == language


@given(st.text(max_size=300))
def test_a_title_is_short_or_refused(text: str) -> None:
    try:
        title = reading(title=text).title
    except ValidationError:
        return
    assert 0 < len(title) <= 60
    assert len(title.split()) <= 7


def test_six_suggestions_more_are_cut_fewer_refused() -> None:
    assert len(review(suggestions=[f'"{n}?"' for n in range(9)]).suggestions) == 6
    assert review(suggestions=['"Why?"'] * 6).suggestions[0] == "Why?"
    assert len(review(suggestions=["word " * 40] * 6).suggestions[0]) <= 120
    for wrong in (["Why?"] * 5, [], "Why?", ["Why?"] * 5 + [""], [1] * 6):
        with pytest.raises(ValidationError):
            review(suggestions=wrong)


def test_equal_suggestions_are_made_once() -> None:
    given_six = ["Why?", ' "why?" ', "WHY?", "Straße?", "STRASSE?", "How  so?"]
    assert review(suggestions=given_six).suggestions == ["Why?", "Straße?", "How so?"]


@pytest.mark.parametrize("schema", [Reading, Review])
def test_the_schema_is_flat_closed_and_whole(schema: type[Reading | Review]) -> None:
    described = schema.model_json_schema()
    assert "$defs" not in described
    assert described["additionalProperties"] is False
    assert set(described["required"]) == set(described["properties"])


@pytest.mark.parametrize(("stage", "schema"), [("pre_processing", Reading), ("post_processing", Review)])
def test_every_example_in_a_prompt_is_an_answer_in_the_schemas_order(
    stage: Literal["pre_processing", "post_processing"], schema: type[Reading | Review]
) -> None:
    examples = [line for line in catalog.prompt(stage).splitlines() if line.startswith("{")]
    assert len(examples) >= 3
    for example in examples:
        schema.model_validate_json(example)
        # A grammar makes the fields come in this order, whatever the examples show.
        assert list(json.loads(example)) == list(schema.model_fields)


def test_choices_are_enumerated_so_that_a_grammar_holds_them() -> None:
    fields = Reading.model_json_schema()["properties"]
    assert fields["mate"]["enum"] == [mate.mate for mate in mates.all()]
    assert fields["temperature"]["enum"][::5] == [0.0, 0.5, 1.0]
    assert (fields["harm"]["minimum"], fields["harm"]["maximum"]) == (0, 10)


def test_the_plain_schema_keeps_choices_and_drops_bounds() -> None:
    fields = plain(Reading.model_json_schema())["properties"]
    assert fields["harm"] == {"type": "integer"}
    assert fields["mate"] == {"type": "string", "enum": [mate.mate for mate in mates.all()]}
    assert "pattern" not in fields["language"]
    assert plain(Review.model_json_schema())["properties"]["suggestions"] == {
        "type": "array",
        "items": {"type": "string"},
    }
