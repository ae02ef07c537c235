"""The session of this device: calls made with a token that rotates, and is wiped when the server has ended it."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from sealmate_cli.api import Answer, Api
from sealmate_cli.device_keys import Sign, signer
from sealmate_cli.errors import ClientError, NotSignedIn, Tampered
from sealmate_cli.profile import Identity, ProfileFile
from sealmate_cli.wire import http as wire

Result = TypeVar("Result")


class SessionCalls:
    def __init__(self, api: Api, profile: ProfileFile, now: Callable[[], float]) -> None:
        self._api, self._profile, self._now = api, profile, now

    def identity(self) -> Identity:
        profile = self._profile.load()
        if profile.identity is None:
            raise NotSignedIn
        if profile.server != self._api.server:
            raise ClientError(
                "other_server",
                f"This device is signed in at {profile.server}.",
                "Leave --server out, use another folder with --home, or sign out first.",
            )
        return profile.identity

    def get(self, answer: type[Answer], path: str, query: dict[str, str] | None = None) -> Answer:
        return self._with_token(lambda token: self._api.call(answer, "GET", path, query=query, token=token))

    def pages(
        self, answer: type[Answer], path: str, name: str, cursor_of: Callable[[Answer], str | None]
    ) -> Iterator[Answer]:
        """All pages; `name` is the query parameter that takes the cursor."""
        cursor: str | None = None
        while True:
            page = self.get(answer, path, {name: cursor} if cursor else None)
            yield page
            before, cursor = cursor, cursor_of(page)
            if cursor is None or cursor == before:
                return

    @property
    def server(self) -> str:
        return self._api.server

    def call(self, answer: type[Answer], method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        sign = self._sign()
        return self._with_token(lambda token: self._api.call(answer, method, path, body=body, token=token, sign=sign))

    def tell(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """A call whose answer has no body."""
        sign = self._sign()
        self._with_token(lambda token: self._api.tell(method, path, body=body, token=token, sign=sign))

    def ticket(self) -> str:
        sign = self._sign()
        return self._with_token(
            lambda token: self._api.call(wire.Ticket, "POST", "/auth/ticket", token=token, sign=sign)
        ).ticket

    def end(self) -> None:
        """Wipes token and master key here first, so that it holds even if the server can't be told."""
        with self._profile.locked():
            profile = self._profile.load()
            self._wipe()
        if profile.identity is not None and profile.server == self._api.server:
            try:
                self._api.tell("POST", "/auth/logout", token=profile.identity.session.token)
            except NotSignedIn:
                return

    def forget(self) -> None:
        """Wipes token and master key here: the account has ended."""
        with self._profile.locked():
            self._wipe()

    def _with_token(self, call: Callable[[str], Result]) -> Result:
        token = self._token()
        try:
            return call(token)
        except NotSignedIn:
            current = self._token()
            if current != token:  # another process has rotated meanwhile
                return call(current)
            with self._profile.locked():
                self._wipe()
            raise

    def _token(self) -> str:
        if (token := self._token_not_due()) is not None:
            return token
        with self._profile.locked():
            if (token := self._token_not_due()) is not None:
                return token
            return self._rotate(self.identity().session)

    def _token_not_due(self) -> str | None:
        session = self.identity().session
        return session.token if self._now() < session.rotate_at else None

    def _rotate(self, session: wire.Session) -> str:
        try:
            answer = self._api.call(
                wire.SessionAnswer, "POST", "/auth/session/rotate", token=session.token, sign=self._sign()
            )
        except NotSignedIn:
            self._wipe()
            raise
        if answer.session.account_id != session.account_id:
            raise Tampered("session", "wrong_account")
        self._profile.save(self._profile.load().with_session(answer.session))
        return answer.session.token

    def _sign(self) -> Sign:
        return signer(self._profile.device_key(self.identity().account), self._now)

    def _wipe(self) -> None:
        self._profile.save(self._profile.load().signed_out())
