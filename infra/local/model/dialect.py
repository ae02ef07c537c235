"""Mistral's chat dialect on one side, llama.cpp's on the other: pure translation, no transport."""

import uuid
from collections.abc import Mapping
from typing import Any

from infra.local.model.wire import BadRequest, ChatRequest, Json, ResponseFormat

MAX_TOKENS = 1024
STEPS = 10


# A small model falls into loops in free text. The engine's DRY sampler makes a sequence of tokens less likely the longer
# it repeats what was said; unlike a penalty on words it leaves code and tables alone.
_NO_LOOPS: Json = {"dry_multiplier": 0.8, "dry_base": 1.75, "dry_allowed_length": 6, "dry_penalty_last_n": 512}


def to_engine(request: ChatRequest) -> Json:
    """The engine's request body for a caller's."""
    if request.tools:
        raise BadRequest(400, "tools_unsupported", "the embedded model calls no tools: send none")
    body: Json = {
        "messages": [{"role": message.role, "content": message.text} for message in request.messages],
        "max_tokens": request.max_tokens or MAX_TOKENS,
        "stream": request.stream,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": request.stop,
        "seed": request.random_seed,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "response_format": _engine_format(request.response_format),
    }
    if request.stream:
        body |= {"stream_options": {"include_usage": True}, **_NO_LOOPS}
    return {key: value for key, value in body.items() if value is not None}


def _engine_format(wanted: ResponseFormat | None) -> Json | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return {"type": "json_object"}
    if wanted.json_schema is None:
        raise BadRequest(400, "invalid_request", "response_format.json_schema: Field required")
    schema = tidy_schema(wanted.json_schema.schema_definition)
    return {"type": "json_schema", "json_schema": {"name": wanted.json_schema.name, "schema": schema}}


def tidy_schema(schema: Any) -> Any:
    """The schema with each bounded number turned into an enum of steps: the engine ignores a number's bounds."""
    if isinstance(schema, list):
        return [tidy_schema(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    low, high = schema.get("minimum"), schema.get("maximum")
    if schema.get("type") == "number" and low is not None and high is not None:
        step = schema.get("multipleOf") or (high - low) / STEPS
        count = int((high - low) / step + 1e-9)
        return {"enum": [round(low + step * index, 6) for index in range(count + 1)]}
    return {key: tidy_schema(value) for key, value in schema.items()}


def to_caller(answer: Json, *, model: str) -> Json:
    """A whole answer in Mistral's shape."""
    choice = answer["choices"][0]
    return {
        "id": _fresh_id(),
        "object": "chat.completion",
        "created": answer["created"],
        "model": model,
        "usage": _usage(answer["usage"]),
        "choices": [
            {
                "index": 0,
                "finish_reason": choice["finish_reason"],
                "message": {"role": "assistant", "content": choice["message"].get("content") or ""},
            }
        ],
    }


class StreamTranslator:
    """Turns the engine's chunks into Mistral's, which carry the usage on the finishing chunk."""

    def __init__(self, *, model: str) -> None:
        self._base: Json = {"id": _fresh_id(), "object": "chat.completion.chunk", "model": model}
        self._finish_reason: str | None = None
        self.timings: Json | None = None

    def chunk(self, engine_chunk: Json) -> Json | None:
        """The chunk to send on, if this one gives any."""
        if engine_chunk.get("usage"):
            self.timings = engine_chunk.get("timings")
            return self._shaped(engine_chunk, {"content": ""}, usage=_usage(engine_chunk["usage"]))
        choice = engine_chunk["choices"][0]
        if choice.get("finish_reason"):
            self._finish_reason = choice["finish_reason"]
            return None
        delta = choice["delta"]
        return self._shaped(engine_chunk, {**delta, "content": delta.get("content") or ""})

    def _shaped(self, engine_chunk: Json, delta: Json, usage: Json | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "finish_reason": self._finish_reason if usage else None}
        shaped = {**self._base, "created": engine_chunk["created"], "choices": [choice]}
        return {**shaped, "usage": usage} if usage else shaped


def error_body(code: str, message: str) -> Json:
    """An error in Mistral's shape."""
    return {"object": "error", "type": code, "code": code, "message": message, "param": None}


def _usage(usage: Json) -> Json:
    return {key: usage[key] for key in ("prompt_tokens", "completion_tokens", "total_tokens")}


def _fresh_id() -> str:
    return f"cmpl-{uuid.uuid4().hex}"
