"""The embedded model answers both kinds of client, and only what was asked for in the shape asked for."""

import json
from itertools import pairwise
from typing import Any

import httpx
from mistralai.client import Mistral
from mistralai.client.models import ResponseFormat

from tests.contract.embedded_model.conftest import Running

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "harm": {"type": "integer", "minimum": 0, "maximum": 10},
        "temperature": {"type": "number", "minimum": 0, "maximum": 1},
        "complexity": {"enum": ["simple", "medium", "complex"]},
        "title": {"type": "string", "maxLength": 80},
    },
    "required": ["harm", "temperature", "complexity", "title"],
    "additionalProperties": False,
}
QUESTION = [{"role": "user", "content": "Say hello."}]


def assert_fits_schema(text: str) -> None:
    answer = json.loads(text)
    assert set(answer) == set(SCHEMA["required"])
    assert answer["harm"] in range(11)
    assert answer["temperature"] in [step / 10 for step in range(11)]
    assert answer["complexity"] in ("simple", "medium", "complex")


def events_of(client: httpx.Client, body: dict[str, Any]) -> list[str]:
    with client.stream("POST", "/v1/chat/completions", json={**body, "stream": True}) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        return [line.removeprefix("data: ") for line in response.iter_lines() if line]


def test_a_schema_is_kept_over_httpx(client: httpx.Client) -> None:
    answer = client.post(
        "/v1/chat/completions",
        json={
            "model": "local",
            "messages": QUESTION,
            "max_tokens": 200,
            "response_format": {"type": "json_schema", "json_schema": {"name": "o", "schema": SCHEMA}},
        },
    ).json()

    assert answer["object"] == "chat.completion"
    assert answer["usage"]["total_tokens"] == (answer["usage"]["prompt_tokens"] + answer["usage"]["completion_tokens"])
    assert_fits_schema(answer["choices"][0]["message"]["content"])
    assert client.get("/health").json()["tokens_per_second"] > 0


def test_a_schema_is_kept_over_mistrals_client(server: Running) -> None:
    wanted = ResponseFormat.model_validate(
        {"type": "json_schema", "json_schema": {"name": "o", "schema": SCHEMA, "strict": True}}
    )
    with Mistral(api_key="unused", server_url=server.url) as mistral:
        answer = mistral.chat.complete(
            model="local",
            messages=[{"role": "user", "content": "Say hello."}],
            max_tokens=200,
            random_seed=7,
            safe_prompt=True,
            response_format=wanted,
        )

    content = answer.choices[0].message.content
    assert isinstance(content, str)
    assert_fits_schema(content)


def test_a_stream_ends_with_usage_on_its_finishing_chunk(client: httpx.Client) -> None:
    *events, last = events_of(client, {"model": "local", "messages": QUESTION, "max_tokens": 12})
    chunks = [json.loads(event) for event in events]

    assert last == "[DONE]"
    assert "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks)
    assert [bool(chunk.get("usage")) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1]["choices"][0]["finish_reason"] in ("stop", "length")
    assert 1 <= chunks[-1]["usage"]["completion_tokens"] <= 12
    assert all(before["id"] == after["id"] for before, after in pairwise(chunks))


def test_mistrals_client_reads_the_stream(server: Running) -> None:
    with Mistral(api_key="unused", server_url=server.url) as mistral:
        events = mistral.chat.stream(model="local", messages=[{"role": "user", "content": "Say hello."}], max_tokens=12)
        chunks = [event.data for event in events]

    assert chunks[-1].usage is not None
    assert chunks[-1].choices[0].finish_reason in ("stop", "length")
    assert any(chunk.choices[0].delta.content for chunk in chunks)


def test_a_json_object_can_be_asked_for_without_a_schema(client: httpx.Client) -> None:
    answer = client.post(
        "/v1/chat/completions",
        json={
            "model": "local",
            "messages": [{"role": "user", "content": 'Answer with {"ok": true}'}],
            "temperature": 0,
            "max_tokens": 40,
            "response_format": {"type": "json_object"},
        },
    ).json()

    assert answer["choices"][0]["message"]["content"].lstrip().startswith("{")


def test_moderation_scores_texts_and_conversations(server: Running) -> None:
    with Mistral(api_key="unused", server_url=server.url) as mistral:
        texts = mistral.classifiers.moderate(model="local", inputs=["Hello", "Bread recipe"])
        chat = mistral.classifiers.moderate_chat(model="local", inputs=[{"role": "user", "content": "Hello there"}])

    assert len(texts.results) == 2
    assert len(chat.results) == 1
    scores = texts.results[0].category_scores or {}
    assert {"violence_and_threats", "dangerous", "criminal", "selfharm", "jailbreaking"} <= set(scores)
    assert all(0 <= score <= 1 for score in scores.values())


def test_the_model_is_listed_by_both_names(client: httpx.Client) -> None:
    names = [entry["id"] for entry in client.get("/v1/models").json()["data"]]

    assert names == ["smollm2-135m-instruct-q4_1", "local"]
