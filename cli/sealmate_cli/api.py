"""HTTP to the server: one call, one validated answer or one ClientError."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from sealmate_cli.device_keys import Sign
from sealmate_cli.errors import ClientError, NotSignedIn, ServerRefused, UnexpectedAnswer, Unreachable
from sealmate_cli.socket import is_loopback
from sealmate_cli.wire.http import Problem
from sealmate_cli.wire.shape import Shape

Answer = TypeVar("Answer", bound=Shape)
_TIMEOUT = httpx.Timeout(30, connect=10)


class Api:
    def __init__(
        self, server: str, *, note: Callable[[str, bytes], None], transport: httpx.BaseTransport | None = None
    ) -> None:
        """`note` is given every answer, with what was asked."""
        self.server, self._note = _checked(server), note
        self._nonce: str | None = None
        # A proxy set for the outside world must not see what goes to this very machine.
        self._http = httpx.Client(
            base_url=f"{self.server}/api",
            timeout=_TIMEOUT,
            transport=transport,
            trust_env=not is_loopback(server),
        )

    def call(
        self,
        answer: type[Answer],
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        query: dict[str, str] | None = None,
        token: str | None = None,
        sign: Sign | None = None,
        step: str | None = None,
    ) -> Answer:
        """`sign`: by this device, what the server wants signed; `step`: the id of a sign-in's step, which is signed at once.

        The answer to what was signed says what to sign next, so only the first such call is refused and sent again.
        """
        response = self._send(method, path, body=body, query=query, token=token, sign=sign, step=step)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            raise UnexpectedAnswer from error

    def tell(
        self,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        token: str | None = None,
        sign: Sign | None = None,
    ) -> None:
        """A call whose answer has no body."""
        self._send(method, path, body=body, query=None, token=token, sign=sign)

    def close(self) -> None:
        self._http.close()

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None,
        query: dict[str, str] | None,
        token: str | None,
        sign: Sign | None = None,
        step: str | None = None,
    ) -> httpx.Response:
        try:
            nonce = step or self._nonce
            return self._send_once(method, path, body=body, query=query, token=token, sign=sign, nonce=nonce)
        except ServerRefused as refused:
            if sign is None or refused.nonce is None:
                raise
            return self._send_once(method, path, body=body, query=query, token=token, sign=sign, nonce=refused.nonce)

    def _send_once(
        self,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None,
        query: dict[str, str] | None,
        token: str | None,
        sign: Sign | None,
        nonce: str | None,
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if sign is not None and nonce is not None:
            headers["DPoP"] = sign(method, f"{self.server}/api{path}", nonce)
        try:
            response = self._http.request(method, path, json=body, params=query, headers=headers)
        except httpx.TransportError as error:
            raise Unreachable(self.server) from error
        self._note(f"{method} {path}", response.content)
        self._nonce = response.headers.get("DPoP-Nonce", self._nonce)
        if not response.is_success:
            raise _refusal(response)
        return response


def _refusal(response: httpx.Response) -> ClientError:
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return UnexpectedAnswer(passing=response.status_code >= 500)
    return NotSignedIn() if problem.code == "not_signed_in" else ServerRefused(problem)


def _checked(server: str) -> str:
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ClientError(
            "bad_server", "This is no server address.", "Write it like http://localhost:8410, with http:// or https://."
        )
    if parts.scheme == "http" and not is_loopback(server):
        raise ClientError(
            "insecure_server",
            "This address is not encrypted on its way.",
            "Use https, or http for this very machine only.",
        )
    return server.rstrip("/")
