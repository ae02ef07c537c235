"""The shapes of the catalog's files; a file that doesn't fit stops the process that loads it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sealmate.model import Shape

FROM_URL = "from MODEL_URL"
FROM_NAME = "from MODEL_NAME"

Complexity = Literal["simple", "medium", "complex"]
Count = Annotated[int, Field(strict=True, ge=1)]
Score = Annotated[int, Field(strict=True, ge=0, le=10)]


class Provider(Shape):
    """`url` without /v1; `key` names a sealed row, or is "none"."""

    kind: Literal["mistral", "openai_compatible"]
    url: Annotated[str, Field(pattern=rf"^(https?://\S+|{FROM_URL})$")]
    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    read_seconds: Count


class Named(Shape):
    """A model at a provider."""

    provider: str
    model: str


class ModelSet(Shape):
    judges: Annotated[tuple[Named, ...], Field(min_length=2, max_length=2)]
    simple: Named
    medium: Named
    complex: Named

    def by(self, complexity: Complexity) -> Named:
        return {"simple": self.simple, "medium": self.medium, "complex": self.complex}[complexity]

    def all(self) -> tuple[Named, ...]:
        return (*self.judges, self.simple, self.medium, self.complex)


class Price(Shape):
    """Whole millicredits for 1,000 tokens."""

    input: Count
    output: Count


class ModelFacts(Shape):
    price: Price
    max_output_tokens: Count
    context_tokens: Count


class ModelFile(Shape):
    providers: dict[str, Provider]
    sets: dict[str, ModelSet]
    models: dict[str, ModelFacts]

    @model_validator(mode="after")
    def _no_loose_ends(self) -> ModelFile:
        for name, entry in self.sets.items():
            for named in entry.all():
                if named.provider not in self.providers or named.model not in self.models:
                    raise ValueError(f"the set {name} names a provider or model that is not listed")
        return self


class Hold(Shape):
    characters_per_token: Count
    prompt_tokens: Count


class Prices(Shape):
    """Credits."""

    signup_grant: Count
    minimum_charge: Count
    hold: Hold


class Limits(Shape):
    message_characters: Count
    history_characters: Count
    history_turns: Count
    asks_per_minute: Count
    imports_per_minute: Count
    frame_interval_ms: Count
    snapshot_seconds: Count
    answer_seconds: Count
    hold_seconds: Count
    vault_ttl_seconds: Count
    turn_row_ttl_seconds: Count
    cache_ttl_seconds: Count
    cached_chats: Count
    harm_refused_from: Score
    misuse_annotated_from: Score
    misuse_withheld_from: Score

    @model_validator(mode="after")
    def _in_order(self) -> Limits:
        if not self.answer_seconds < self.hold_seconds < self.vault_ttl_seconds:
            raise ValueError("an answer must end before its hold is swept, and a hold before its vault expires")
        if not self.misuse_annotated_from < self.misuse_withheld_from:
            raise ValueError("annotating must start below withholding")
        return self
