"""Someone who signs up and in over the REST API, with a device and an authenticator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyotp import TOTP

from sealmate.model import to_base64url
from sealmate.ports import Clock
from tests.fakes.device import Device
from tests.fakes.http import Api, Reply


class Person:
    """`code_for` reads the newest mail to an address. What is learnt on the way stays in the attributes."""

    def __init__(self, *, api: Api, clock: Clock, code_for: Callable[[str], str], email: str) -> None:
        self.api, self.clock, self.email = api, clock, email
        self._code_for = code_for
        self.signup_id = self.signup_token = self.account_id = self.totp_secret = self.token = ""
        self.session_id = ""
        self.backup_codes: list[str] = []

    # --- signing up ---

    def start_sign_up(self) -> Reply:
        reply = self.api.post("/auth/signup", {"email": self.email})
        self.signup_id = reply.json.get("signup_id", "")
        return reply

    def verify(self, code: str | None = None) -> Reply:
        code = self._code_for(self.email) if code is None else code
        reply = self.api.post("/auth/signup/verify", {"signup_id": self.signup_id, "code": code})
        if reply.status == 200:
            self.signup_token, self.account_id = reply.json["signup_token"], reply.json["account_id"]
            self.totp_secret = reply.json["totp"]["secret"]
        return reply

    def complete(self, *, transport: str = "bearer", origin: str = "", **changes: object) -> Reply:
        body: dict[str, Any] = {
            "signup_token": self.signup_token,
            "keys": self.device.wire_keys(),
            "totp_code": self.totp(),
            "device": "laptop",
            "transport": transport,
        }
        return self.finish_sign_up(body | changes, origin=origin)

    def finish_sign_up(self, body: dict[str, Any], *, origin: str = "") -> Reply:
        reply = self.api.post("/auth/signup/complete", body, origin=origin)
        if reply.status == 201:
            self.backup_codes = reply.json["backup_codes"]
            self._remember(reply)
        return reply

    def sign_up(self) -> Person:
        assert self.start_sign_up().status == 202
        assert self.verify().status == 200
        reply = self.complete()
        assert reply.status == 201, reply.body
        return self

    # --- signing in ---

    def start_login(self) -> str:
        """A login id."""
        return str(self.api.post("/auth/login", {"email": self.email}).json["login_id"])

    def prove_password(self, login_id: str, auth: bytes | None = None) -> Reply:
        auth = self.device.password_auth if auth is None else auth
        return self.api.post("/auth/login/password", {"login_id": login_id, "auth": to_base64url(auth)})

    def prove_code(
        self, login_id: str, code: str | None = None, *, transport: str = "bearer", origin: str = ""
    ) -> Reply:
        body = {
            "login_id": login_id,
            "code": self.totp() if code is None else code,
            "device": "phone",
            "transport": transport,
        }
        reply = self.api.post("/auth/login/totp", body, origin=origin)
        if reply.status == 200:
            self._remember(reply)
        return reply

    def password_proved(self) -> str:
        """A login id that has only the second factor to come."""
        login_id = self.start_login()
        assert self.prove_password(login_id).status == 200
        return login_id

    def log_in(self) -> Reply:
        """With a fresh code: the clock moves on."""
        self.clock.sleep(30)
        return self.prove_code(self.password_proved())

    # --- signed in ---

    def call(self, method: str, path: str, body: object = None) -> Reply:
        return self.api.call(method, path, body, authorization=f"Bearer {self.token}")

    def step_up(self) -> Person:
        """With a fresh code: the clock moves on."""
        self.clock.sleep(30)
        body = {"auth": to_base64url(self.device.password_auth), "code": self.totp()}
        reply = self.call("POST", "/account/step-up", body)
        assert reply.status == 200, reply.body
        return self

    def mailed_code(self, email: str) -> str:
        """Of the newest mail to an address."""
        return self._code_for(email)

    def totp(self, *, after_steps: int = 0) -> str:
        return TOTP(self.totp_secret).at(self.clock.now() + 30 * after_steps)

    @property
    def device(self) -> Device:
        return Device(account_id=self.account_id)

    def _remember(self, reply: Reply) -> None:
        session: dict[str, Any] = reply.json["session"]
        self.token, self.session_id = session.get("token", ""), session["session_id"]
