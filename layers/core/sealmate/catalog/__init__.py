"""The catalog's content, validated and loaded once, on first use: models, prices, limits and the two fixed prompts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

from sealmate import errors
from sealmate.catalog.shapes import (
    FROM_NAME,
    FROM_URL,
    Complexity,
    Limits,
    ModelFacts,
    ModelFile,
    Named,
    Price,
    Prices,
    Provider,
)
from sealmate.ports import ModelChoice
from sealmate.settings import settings

FOLDER = Path(__file__).parent


def parse_yaml(text: str) -> Any:
    import yaml

    # The safe loader in C, where PyYAML was built with it: a tenth of the time.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def _content(name: str) -> Any:
    return parse_yaml((FOLDER / name).read_text(encoding="utf-8"))


@cache
def _models() -> ModelFile:
    return ModelFile.model_validate(_content("models.yaml"))


@cache
def prices() -> Prices:
    return Prices.model_validate(_content("prices.yaml"))


@cache
def limits() -> Limits:
    return Limits.model_validate(_content("limits.yaml"))


@cache
def prompt(stage: Literal["pre_processing", "post_processing"]) -> str:
    """The fixed system prompt of a structured call; fixed to the letter, so that providers can cache it."""
    return (FOLDER / "prompts" / f"{stage}.md").read_text(encoding="utf-8").strip()


def choice(model_set: str, complexity: Complexity) -> ModelChoice:
    """The model of a set that answers messages of this complexity."""
    return _resolved(_models().sets[model_set].by(complexity))


def judges(model_set: str) -> tuple[ModelChoice, ...]:
    """The models of a set that make the structured calls, in the order in which they are tried."""
    return tuple(_resolved(named) for named in _models().sets[model_set].judges)


def facts(model: str) -> ModelFacts:
    """What is known of a model. ModelMissing if it is neither listed nor the operator's own."""
    known = _models().models
    if model in known:
        return known[model]
    if model and model == settings().model_name:
        return known[FROM_NAME]
    raise errors.ModelMissing(model=model)


def price(model: str) -> Price:
    return facts(model).price


def provider(name: str) -> Provider:
    """A provider with its address resolved. ProviderRefused if the environment was to give it and doesn't."""
    found = _models().providers[name]
    url = settings().model_url if found.url == FROM_URL else found.url
    if not url:
        raise errors.ProviderRefused(provider=name, missing="MODEL_URL")
    # People copy an address with the /v1 that other programs ask for.
    return found.model_copy(update={"url": url.rstrip("/").removesuffix("/v1")})


def _resolved(named: Named) -> ModelChoice:
    model = settings().model_name if named.model == FROM_NAME else named.model
    return ModelChoice(provider=named.provider, model=model, max_output_tokens=facts(model).max_output_tokens)
