"""Reads a chat-completions stream: bytes as they come, to server-sent events, to deltas and one end.

The chunks of bytes may be cut anywhere, also within a character or between CR and LF: what is read is the same.
Format: the WHATWG HTML standard, 9.2.6, and the "streaming" parts of the OpenAI and Mistral API references.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from typing import Any, Literal

from sealmate import errors
from sealmate.adapters.providers.failures import in_stream
from sealmate.ports import Delta, Finished, Usage

MAX_EVENT = 4 * 1024 * 1024


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines without their ends, which are LF, CRLF or CR; an unfinished last one is dropped, as the standard says."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        if len(rest) > MAX_EVENT:
            raise errors.ProviderGarbled(problem="line_too_long")
        found = rest.splitlines(keepends=True)
        # A CR at the very end may be half of a CRLF.
        rest = found.pop() if found and not found[-1].endswith(b"\n") else b""
        for line in found:
            yield line.rstrip(b"\r\n")
    if rest.endswith(b"\r"):
        yield rest[:-1]


def payloads(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The data of each event. Comments and fields other than `data` mean nothing here."""
    data: list[bytes] = []
    size = 0
    for line in lines(chunks):
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
            size += len(line)
            if size > MAX_EVENT:
                raise errors.ProviderGarbled(problem="event_too_long")
        elif not line and data:
            yield b"\n".join(data)
            data, size = [], 0
    # Some servers end the connection in place of the last blank line.
    if data:
        yield b"\n".join(data)


def read(chunks: Iterable[bytes]) -> Generator[Delta | Finished, None, None]:
    """Deltas, then one Finished. ProviderUnavailable if the bytes end before the provider said that the answer does."""
    reason: Literal["complete", "length"] | None = None
    usage: Usage | None = None
    try:
        for payload in payloads(chunks):
            if payload == b"[DONE]":
                break
            event = _parse(payload)
            usage = _usage(event) or usage
            # Empty on the chunk that only carries the usage.
            if not (choices := event.get("choices")):
                continue
            choice = choices[0]
            if text := _text(choice["delta"].get("content")):
                yield Delta(text=text)
            if said := choice.get("finish_reason"):
                reason = _reason(said)
    except errors.ProviderUnavailable:
        # The answer is whole; only what follows it was lost.
        if reason is None:
            raise
    except (KeyError, IndexError, TypeError, AttributeError):
        raise errors.ProviderGarbled(problem="shape") from None
    if reason is None:
        raise errors.ProviderUnavailable(problem="cut")
    yield Finished(reason=reason, usage=usage)


def _parse(payload: bytes) -> dict[str, Any]:
    try:
        event = json.loads(payload.decode())
    except (ValueError, RecursionError):
        raise errors.ProviderGarbled(problem="not_json") from None
    if not isinstance(event, dict):
        raise errors.ProviderGarbled(problem="not_an_object")
    if event.get("error") or event.get("object") == "error":
        raise in_stream(event)
    return event


def _text(content: Any) -> str:
    """A delta's text; reasoning models send a list of parts, of which only the text is the answer."""
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    return "".join(part["text"] for part in content if part["type"] == "text")


def _reason(said: Any) -> Literal["complete", "length"]:
    if said == "error":
        raise errors.ProviderUnavailable(problem="in_stream")
    return "length" if said in ("length", "model_length") else "complete"


def _usage(event: dict[str, Any]) -> Usage | None:
    """The provider's count; one that can't be right is no count."""
    said = event.get("usage")
    if not isinstance(said, dict):
        return None
    given, made = said.get("prompt_tokens"), said.get("completion_tokens")
    if not isinstance(given, int) or not isinstance(made, int) or min(given, made) < 0:
        return None
    return Usage(input_tokens=given, output_tokens=made)
