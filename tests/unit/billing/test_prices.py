"""Prices: whole credits, rounded up, never below the minimum, and a hold that covers what the same turn can cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate import catalog, errors
from sealmate.billing.prices import cost, most

tokens = st.integers(0, 200_000)
models = st.sampled_from(["mistral-small-latest", "mistral-medium-latest", "mistral-large-latest", "local"])


@given(models, tokens, tokens)
def test_a_cost_is_the_exact_price_rounded_up(model: str, given_: int, made: int) -> None:
    price = catalog.price(model)
    exact = given_ * price.input + made * price.output
    charged = cost(model, input_tokens=given_, output_tokens=made)
    assert charged >= catalog.prices().minimum_charge
    assert charged * 1_000_000 >= exact
    assert (charged - 1) * 1_000_000 < exact or charged == catalog.prices().minimum_charge


@given(models, tokens, tokens, tokens)
def test_more_tokens_never_cost_less(model: str, given_: int, made: int, more: int) -> None:
    assert cost(model, input_tokens=given_ + more, output_tokens=made) >= cost(
        model, input_tokens=given_, output_tokens=made
    )


@pytest.mark.parametrize("model_set", ["mistral", "embedded"])
@given(characters=st.integers(1, 72_000), complexity=st.sampled_from(["simple", "medium", "complex"]))
def test_a_hold_covers_an_answer_of_full_length(model_set: str, characters: int, complexity: str) -> None:
    choice = catalog.choice(model_set, complexity)  # type: ignore[arg-type]
    # English takes about four characters a token; the prompt of a mate is counted by the hold, too.
    real = cost(choice.model, input_tokens=characters // 4 + 200, output_tokens=choice.max_output_tokens)
    assert most(model_set, characters=characters) >= real


def test_a_model_without_a_price_is_an_error_not_a_gift() -> None:
    with pytest.raises(errors.ModelMissing):
        cost("no-such-model", input_tokens=1, output_tokens=1)
