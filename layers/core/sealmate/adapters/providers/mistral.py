"""Mistral: its SDK for structured calls; streams go through our own reader, at a seventh of the SDK's time a chunk."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sealmate import errors
from sealmate.adapters.providers.endpoint import CONNECT_SECONDS, STRUCTURED_TOKENS, Endpoint, T, parse_into, request
from sealmate.adapters.providers.failures import by_status, translated
from sealmate.ports import ChatMessage, Delta, Finished, ModelChoice

if TYPE_CHECKING:
    from mistralai.client import Mistral as Sdk

# Bounds of numbers and lengths fail there; the schema's own validation holds them.
UNDERSTOOD = {"type", "enum", "properties", "required", "additionalProperties", "items", "description"}


@dataclass(frozen=True, kw_only=True)
class Mistral:
    endpoint: Endpoint

    def structured(
        self, choice: ModelChoice, messages: Sequence[ChatMessage], schema: type[T], *, temperature: float
    ) -> T:
        # Half a second and 30 MB: imported by whoever makes a structured call, and by nobody else.
        import httpx2
        from mistralai.client import errors as sdk_errors
        from mistralai.client.models import JSONSchema, ResponseFormat

        body = request(choice, messages, temperature=temperature)
        body["max_tokens"] = min(choice.max_output_tokens, STRUCTURED_TOKENS)
        wanted = JSONSchema(name=schema.__name__, schema_definition=plain(schema.model_json_schema()), strict=True)
        try:
            with translated(httpx2):
                reply = self._sdk.chat.complete(
                    **body, response_format=ResponseFormat(type="json_schema", json_schema=wanted)
                )
        except sdk_errors.ResponseValidationError:
            raise errors.ProviderGarbled(problem="shape") from None
        except sdk_errors.MistralError as error:
            raise by_status(error.status_code, error.body) from None
        content = reply.choices[0].message.content if reply.choices and reply.choices[0].message else None
        if not isinstance(content, str):
            raise errors.ProviderGarbled(problem="no_text")
        return parse_into(schema, content)

    def stream(
        self, choice: ModelChoice, messages: Sequence[ChatMessage], *, temperature: float
    ) -> Generator[Delta | Finished, None, None]:
        return self.endpoint.stream(request(choice, messages, temperature=temperature))

    @cached_property
    def _sdk(self) -> Sdk:
        import httpx2
        from mistralai.client import Mistral as Sdk

        timeout = httpx2.Timeout(self.endpoint.read_seconds, connect=CONNECT_SECONDS)

        def in_time(request: httpx2.Request) -> None:
            # The SDK overrules its client's timeout with 300 s, or with one number for connecting and reading.
            request.extensions["timeout"] = timeout.as_dict()

        return Sdk(
            api_key=self.endpoint.secret,
            server_url=self.endpoint.url,
            client=httpx2.Client(event_hooks={"request": [in_time]}),
        )


def plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON schema with only the keywords that Mistral's structured output takes."""
    kept: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword == "properties":
            kept[keyword] = {name: plain(field) for name, field in value.items()}
        elif keyword == "items":
            kept[keyword] = plain(value)
        elif keyword in UNDERSTOOD:
            kept[keyword] = value
    return kept
