"""Any provider that speaks OpenAI's chat completions: llama.cpp, vLLM, Ollama, a gateway, or the embedded model."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from sealmate.adapters.providers.endpoint import STRUCTURED_TOKENS, Endpoint, T, content_of, parse_into, request
from sealmate.ports import ChatMessage, Delta, Finished, ModelChoice


@dataclass(frozen=True, kw_only=True)
class OpenAiCompatible:
    endpoint: Endpoint

    def structured(
        self, choice: ModelChoice, messages: Sequence[ChatMessage], schema: type[T], *, temperature: float
    ) -> T:
        body = request(choice, messages, temperature=temperature)
        body["max_tokens"] = min(choice.max_output_tokens, STRUCTURED_TOKENS)
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": schema.__name__, "schema": schema.model_json_schema(), "strict": True},
        }
        return parse_into(schema, content_of(self.endpoint.reply(body)))

    def stream(
        self, choice: ModelChoice, messages: Sequence[ChatMessage], *, temperature: float
    ) -> Generator[Delta | Finished, None, None]:
        body = request(choice, messages, temperature=temperature)
        return self.endpoint.stream({**body, "stream_options": {"include_usage": True}})
