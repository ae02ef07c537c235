"""The HTTP endpoint: each request is checked, let through the gate, translated and passed to the engine."""

import json
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.model import moderation, wire
from infra.local.model.connection import EventStream, body_of, while_connected
from infra.local.model.dialect import StreamTranslator, error_body, to_caller, to_engine
from infra.local.model.service import Service
from infra.local.model.upstream import EngineFailed
from infra.local.model.wire import BadRequest, ChatRequest, Json, ModerationRequest

log = logging.getLogger(__name__)
# After a failed engine the next is loaded in a few seconds.
RETRY_SECONDS = 5


class Endpoint:
    """The routes over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/health", self.health),
                Route("/v1/models", self.models),
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
                Route("/v1/moderations", self.moderations, methods=["POST"]),
                Route("/v1/chat/moderations", self.moderations, methods=["POST"]),
            ],
            exception_handlers={
                BadRequest: _bad_request,
                EngineFailed: _engine_failed,
                ClientDisconnect: _nobody_there,
                HTTPException: _http_error,
                Exception: _unexpected,
            },
        )

    async def health(self, _: Request) -> Response:
        """503 until every prompt is warm; requests are answered before that, as soon as the weights are read."""
        state = self._service.state()
        return JSONResponse(state, status_code=200 if state["phase"] == "ready" else 503)

    async def models(self, _: Request) -> Response:
        """The one model, under its own name and under the one that holds whichever weights are chosen."""
        entries = [
            {"id": name, "object": "model", "created": 0, "owned_by": "local"} | _CAPABILITIES
            for name in self._service.model_names
        ]
        return JSONResponse({"object": "list", "data": entries})

    async def chat(self, request: Request) -> Response:
        """A chat completion, whole or streamed."""
        wanted = wire.parsed(ChatRequest, await body_of(request))
        self._check_model(wanted.model)
        body = to_engine(wanted)
        if wanted.stream:
            return await while_connected(request, self._open_stream(body))
        return await while_connected(request, self._answer(body))

    async def moderations(self, request: Request) -> Response:
        """Category scores for texts or for the last message of conversations."""
        wanted = wire.parsed(ModerationRequest, await body_of(request))
        self._check_model(wanted.model)
        return await while_connected(request, self._moderate(wanted.texts()))

    async def _answer(self, body: Json) -> Response:
        async with self._service.engine() as upstream:
            answer = await upstream.chat(body)
            self._service.answered(answer["timings"])
        return JSONResponse(to_caller(answer, model=self._service.model_names[0]))

    async def _moderate(self, texts: list[str]) -> Response:
        async with self._service.engine() as upstream:
            results = [await moderation.label(upstream, text) for text in texts]
        name = self._service.model_names[0]
        return JSONResponse({"id": f"mod-{uuid.uuid4().hex}", "model": name, "results": results})

    async def _open_stream(self, body: Json) -> Response:
        async with AsyncExitStack() as opening:
            upstream = await opening.enter_async_context(self._service.engine())
            chunks = await opening.enter_async_context(upstream.stream(body))
            return EventStream(self._relayed(chunks), opening.pop_all())

    async def _relayed(self, chunks: AsyncIterator[Json]) -> AsyncIterator[str]:
        translator = StreamTranslator(model=self._service.model_names[0])
        try:
            async for engine_chunk in chunks:
                if chunk := translator.chunk(engine_chunk):
                    yield _event(chunk)
        except EngineFailed as failure:
            log.warning("a stream broke: %s", failure)
            yield _event(error_body(failure.code, f"{failure}: ask again in {RETRY_SECONDS} seconds"))
            return
        if translator.timings:
            self._service.answered(translator.timings)
        yield "data: [DONE]\n\n"

    def _check_model(self, name: str) -> None:
        if name not in self._service.model_names:
            known = ", ".join(self._service.model_names)
            raise BadRequest(404, "model_not_found", f"this server has no such model: ask for {known}")


def _event(data: Json) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse(error_body(code, message), status_code=status)


async def _bad_request(_: Request, error: Exception) -> Response:
    status, code = (error.status, error.code) if isinstance(error, BadRequest) else (400, "invalid_request")
    return _error(status, code, str(error))


async def _engine_failed(_: Request, error: Exception) -> Response:
    log.error("request failed: %s", error)
    answer = _error(503, EngineFailed.code, f"{error}: ask again in {RETRY_SECONDS} seconds")
    answer.headers["retry-after"] = str(RETRY_SECONDS)
    return answer


async def _nobody_there(_: Request, __: Exception) -> Response:
    return Response(status_code=499)  # never sent; nginx's number for a caller who left


async def _http_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: "not_found", 405: "method_not_allowed"}.get(status, "http_error")
    return _error(status, code, "no such route: see /v1/models and /v1/chat/completions")


async def _unexpected(_: Request, error: Exception) -> Response:
    return _error(500, "internal_error", f"unexpected {type(error).__name__}: see the server's log")


_CAPABILITIES = {"capabilities": {"completion_chat": True, "function_calling": False}}
