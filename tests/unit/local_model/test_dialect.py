"""Mistral's dialect is read strictly, translated for the engine, and spoken back."""

import json
from typing import Any

import pytest

from infra.local.model.dialect import StreamTranslator, tidy_schema, to_caller, to_engine
from infra.local.model.wire import BadRequest, ChatRequest, ModerationRequest, parsed

HELLO: dict[str, Any] = {"model": "local", "messages": [{"role": "user", "content": "hello"}]}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "prompt_tokens_details": {}}


def engine_body(**options: Any) -> dict[str, Any]:
    return to_engine(parsed(ChatRequest, json.dumps({**HELLO, **options}).encode()))


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "number", "minimum": 0, "maximum": 1}, {"enum": [step / 10 for step in range(11)]}),
        ({"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.25}, {"enum": [0, 0.25, 0.5, 0.75, 1]}),
        ({"type": "number", "minimum": 0}, {"type": "number", "minimum": 0}),
        ({"type": "integer", "minimum": 0, "maximum": 10}, {"type": "integer", "minimum": 0, "maximum": 10}),
    ],
)
def test_bounded_numbers_become_steps(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    assert tidy_schema(schema) == expected


def test_schemas_are_tidied_at_every_depth() -> None:
    bounded = {"type": "number", "minimum": 0, "maximum": 2, "multipleOf": 1}
    nested = {"properties": {"a": {"anyOf": [bounded, {"type": "null"}]}}, "$defs": {"b": {"items": bounded}}}

    steps = {"enum": [0, 1, 2]}
    assert tidy_schema(nested) == {
        "properties": {"a": {"anyOf": [steps, {"type": "null"}]}},
        "$defs": {"b": {"items": steps}},
    }


def test_options_are_renamed_or_passed_over() -> None:
    body = engine_body(random_seed=7, safe_prompt=True, metadata={"a": "b"}, temperature=0)

    assert body == {
        "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 1024,
        "stream": False,
        "temperature": 0,
        "seed": 7,
    }


def test_chunked_content_is_joined() -> None:
    content = [{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}]
    body = engine_body(messages=[{"role": "user", "content": content}])

    assert body["messages"] == [{"role": "user", "content": "hello"}]


def test_a_text_format_asks_nothing_of_the_engine() -> None:
    assert "response_format" not in engine_body(response_format={"type": "text"})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b"\xff", "invalid_json"),
        (b"{}", "invalid_request"),
        (b'{"model": "local", "messages": []}', "invalid_request"),
    ],
)
def test_bad_bodies_are_refused_by_code(body: bytes, code: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        parsed(ChatRequest, body)

    assert (refusal.value.status, refusal.value.code) == (400, code)


def test_a_stream_holds_the_finish_back_until_the_usage_comes() -> None:
    translator = StreamTranslator(model="m")
    engine_chunks: list[dict[str, Any]] = [
        {"created": 1, "choices": [{"delta": {"role": "assistant", "content": None}}]},
        {"created": 1, "choices": [{"delta": {"content": "hi"}}]},
        {"created": 1, "choices": [{"delta": {}, "finish_reason": "stop"}]},
        {"created": 1, "choices": [], "usage": USAGE},
    ]

    chunks = [chunk for engine_chunk in engine_chunks if (chunk := translator.chunk(engine_chunk))]

    assert [chunk["choices"][0]["delta"]["content"] for chunk in chunks] == ["", "hi", ""]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, "stop"]
    assert [chunk.get("usage") for chunk in chunks] == [
        None,
        None,
        {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    ]


def test_a_whole_answer_has_mistrals_fields_only() -> None:
    answer = to_caller(
        {
            "created": 1,
            "timings": {},
            "usage": USAGE,
            "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
        },
        model="m",
    )

    assert set(answer) == {"id", "object", "created", "model", "usage", "choices"}
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "hi"}


@pytest.mark.parametrize(
    ("wanted", "texts"),
    [
        ("one", ["one"]),
        (["one", "two"], ["one", "two"]),
        ([{"role": "user", "content": "a"}, {"role": "user", "content": "last"}], ["last"]),
        ([[{"role": "user", "content": "x"}], [{"role": "user", "content": "y"}]], ["x", "y"]),
    ],
)
def test_moderation_takes_texts_and_conversations(wanted: Any, texts: list[str]) -> None:
    request = parsed(ModerationRequest, json.dumps({"model": "local", "input": wanted}).encode())

    assert request.texts() == texts
