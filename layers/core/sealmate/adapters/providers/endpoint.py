"""An address that speaks chat completions: sends one request, streams or reads the reply, and names what went wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from sealmate import errors
from sealmate.adapters.providers import sse
from sealmate.adapters.providers.failures import by_status, translated
from sealmate.ports import ChatMessage, Delta, Finished, ModelChoice

T = TypeVar("T", bound=BaseModel)

CONNECT_SECONDS = 5
MAX_REPLY = 1024 * 1024
# A structured answer is short; one that isn't has run away.
STRUCTURED_TOKENS = 600


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """`url` without /v1; `secret` gives the API key, or nothing where none is needed."""

    url: str
    secret: Callable[[], str]
    read_seconds: float
    http: httpx.Client

    def reply(self, body: Mapping[str, Any]) -> bytes:
        with self._sent(body) as response:
            return _bounded(response)

    def stream(self, body: Mapping[str, Any]) -> Generator[Delta | Finished, None, None]:
        """Nothing is sent before the first `next`; closing the iterator closes the connection."""
        with self._sent({**body, "stream": True}) as response:
            yield from sse.read(response.iter_bytes())

    @contextmanager
    def _sent(self, body: Mapping[str, Any]) -> Iterator[httpx.Response]:
        secret = self.secret()
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        timeout = httpx.Timeout(self.read_seconds, connect=CONNECT_SECONDS)
        with (
            translated(),
            self.http.stream(
                "POST", f"{self.url}/v1/chat/completions", json=body, headers=headers, timeout=timeout
            ) as response,
        ):
            if response.status_code != 200:
                raise by_status(response.status_code, _bounded(response))
            yield response


def _bounded(response: httpx.Response) -> bytes:
    whole = bytearray()
    for chunk in response.iter_bytes():
        whole += chunk
        if len(whole) > MAX_REPLY:
            raise errors.ProviderGarbled(problem="reply_too_long")
    return bytes(whole)


def request(choice: ModelChoice, messages: Sequence[ChatMessage], *, temperature: float) -> dict[str, Any]:
    """The fields that every dialect shares."""
    return {
        "model": choice.model,
        "messages": [{"role": message.role, "content": message.text} for message in messages],
        "temperature": temperature,
        "max_tokens": choice.max_output_tokens,
    }


def content_of(reply: bytes) -> str:
    """The text of a reply that came whole."""
    try:
        content = json.loads(reply.decode())["choices"][0]["message"]["content"]
    except (ValueError, RecursionError, LookupError, TypeError):
        raise errors.ProviderGarbled(problem="shape") from None
    if not isinstance(content, str):
        raise errors.ProviderGarbled(problem="no_text")
    return content


def parse_into(schema: type[T], content: str) -> T:
    """A structured answer; what doesn't fit is garbled, and never repeated."""
    try:
        return schema.model_validate_json(content)
    except ValidationError:
        raise errors.ProviderGarbled(problem="schema") from None
