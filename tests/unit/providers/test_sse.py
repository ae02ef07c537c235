"""The stream reader on bytes: every spelling of the format, every way to cut it, every way it can be broken."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate import errors
from sealmate.adapters.providers import sse
from sealmate.ports import Delta, Finished, Usage

DONE = b"data: [DONE]\n\n"


def event(text: str | None = None, reason: str | None = None, **more: object) -> bytes:
    delta = {} if text is None else {"content": text}
    body = {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more}
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


USAGE = {"prompt_tokens": 7, "completion_tokens": 3}
WHOLE = event("") + event("Grüße, ") + event("🦭") + event("!") + event("", "stop", usage=USAGE) + DONE
READ = [
    Delta(text="Grüße, "),
    Delta(text="🦭"),
    Delta(text="!"),
    Finished(reason="complete", usage=Usage(input_tokens=7, output_tokens=3)),
]


def read(*chunks: bytes) -> list[Delta | Finished]:
    return list(sse.read(chunks))


def text_of(parts: Iterable[Delta | Finished]) -> str:
    return "".join(part.text for part in parts if isinstance(part, Delta))


def test_deltas_then_the_end_with_usage() -> None:
    assert read(WHOLE) == READ


@given(st.lists(st.integers(min_value=0, max_value=len(WHOLE)), max_size=40))
def test_any_chunking_of_the_same_bytes_gives_the_same(cuts: list[int]) -> None:
    places = sorted([0, *cuts, len(WHOLE)])
    chunks = [WHOLE[a:b] for a, b in pairwise(places)]
    assert read(*chunks) == READ


@given(st.sampled_from([b"\r\n", b"\r", b"\n"]), st.integers(min_value=1, max_value=9))
def test_any_line_end_in_any_chunking(end: bytes, size: int) -> None:
    stream = WHOLE.replace(b"\n", end)
    assert read(*(stream[i : i + size] for i in range(0, len(stream), size))) == READ


@given(st.lists(st.text(), max_size=20))
def test_any_text_arrives_as_it_was_sent(texts: list[str]) -> None:
    stream = b"".join(event(text) for text in texts) + event("", "stop") + DONE
    assert text_of(read(stream)) == "".join(texts)


@pytest.mark.parametrize(
    "noise", [b": keep-alive\n\n", b"event: message\n", b"id: 3\nretry: 10\n", b"\n\n\n", b"data\n\n", b":\n"]
)
def test_comments_other_fields_and_empty_events_mean_nothing(noise: bytes) -> None:
    assert read(*(noise + part + b"\n\n" for part in WHOLE.split(b"\n\n") if part)) == READ


def test_data_in_several_lines_is_one_event() -> None:
    spread = b'data: {"choices": [{"delta":\ndata:{"content": "hi"},\ndata: "finish_reason": "stop"}]}\n\n'
    assert text_of(read(spread)) == "hi"


def test_usage_in_a_chunk_of_its_own() -> None:
    alone = b"data: " + json.dumps({"choices": [], "usage": USAGE}).encode() + b"\n\n"
    assert read(event("a"), event(None, "stop", usage=None), alone, DONE)[-1] == READ[-1]


@pytest.mark.parametrize(
    "usage", [None, {}, {"prompt_tokens": 5}, {"prompt_tokens": -1, "completion_tokens": 2}, {"prompt_tokens": "7"}, 3]
)
def test_a_usage_that_cannot_be_right_is_none(usage: object) -> None:
    assert read(event("a", "stop", usage=usage), DONE)[-1] == Finished(reason="complete", usage=None)


@pytest.mark.parametrize(
    ("said", "reason"), [("stop", "complete"), ("length", "length"), ("model_length", "length"), ("eos", "complete")]
)
def test_reasons(said: str, reason: str) -> None:
    last = read(event("a"), event("", said), DONE)[-1]
    assert isinstance(last, Finished)
    assert last.reason == reason


def test_nothing_after_done_is_read() -> None:
    assert read(WHOLE, event("more")) == READ


def test_the_end_may_come_without_done_or_last_line_end() -> None:
    assert read(WHOLE.removesuffix(DONE)) == READ
    assert read(WHOLE.removesuffix(DONE)[:-1]) == READ
    assert read(WHOLE[:-2]) == READ


def test_only_the_text_of_a_reasoning_model_is_the_answer() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "42"}]
    body = {"choices": [{"delta": {"content": parts}, "finish_reason": "stop"}]}
    assert text_of(read(b"data: " + json.dumps(body).encode() + b"\n\n", DONE)) == "42"


def test_one_huge_delta() -> None:
    text = "x" * 1_000_000
    stream = event(text, "stop") + DONE
    assert text_of(read(*(stream[i : i + 16_384] for i in range(0, len(stream), 16_384)))) == text


# --- broken streams ---


def broken(kind: type[errors.SealmateError], *chunks: bytes) -> list[Delta]:
    """The deltas that came before the error."""
    deltas = []
    with pytest.raises(kind) as raised:  # noqa: PT012 - what came before the error counts
        for part in sse.read(chunks):
            assert isinstance(part, Delta)
            deltas.append(part)
    assert "secret" not in str(raised.value)
    return deltas


@pytest.mark.parametrize("end", [b"", DONE, b"data: {"])
def test_an_end_before_the_answers_end_is_a_cut(end: bytes) -> None:
    assert broken(errors.ProviderUnavailable, event("a"), end) == [Delta(text="a")]


@pytest.mark.parametrize(
    "garbage",
    [
        b"data: {secret}\n\n",
        b"data: secret\n\n",
        b"data: [1, 2]\n\n",
        b'data: "secret"\n\n',
        b"data: \xff\xfe\n\n",
        b'data: {"choices": [{}]}\n\n',
        b'data: {"choices": {"secret": 1}}\n\n',
        b'data: {"choices": [{"delta": {"content": 5}}]}\n\n',
        b'data: {"choices": [{"delta": {"content": [{"secret": 5}]}}]}\n\n',
        b"data: " + b"[" * 100_000 + b"\n\n",
    ],
)
def test_garbage(garbage: bytes) -> None:
    assert broken(errors.ProviderGarbled, event("a"), garbage, event("b")) == [Delta(text="a")]


def test_a_line_without_end_is_not_collected_for_ever() -> None:
    endless = (b"data: " + b"x" * 65_536 for _ in range(10_000))
    with pytest.raises(errors.ProviderGarbled):
        list(sse.read(endless))


def test_an_event_without_end_is_not_collected_for_ever() -> None:
    endless = (b"data: " + b"x" * 65_536 + b"\n" for _ in range(10_000))
    with pytest.raises(errors.ProviderGarbled):
        list(sse.read(endless))


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"error": {"message": "secret", "code": 429}}, errors.ProviderBusy),
        ({"error": {"message": "secret", "code": "rate_limit_exceeded"}}, errors.ProviderBusy),
        ({"error": {"message": "secret", "code": 503, "type": "unavailable_error"}}, errors.ProviderUnavailable),
        ({"error": {"message": "secret", "type": "server_error", "code": None}}, errors.ProviderUnavailable),
        ({"error": {"message": "secret", "code": "model_not_found"}}, errors.ModelMissing),
        ({"error": {"message": "secret", "code": 400}}, errors.ProviderRefused),
        ({"error": "secret"}, errors.ProviderUnavailable),
        ({"object": "error", "message": "secret", "type": "rate_limited", "code": "1300"}, errors.ProviderBusy),
        ({"object": "error", "message": "secret", "code": "500"}, errors.ProviderUnavailable),
    ],
)
def test_an_error_in_the_middle(sent: object, kind: type[errors.SealmateError]) -> None:
    assert broken(kind, event("a"), b"data: " + json.dumps(sent).encode() + b"\n\n") == [Delta(text="a")]


def test_an_error_as_the_reason() -> None:
    assert broken(errors.ProviderUnavailable, event("a"), event("", "error"), DONE) == [Delta(text="a")]


def test_what_is_lost_after_the_answer_does_not_take_it_back() -> None:
    def chunks() -> Iterable[bytes]:
        yield event("a") + event("", "stop")
        raise errors.ProviderUnavailable()

    assert list(sse.read(chunks())) == [Delta(text="a"), Finished(reason="complete", usage=None)]
