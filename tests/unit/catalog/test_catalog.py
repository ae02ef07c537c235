"""The catalog's own files, and what a file must not be able to say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from pydantic import ValidationError

from sealmate import catalog, errors
from sealmate.catalog.shapes import Complexity, Limits, ModelFile, Prices
from sealmate.settings import settings

SETS = ("mistral", "embedded", "custom")
COMPLEXITIES: tuple[Complexity, ...] = ("simple", "medium", "complex")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MODEL_URL", "http://127.0.0.1:1/v1/")
    monkeypatch.setenv("MODEL_NAME", "owl-7b")
    settings.cache_clear()
    yield
    settings.cache_clear()


def content(name: str) -> dict[str, object]:
    parsed: dict[str, object] = catalog.parse_yaml((catalog.FOLDER / name).read_text(encoding="utf-8"))
    return parsed


@pytest.mark.parametrize("model_set", SETS)
def test_every_set_resolves_to_priced_models_at_known_providers(model_set: str) -> None:
    choices = [*catalog.judges(model_set), *(catalog.choice(model_set, c) for c in COMPLEXITIES)]
    assert len(choices) == 5
    for choice in choices:
        facts = catalog.facts(choice.model)
        assert catalog.provider(choice.provider).url.startswith(("http://", "https://"))
        assert choice.max_output_tokens == facts.max_output_tokens < facts.context_tokens
        assert type(facts.price.input) is int
        assert type(facts.price.output) is int


def test_no_set_is_left_out() -> None:
    assert set(ModelFile.model_validate(content("models.yaml")).sets) == set(SETS)


def test_a_more_complex_message_never_costs_less() -> None:
    for model_set in SETS:
        prices = [catalog.price(catalog.choice(model_set, c).model) for c in COMPLEXITIES]
        assert [p.input for p in prices] == sorted(p.input for p in prices)
        assert [p.output for p in prices] == sorted(p.output for p in prices)


def test_mistral_is_judged_by_two_models() -> None:
    first, second = catalog.judges("mistral")
    assert first != second


def test_the_operators_own_model_and_address() -> None:
    assert {catalog.choice("custom", c).model for c in COMPLEXITIES} == {"owl-7b"}
    assert catalog.price("owl-7b") == catalog.price("from MODEL_NAME")
    assert catalog.provider("custom").url == "http://127.0.0.1:1"


def test_a_setting_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL_URL")
    monkeypatch.delenv("MODEL_NAME")
    settings.cache_clear()
    with pytest.raises(errors.ProviderRefused) as refused:
        catalog.provider("embedded")
    assert refused.value.details == {"provider": "embedded", "missing": "MODEL_URL"}
    with pytest.raises(errors.ModelMissing):
        catalog.choice("custom", "simple")


def test_a_model_that_is_not_listed_has_no_price() -> None:
    with pytest.raises(errors.ModelMissing):
        catalog.price("unheard-of")


def test_prices_and_limits_are_valid_and_loaded_once() -> None:
    assert catalog.prices() is catalog.prices()
    assert catalog.limits() is catalog.limits()
    assert catalog.prices().signup_grant > catalog.prices().minimum_charge > 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message_characters", 0),
        ("message_characters", 24000.5),
        ("message_characters", "24000"),
        ("harm_refused_from", 11),
        ("answer_seconds", 360),
        ("vault_ttl_seconds", 360),
        ("misuse_withheld_from", 6),
        ("surprise", 1),
    ],
)
def test_limits_that_do_not_fit_are_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Limits.model_validate({**content("limits.yaml"), field: value})


@pytest.mark.parametrize("price", [0, -1, 1.5, "1000", True])
def test_a_price_is_a_whole_positive_number(price: object) -> None:
    with pytest.raises(ValidationError):
        Prices.model_validate({**content("prices.yaml"), "signup_grant": price})


@pytest.mark.parametrize("part", ["providers", "models"])
def test_a_set_names_only_what_is_listed(part: str) -> None:
    with pytest.raises(ValidationError, match="not listed"):
        ModelFile.model_validate({**content("models.yaml"), part: {}})


@pytest.mark.parametrize("stage", ["pre_processing", "post_processing"])
def test_the_fixed_prompts_fit_the_embedded_models_context(stage: Literal["pre_processing", "post_processing"]) -> None:
    text = catalog.prompt(stage)
    assert 0 < len(text) < 6_000
    assert "JSON" in text
