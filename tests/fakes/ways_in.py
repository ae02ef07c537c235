"""A person's passkeys and security keys, used over the REST API with software authenticators."""

from __future__ import annotations

from typing import Any

from sealmate.model import to_base64url
from tests.fakes.authenticator import Authenticator
from tests.fakes.clock import FakeRandom
from tests.fakes.http import Reply
from tests.fakes.person import Person


def step_up(person: Person) -> None:
    person.clock.sleep(30)
    body = {"auth": to_base64url(person.device.password_auth), "code": person.totp()}
    reply = person.call("POST", "/account/step-up", body)
    assert reply.status == 200, reply.body


def start_adding(person: Person, kind: str = "passkey") -> Reply:
    return person.call("POST", "/account/methods/options", {"kind": kind})


def added_body(
    person: Person, authenticator: Authenticator, started: Reply, *, kind: str = "passkey", unlocks: bool = True
) -> dict[str, Any]:
    method_id = FakeRandom(f"method of {authenticator.name}").uuid()
    body = {
        "challenge_id": started.json["challenge_id"],
        "kind": kind,
        "method_id": method_id,
        "name": authenticator.name,
        "registration": authenticator.create(started.json["options"]),
    }
    return body | ({"keys": person.device.added_keys(kind, method_id)} if unlocks else {})


def add(person: Person, authenticator: Authenticator, *, kind: str = "passkey", unlocks: bool = True) -> str:
    """A method's id; the session must be proved."""
    body = added_body(person, authenticator, start_adding(person, kind), kind=kind, unlocks=unlocks)
    reply = person.call("POST", "/account/methods", body)
    assert reply.status == 201, reply.body
    return str(reply.json["method_id"])


def passkey_login(person: Person, authenticator: Authenticator, **wrong: Any) -> dict[str, Any]:
    """The body that signs in by a passkey, over a challenge of its own."""
    started = person.api.post("/auth/login/passkey/options", {}).json
    return {
        "challenge_id": started["challenge_id"],
        "assertion": authenticator.get(started["options"], **wrong),
        "device": "phone",
        "transport": "bearer",
    }


def second_factor(person: Person, authenticator: Authenticator, login_id: str) -> dict[str, Any]:
    """The body that completes a sign-in whose password is proved."""
    started = person.api.post("/auth/login/security-key/options", {"login_id": login_id}).json
    return {
        "login_id": login_id,
        "challenge_id": started["challenge_id"],
        "assertion": authenticator.get(started["options"]),
        "device": "phone",
        "transport": "bearer",
    }


def sign_up_body(person: Person, authenticator: Authenticator, **wrong: Any) -> dict[str, Any]:
    """The body that completes a sign-up by passkey; the mailed code is given already."""
    started = person.api.post("/auth/signup/passkey/options", {"signup_token": person.signup_token}).json
    return {
        "signup_token": person.signup_token,
        "keys": person.device.wire_passkey_keys(),
        "passkey": {
            "challenge_id": started["challenge_id"],
            "name": authenticator.name,
            "registration": authenticator.create(started["options"], **wrong),
        },
        "device": "laptop",
        "transport": "bearer",
    }


def sign_up_by_passkey(person: Person, authenticator: Authenticator) -> Person:
    assert person.start_sign_up().status == 202
    assert person.verify().status == 200
    reply = person.finish_sign_up(sign_up_body(person, authenticator))
    assert reply.status == 201, reply.body
    return person
