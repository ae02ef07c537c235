"""A language model in memory, driven by the same scripts as the scripted server."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence

from pydantic import ValidationError

from sealmate import errors
from sealmate.ports import ChatMessage, Clock, Delta, Finished, Model, ModelChoice, Usage
from sealmate.ports import T as Schema
from tests.fakes.clock import FakeClock
from tests.scripted_model.scripts import Asked, Fault, Garbage, Message, Script, Scripts, Silence, Stream, Structured


class FakeModel:
    """Delays pass on `clock`; a silence ends at once, as a timeout. `models`: the names it knows; None for any."""

    def __init__(
        self, scripts: Scripts | None = None, *, clock: Clock | None = None, models: frozenset[str] | None = None
    ) -> None:
        self.scripts = scripts or Scripts()
        self._clock: Clock = clock or FakeClock()
        self._models = models

    def structured(
        self, choice: ModelChoice, messages: Sequence[ChatMessage], schema: type[Schema], *, temperature: float
    ) -> Schema:
        _, script = self._ask(choice, messages, schema.__name__, temperature)
        if not isinstance(script, Structured):
            raise errors.ProviderGarbled()
        self._clock.sleep(script.delay)
        content = script.content if isinstance(script.content, str) else json.dumps(script.content)
        try:
            return schema.model_validate_json(content)
        except ValidationError:
            raise errors.ProviderGarbled() from None

    def stream(
        self, choice: ModelChoice, messages: Sequence[ChatMessage], *, temperature: float
    ) -> Generator[Delta | Finished, None, None]:
        asked, script = self._ask(choice, messages, None, temperature)
        if not isinstance(script, Stream):
            raise errors.ProviderGarbled()
        try:
            self._clock.sleep(script.first_delay)
            for text in script.deltas:
                yield Delta(text=text)
                self._clock.sleep(script.delay)
        except GeneratorExit:
            asked.left.set()
            raise
        match script.fault:
            case "cut" | "silent":
                raise errors.ProviderUnavailable()
            case "garbage":
                raise errors.ProviderGarbled()
            case "error":
                raise errors.ProviderBusy()
        usage = script.usage and Usage(input_tokens=script.usage[0], output_tokens=script.usage[1])
        yield Finished(reason="length" if script.reason == "length" else "complete", usage=usage)

    def _ask(
        self, choice: ModelChoice, messages: Sequence[ChatMessage], schema: str | None, temperature: float
    ) -> tuple[Asked, Script]:
        asked = Asked(
            model=choice.model,
            messages=[Message(message.role, message.text) for message in messages],
            schema=schema,
            temperature=temperature,
            max_tokens=choice.max_output_tokens,
        )
        script = self.scripts.take(asked)
        if self._models is not None and choice.model not in self._models:
            raise errors.ModelMissing()
        match script:
            case Silence():
                raise errors.ProviderUnavailable()
            case Garbage():
                raise errors.ProviderGarbled()
            case Fault():
                raise _failure(script)
        return asked, script


def _failure(fault: Fault) -> errors.SealmateError:
    if fault.status == 429:
        return errors.ProviderBusy()
    if fault.status >= 500:
        return errors.ProviderUnavailable()
    return errors.ModelMissing() if fault.status == 404 else errors.ProviderRefused()


class FakeModels:
    """The same model under every provider's name."""

    def __init__(self, model: Model | None = None) -> None:
        self.model: Model = model or FakeModel()

    def provider(self, name: str) -> Model:
        assert name, "a provider has a name"
        return self.model
