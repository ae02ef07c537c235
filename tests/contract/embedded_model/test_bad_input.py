"""Whatever is sent, the embedded model's server answers with a typed error and goes on."""

from typing import Any

import httpx
import pytest

HELLO: dict[str, Any] = {"model": "local", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 4}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe", 400, "invalid_json"),
        (b"[]", 400, "invalid_request"),
        (b"{}", 400, "invalid_request"),
        (b'{"model": "local", "messages": []}', 400, "invalid_request"),
        (b'{"model": "local", "messages": [{"role": "wizard", "content": "x"}]}', 400, "invalid_request"),
        (b'{"model": "gpt-9", "messages": [{"role": "user", "content": "x"}]}', 404, "model_not_found"),
    ],
)
def test_a_malformed_chat_is_refused(client: httpx.Client, body: bytes, status: int, code: str) -> None:
    answer = client.post("/v1/chat/completions", content=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_longer_than_the_context_is_refused(client: httpx.Client, stream: bool) -> None:
    long = [{"role": "user", "content": "word " * 20_000}]
    answer = client.post("/v1/chat/completions", json={**HELLO, "messages": long, "stream": stream})

    assert (answer.status_code, answer.json()["code"]) == (413, "context_too_long")


def test_an_oversized_body_is_refused(client: httpx.Client) -> None:
    answer = client.post("/v1/chat/completions", content=b"x" * (3 << 20))

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "extra",
    [
        {"response_format": {"type": "json_schema"}},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "no such type"}}}},
        {"temperature": 9},
        {"max_tokens": 0},
    ],
)
def test_bad_options_are_refused(client: httpx.Client, extra: dict[str, Any]) -> None:
    answer = client.post("/v1/chat/completions", json={**HELLO, **extra})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_tools_are_refused_rather_than_ignored(client: httpx.Client) -> None:
    answer = client.post("/v1/chat/completions", json={**HELLO, "tools": [{"type": "function"}]})

    assert (answer.status_code, answer.json()["code"]) == (400, "tools_unsupported")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/chat/completions", 405), ("POST", "/v1/nothing", 404)]
)
def test_unknown_routes_have_a_typed_answer(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)

    assert answer.status_code == status
    assert answer.json()["object"] == "error"


def test_a_refusal_never_repeats_what_was_sent(client: httpx.Client) -> None:
    secret = "violet teaspoons"
    answer = client.post("/v1/chat/completions", json={"model": "local", "messages": [{"role": secret}]})

    assert answer.status_code == 400
    assert secret not in answer.text
