"""What a turn may cost and what it did cost, in whole credits. Prices are whole millicredits for 1,000 tokens, so no fraction is lost."""

from __future__ import annotations

from sealmate import catalog
from sealmate.catalog.shapes import Complexity

_COMPLEXITIES: tuple[Complexity, ...] = ("simple", "medium", "complex")
_MICROCREDITS = 1_000_000


def cost(model: str, *, input_tokens: int, output_tokens: int) -> int:
    """Rounded up to whole credits, and never less than the minimum charge."""
    price = catalog.price(model)
    exact = input_tokens * price.input + output_tokens * price.output
    return max(catalog.prices().minimum_charge, -(-exact // _MICROCREDITS))


def most(model_set: str, *, characters: int) -> int:
    """The most that a turn of this size can cost, whichever model will answer it."""
    hold = catalog.prices().hold
    input_tokens = -(-characters // hold.characters_per_token) + hold.prompt_tokens
    choices = [catalog.choice(model_set, complexity) for complexity in _COMPLEXITIES]
    return max(cost(c.model, input_tokens=input_tokens, output_tokens=c.max_output_tokens) for c in choices)
