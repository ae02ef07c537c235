"""Scripts as bytes, in the two dialects that providers speak."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from tests.scripted_model.scripts import Asked, Message, Stream, Structured

Dialect = Literal["openai", "mistral"]

# Mistral's API refuses fields that it doesn't know.
_MISTRAL_FIELDS = {"model", "messages", "temperature", "max_tokens", "stream", "response_format"}
# Its SDK fails on bounds; so this server is strict about every keyword that we don't need.
_MISTRAL_KEYWORDS = {"type", "enum", "properties", "required", "additionalProperties", "items", "description"}


def asked_of(body: dict[str, Any], *, secret: str) -> Asked:
    wanted = (body.get("response_format") or {}).get("json_schema") or {}
    return Asked(
        model=body["model"],
        messages=[Message(m["role"], m["content"]) for m in body["messages"]],
        schema=wanted.get("name"),
        temperature=body["temperature"],
        max_tokens=body["max_tokens"],
        body=body,
        secret=secret,
    )


def misunderstood(body: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether this request holds what the dialect doesn't take."""
    if dialect == "openai":
        return False
    used = {field for field, value in body.items() if value is not None}
    schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema", {})
    return not used <= _MISTRAL_FIELDS or not _keywords(schema) <= _MISTRAL_KEYWORDS


def _keywords(schema: Mapping[str, Any]) -> set[str]:
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return set(schema).union(*(_keywords(part) for part in inner))


def error(code: str, message: str, status: int, dialect: Dialect) -> bytes:
    if dialect == "mistral":
        return _json({"object": "error", "message": message, "type": code, "param": None, "code": str(status)})
    return _json({"error": {"message": message, "type": code, "param": None, "code": code}})


def reply(script: Structured, asked: Asked) -> bytes:
    text = script.content if isinstance(script.content, str) else json.dumps(script.content)
    message = {"role": "assistant", "content": text, "tool_calls": None}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    usage = {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}
    return _json({**_head("chat.completion", asked), "usage": usage, "choices": [choice]})


def opening(asked: Asked) -> bytes:
    """Providers begin with a chunk that names the role and holds no text."""
    return _event(_chunk(asked, {"role": "assistant", "content": ""}))


def delta(text: str, asked: Asked) -> bytes:
    return _event(_chunk(asked, {"content": text}))


def ending(script: Stream, asked: Asked, dialect: Dialect) -> Iterator[bytes]:
    usage: dict[str, Any] = {}
    if script.usage is not None:
        given, made = script.usage
        usage = {"usage": {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}}
    last = _chunk(asked, {"content": ""}, reason=script.reason)
    if dialect == "mistral":
        yield _event({**last, **usage})
    else:
        yield _event(last)
        if usage and asked.body.get("stream_options", {}).get("include_usage"):
            yield _event({**_head("chat.completion.chunk", asked), **usage, "choices": []})
    yield b"data: [DONE]\n\n"


def busy_in_stream(dialect: Dialect) -> bytes:
    return b"data: " + error("rate_limit_exceeded", "too many requests", 429, dialect) + b"\n\n"


def _chunk(asked: Asked, part: dict[str, Any], *, reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": part, "finish_reason": reason}
    return {**_head("chat.completion.chunk", asked), "choices": [choice]}


def _head(kind: str, asked: Asked) -> dict[str, Any]:
    return {"id": "scripted-1", "object": kind, "created": 1_800_000_000, "model": asked.model}


def _event(content: dict[str, Any]) -> bytes:
    return b"data: " + _json(content) + b"\n\n"


def _json(content: dict[str, Any]) -> bytes:
    # Characters as themselves, so that a cut can fall inside of one.
    return json.dumps(content, ensure_ascii=False).encode()
