"""Makes the Chalice apps behind every function: logging, error mapping and validation at the edge, the same for all.

Logs carry ids, codes and places in the code, never a person's words: an unexpected exception is logged by its class and stack
frames, without its message.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from aws_lambda_powertools import Logger
from chalice.app import Chalice, Request, Response, WebsocketEvent
from pydantic import BaseModel, ValidationError

from sealmate import errors, wiring

if TYPE_CHECKING:
    from sealmate.accounts.records import Session

S = TypeVar("S", bound=BaseModel)
Headers = dict[str, str | list[str]]
View = Callable[..., object]
Handler = Callable[[Any, Any], Any]

MAX_BODY = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A WebSocket message with where it came from."""

    connection_id: str
    request_id: str


def _chalice(name: str) -> tuple[Chalice, Logger]:
    return Chalice(app_name=name, configure_logs=False), _logger(name)


def _logger(name: str) -> Logger:
    """Powertools' logger, also for what the package itself logs: the root logger is plain on Lambda and drops what is below a warning."""
    log = Logger(service=name)
    ours = logging.getLogger("sealmate")
    ours.handlers, ours.propagate = list(log.handlers), False
    ours.setLevel(log.log_level)
    return log


def place(error: BaseException) -> dict[str, object]:
    """What may be logged of an unexpected exception: its class and where it rose."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__name__,
        "at": [f"{f.filename.rsplit('/', 2)[-1]}:{f.lineno} {f.name}" for f in frames[-8:]],
    }


def named(error: BaseException, log: Logger) -> errors.SealmateError:
    """The error with its name; one that has none is logged and becomes Internal."""
    if isinstance(error, errors.SealmateError):
        log.info("refused", extra={"code": error.code, "details": error.details})
        return error
    log.error("unexpected", extra=place(error))
    return errors.Internal()


def parse(schema: type[S], body: str | bytes | None, *, ignore: frozenset[str] = frozenset()) -> S:
    """A JSON body as `schema`; InvalidRequest names the field at fault and never its value."""
    try:
        data = json.loads(body or b"")
        if not isinstance(data, dict):
            raise errors.InvalidRequest(field="body", problem="not_an_object")
        return schema.model_validate({k: v for k, v in data.items() if k not in ignore})
    except ValidationError as invalid:
        first = invalid.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"] if part in _field_names(schema) or isinstance(part, int))
        raise errors.InvalidRequest(field=where or "body", problem=first["type"]) from None
    except (ValueError, RecursionError):
        raise errors.InvalidRequest(field="body", problem="not_json") from None


def _field_names(schema: type[BaseModel]) -> frozenset[str]:
    """Names a reply may repeat: the schema's own, so that an unknown field's name (a person's words, perhaps) is not."""
    names: set[str] = set()
    todo: list[Any] = [schema.model_json_schema()]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            names |= set(part.get("properties", {}))
            todo += part.values()
        elif isinstance(part, list):
            todo += part
    return frozenset(names)


def problem(error: errors.SealmateError, request_id: str) -> dict[str, object]:
    """RFC 9457's problem document, with our code and next step."""
    return {
        "type": f"urn:sealmate:error:{error.code}",
        "code": error.code,
        "title": error.message,
        "status": error.status,
        "next_step": error.next_step,
        "request_id": request_id,
        **error.details,
    }


# --- REST ---


class HttpApp(Chalice):
    """A Chalice app whose every failure leaves as a problem document, and whose bodies are validated before a view runs."""

    def __init__(self, name: str) -> None:
        super().__init__(app_name=name, configure_logs=False)
        self._logger = _logger(name)
        self._handed: Headers = {}
        self.register_middleware(self._as_problem, "http")

    def serve(self, method: str, path: str, *, status: int = 200) -> Callable[[View], View]:
        """Registers a view for one method and path; it returns a Shape, a dict, None (204) or a Chalice Response."""

        def decorate(view: View) -> View:
            @wraps(view)
            def guarded(**arguments: str) -> Response:
                self._handed = {}
                try:
                    reply = _reply(view(**arguments), status)
                except Exception as error:  # noqa: BLE001 - the one mapper at the edge
                    reply = self._problem(named(error, self._logger))
                reply.headers.update(self._handed)
                return reply

            self.route(path, methods=[method], content_types=["application/json"], name=view.__name__)(guarded)
            return view

        return decorate

    def body(self, schema: type[S], *, limit: int = MAX_BODY) -> S:
        """The current request's JSON body as `schema`, of at most so many bytes."""
        raw = self._request().raw_body
        if len(raw) > limit:
            raise errors.RequestTooLarge(limit=limit)
        return parse(schema, raw)

    def hand_nonce(self, session: Session) -> None:
        """Whatever becomes of the current request, its answer says what the session's device may sign next."""
        self._handed["DPoP-Nonce"] = wiring.sessions().next_nonce(session)

    def signed(self) -> Session:
        """Whose device signed the current request."""
        return self._handing(wiring.sessions().signed(self.current_request))

    def proved(self) -> Session:
        """Of someone who may change the ways in, and whose device signed the current request."""
        return self._handing(wiring.sessions().proved(self.current_request))

    def _handing(self, session: Session) -> Session:
        self.hand_nonce(session)
        return session

    def query(self, name: str) -> str | None:
        parameters = self._request().query_params
        return str(parameters[name]) if parameters and name in parameters else None

    def _request(self) -> Request:
        if self.current_request is None:
            raise errors.Internal()
        return self.current_request

    def _problem(self, error: errors.SealmateError) -> Response:
        request_id = str(self._request().context.get("requestId", ""))
        headers: Headers = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
        if "retry_after" in error.details:
            headers["Retry-After"] = str(error.details["retry_after"])
        return Response(body=json.dumps(problem(error, request_id)), status_code=error.status, headers=headers)

    def _as_problem(self, request: Request, get_response: Callable[[Request], Response]) -> Response:
        """Chalice's own refusals (a wrong method, a wrong content type) in our words."""
        response = get_response(request)
        if response.status_code < 400 or response.headers.get("Content-Type") == "application/problem+json":
            return response
        return self._problem(errors.NotFound() if response.status_code in (404, 405) else errors.InvalidRequest())


def _reply(result: object, status: int) -> Response:
    if isinstance(result, Response):
        result.headers.setdefault("Cache-Control", "no-store")
        return result
    headers: Headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if result is None:
        return Response(body="", status_code=204, headers=headers)
    text = result.model_dump_json(exclude_none=True) if isinstance(result, BaseModel) else json.dumps(result)
    return Response(body=text, status_code=status, headers=headers)


# --- WebSocket ---


def websocket_action(name: str, schema: type[S]) -> Callable[[Callable[[Frame, S], None]], Handler]:
    """A function for one WebSocket route; what it raises is told to the same connection.

    The reply is always 200: API Gateway turns anything else into an error frame of its own, without a code and a next step.
    """
    app, log = _chalice(name)

    def decorate(act: Callable[[Frame, S], None]) -> Handler:
        def receive(event: WebsocketEvent) -> dict[str, int]:
            frame = Frame(
                connection_id=event.connection_id,
                request_id=str(event._event_dict["requestContext"]["requestId"]),
            )
            turn_id: str | None = None
            try:
                raw = _text_of(event._event_dict)
                turn_id = _turn_id_of(raw)
                act(frame, parse(schema, raw, ignore=frozenset({"action"})))
            except (errors.ConnectionGone, errors.DeliveryFailed):
                log.info("gone", extra={"connection_id": frame.connection_id})
            except Exception as error:  # noqa: BLE001 - the one mapper at the edge
                _refuse(frame, named(error, log), turn_id, log)
            return {"statusCode": 200}

        handler: Handler = app.on_ws_message(name=name)(receive)
        return handler

    return decorate


def _refuse(frame: Frame, error: errors.SealmateError, turn_id: str | None, log: Logger) -> None:
    from sealmate.events import RequestRefused

    refused = RequestRefused(
        code=error.code,
        message=error.message,
        next_step=error.next_step,
        request_id=frame.request_id,
        turn_id=turn_id,
        missing_credits=_number(error, "missing_credits"),
        retry_after=_number(error, "retry_after"),
    )
    try:
        wiring.push().send(frame.connection_id, refused)
    except (errors.ConnectionGone, errors.DeliveryFailed):
        log.info("gone", extra={"connection_id": frame.connection_id})


def _number(error: errors.SealmateError, name: str) -> int | None:
    value = error.details.get(name)
    return value if isinstance(value, int) else None


def _text_of(event: Mapping[str, Any]) -> str:
    if event.get("isBase64Encoded"):
        raise errors.InvalidRequest(field="body", problem="not_text")
    return str(event.get("body") or "")


def _turn_id_of(raw: str) -> str | None:
    """The turn an unreadable request speaks of, if it looks like one, so that a client can tell which message was refused."""
    from pydantic import TypeAdapter

    from sealmate.model import TurnId

    try:
        return TypeAdapter(TurnId).validate_python(json.loads(raw).get("turn_id"))
    except (ValueError, AttributeError, RecursionError):
        return None


def websocket_connect(name: str) -> Callable[[Callable[[Mapping[str, Any]], dict[str, Any]]], Handler]:
    """The $connect route: raising refuses the handshake with the error's status and no words."""
    app, log = _chalice(name)

    def decorate(act: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Handler:
        def receive(event: WebsocketEvent) -> dict[str, Any]:
            try:
                return act(event._event_dict)
            except Exception as error:  # noqa: BLE001 - the one mapper at the edge
                known = named(error, log)
                return {"statusCode": 403 if known.status == 403 else 401 if known.status < 500 else 500}

        handler: Handler = app.on_ws_connect(name=name)(receive)
        return handler

    return decorate


def websocket_disconnect(name: str) -> Callable[[Callable[[str], None]], Handler]:
    """The $disconnect route, which is best effort: nothing is told to anyone."""
    app, log = _chalice(name)

    def decorate(act: Callable[[str], None]) -> Handler:
        def receive(event: WebsocketEvent) -> dict[str, int]:
            try:
                act(event.connection_id)
            except Exception as error:  # noqa: BLE001 - the one mapper at the edge
                named(error, log)
            return {"statusCode": 200}

        handler: Handler = app.on_ws_disconnect(name=name)(receive)
        return handler

    return decorate


# --- stages and jobs ---


def stage(name: str, schema: type[S]) -> Callable[[Callable[[S], BaseModel]], Handler]:
    """A state's function: ids in, ids, counts and choices out. Whatever is raised has a name the state machine can catch."""
    app, log = _chalice(name)

    def decorate(act: Callable[[S], BaseModel]) -> Handler:
        def run(event: Any, _context: Any) -> dict[str, Any]:
            try:
                return act(schema.model_validate(event)).model_dump(mode="json")
            except Exception as error:  # noqa: BLE001 - the one mapper at the edge
                raise named(error, log) from None

        handler: Handler = app.lambda_function(name=name)(run)
        return handler

    return decorate


def job(name: str) -> Callable[[Callable[[Mapping[str, Any]], Mapping[str, int]]], Handler]:
    """Scheduled work: logs the counts it returns."""
    app, log = _chalice(name)

    def decorate(act: Callable[[Mapping[str, Any]], Mapping[str, int]]) -> Handler:
        def run(event: Any, _context: Any) -> dict[str, int]:
            try:
                counts = dict(act(event))
            except Exception as error:  # noqa: BLE001 - the one mapper at the edge
                raise named(error, log) from None
            log.info("done", extra={"counts": counts})
            return counts

        handler: Handler = app.lambda_function(name=name)(run)
        return handler

    return decorate
