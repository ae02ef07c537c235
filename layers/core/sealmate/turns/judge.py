"""A structured call that must be understood: the cheap model, again, then a second model; what stays unreadable is never taken as safe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel

from sealmate import catalog, errors
from sealmate.ports import ChatMessage, Clock, Models

T = TypeVar("T", bound=BaseModel)

# No further call is begun after this many seconds: the state's own limit would end the turn without a word.
_SECONDS = 30


def judge(models: Models, model_set: str, messages: Sequence[ChatMessage], schema: type[T], *, clock: Clock) -> T:
    """NotJudged if no model's answer fits `schema`; the provider's error if the last model asked can't be reached."""
    first, second = catalog.judges(model_set)
    failure: errors.SealmateError = errors.NotJudged()
    # The same model at the same temperature would garble the same way again.
    began, unreachable = clock.monotonic(), False
    for choice, temperature in ((first, 0.0), (first, 0.4), (second, 0.0)):
        if (unreachable and choice == first) or clock.monotonic() - began > _SECONDS:
            continue
        try:
            return models.provider(choice.provider).structured(choice, messages, schema, temperature=temperature)
        except errors.ProviderGarbled:
            failure = errors.NotJudged()
        except (errors.ProviderBusy, errors.ProviderUnavailable) as error:
            failure, unreachable = error, True
    raise failure
