"""The front end's client of the engine: chats, streams, and prompt states kept in files."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from infra.local.model.wire import BadRequest, Json

_SIGN_OF_LIFE_SECONDS = 5.0


class EngineFailed(Exception):
    """The engine answered with an error of its own, or not at all."""

    code = "engine_failed"


class Upstream:
    """Speaks to one loaded engine; closing a stream makes the engine stop generating."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def is_listening(self) -> bool:
        """Whether the engine's process is there and takes requests."""
        try:
            await self._client.get("/health", timeout=_SIGN_OF_LIFE_SECONDS)
        except httpx.ConnectError:
            return False
        except httpx.HTTPError:
            return True  # too busy to say so
        return True

    async def chat(self, body: Json) -> Json:
        """A whole answer, in the engine's shape."""
        return await self._post("/v1/chat/completions", body)

    @asynccontextmanager
    async def stream(self, body: Json) -> AsyncIterator[AsyncIterator[Json]]:
        """An answer's chunks; errors that come before the first one are raised on entering."""
        try:
            async with self._client.stream("POST", "/v1/chat/completions", json=body) as response:
                if response.status_code != httpx.codes.OK:
                    _refuse(response.status_code, await response.aread())
                yield _events(response)
        except httpx.HTTPError as failure:
            raise EngineFailed("the engine does not answer") from failure

    async def save_slot(self, file_name: str) -> None:
        """Write what slot 0 holds into a file."""
        await self._post("/slots/0?action=save", {"filename": file_name})

    async def restore_slot(self, file_name: str) -> None:
        """Fill slot 0 from a file, and have the engine keep it in its prompt cache."""
        await self._post("/slots/0?action=restore", {"filename": file_name})
        # Idle slots go to the prompt cache when another task starts: this is the cheapest one.
        await self._post("/completion", {"prompt": "x", "n_predict": 1, "id_slot": 1})

    async def _post(self, path: str, body: Json) -> Json:
        try:
            response = await self._client.post(path, json=body)
        except httpx.HTTPError as failure:
            raise EngineFailed("the engine does not answer") from failure
        if response.status_code != httpx.codes.OK:
            _refuse(response.status_code, response.content)
        answer: Json = response.json()
        return answer


async def _events(response: httpx.Response) -> AsyncIterator[Json]:
    try:
        async for line in response.aiter_lines():
            if line.startswith("data: ") and line != "data: [DONE]":
                yield json.loads(line.removeprefix("data: "))
            elif line.startswith("error: "):
                raise EngineFailed("the engine broke off")
    except httpx.HTTPError as failure:
        raise EngineFailed("the engine broke off") from failure


def _refuse(status: int, body: bytes) -> None:
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        error = {}
    if error.get("type") == "exceed_context_size_error":
        raise BadRequest(413, "context_too_long", "the conversation exceeds the model's context: send less of it")
    if status == httpx.codes.BAD_REQUEST:
        # Its message can quote the request; most often a JSON schema is at fault.
        raise BadRequest(400, "invalid_request", "the engine refused the request: check response_format")
    raise EngineFailed(f"the engine answered with status {status}")
