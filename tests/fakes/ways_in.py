"""A person's passkeys and security keys, used over the REST API with software authenticators."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sealmate.model import from_base64url, to_base64url
from sealmate_cli import crypto
from sealmate_cli.wire.http import WrappedKeysAnswer
from sealmate_cli.wire.shape import to_wire
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


def add(
    person: Person, authenticator: Authenticator, *, kind: str = "passkey", unlocks: bool = True, named: bool = False
) -> str:
    """A method's id; the session must be proved. `named`: in the account's signed list, before it comes."""
    body = added_body(person, authenticator, start_adding(person, kind), kind=kind, unlocks=unlocks)
    if named:
        coming = {"method_id": body["method_id"], "public": body["keys"]["public"]}
        assert name_methods(person, coming).status == 204
    reply = person.call("POST", "/account/methods", body)
    assert reply.status == 201, reply.body
    return str(reply.json["method_id"])


def name_methods(person: Person, *coming: dict[str, Any], without: str = "") -> Reply:
    """Signs the next manifest, of the ways in there are but `without`, and of those to come: id and public envelope."""
    wrapped = WrappedKeysAnswer.model_validate(person.call("GET", "/account/keys").json).keys()
    like = wrapped.methods[0]
    named = [method for method in wrapped.methods if method.method_id != without]
    named += [replace(like, method_id=each["method_id"], public=from_base64url(each["public"])) for each in coming]
    manifest = crypto.make_manifest(
        account=person.account_id,
        epoch=wrapped.epoch,
        methods=named,
        signing_seed=person.device.signing_seed,
        before=wrapped.manifest,
    )
    methods = [{"method_id": each, "public_hash": hashed} for each, hashed in manifest.methods]
    return person.call("POST", "/account/manifest", to_wire({"manifest": {**vars(manifest), "methods": methods}}))


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
