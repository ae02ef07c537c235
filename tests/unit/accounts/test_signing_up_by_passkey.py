"""Signing up with a passkey instead of a password and an authenticator: the passkey is both factors."""

from __future__ import annotations

from typing import Any

import pytest

from sealmate.model import to_base64url
from tests.fakes.authenticator import Authenticator
from tests.fakes.person import Person
from tests.fakes.ways_in import passkey_login, sign_up_body, sign_up_by_passkey
from tests.unit.accounts.world import ORIGIN, World


@pytest.fixture
def laptop() -> Authenticator:
    return Authenticator(name="laptop", origin=ORIGIN)


@pytest.fixture
def mia(world: World) -> Person:
    """Someone whose mailed code was right."""
    made = world.person("mia@example.org")
    made.start_sign_up()
    made.verify()
    return made


def test_an_account_comes_with_a_passkey_and_a_recovery_key(mia: Person, laptop: Authenticator) -> None:
    assert mia.finish_sign_up(sign_up_body(mia, laptop)).status == 201
    assert len(set(mia.backup_codes)) == 10
    methods = mia.call("GET", "/account/methods").json["methods"]
    assert {(m["kind"], m["unlocks"]) for m in methods} == {("passkey", True), ("recovery", True)}
    reply = mia.api.post("/auth/login/passkey", passkey_login(mia, laptop))
    assert reply.status == 200
    assert {method["kind"] for method in reply.json["keys"]["methods"]} == {"passkey", "recovery"}


def test_the_recovery_key_then_needs_a_backup_code(world: World, laptop: Authenticator) -> None:
    mia = sign_up_by_passkey(world.person("mia@example.org"), laptop)
    login_id = mia.start_login()
    reply = mia.prove_password(login_id, mia.device.recovery_auth)
    assert reply.json == {"missing": ["backup_code"]}
    assert mia.prove_code(login_id, "123456").code == "wrong_code"
    assert mia.prove_code(login_id, mia.backup_codes[0]).status == 200


def test_starting_to_sign_in_tells_nothing_of_it(world: World, laptop: Authenticator) -> None:
    mia = sign_up_by_passkey(world.person("mia@example.org"), laptop)
    started = [world.api.post("/auth/login", {"email": email}) for email in (mia.email, "nobody@example.org")]
    assert len({(reply.status, tuple(reply.json), len(reply.json["salt"])) for reply in started}) == 1


def test_both_or_neither_way_is_no_request(mia: Person, laptop: Authenticator) -> None:
    body = sign_up_body(mia, laptop)
    both = body["keys"] | {"password": mia.device.wire_keys()["password"]}
    neither = {name: part for name, part in body["keys"].items() if name != "passkey"}
    without = {name: part for name, part in body.items() if name != "passkey"}
    for wrong in (body | {"keys": both}, body | {"keys": neither}, without, body | {"totp_code": "123456"}):
        assert mia.finish_sign_up(wrong).code == "invalid_request"


@pytest.mark.parametrize("wrong", [{"origin": "https://evil.example"}, {"challenge": to_base64url(bytes(32))}])
def test_a_passkey_made_elsewhere_makes_no_account(
    world: World, mia: Person, laptop: Authenticator, wrong: dict[str, Any]
) -> None:
    assert mia.finish_sign_up(sign_up_body(mia, laptop, **wrong)).code == "invalid_passkey"
    assert not world.rows.accounts
    assert mia.finish_sign_up(sign_up_body(mia, laptop)).status == 201


def test_another_sign_ups_challenge_is_refused(world: World, mia: Person, laptop: Authenticator) -> None:
    bob = world.person("bob@example.org")
    bob.start_sign_up()
    bob.verify()
    foreign = sign_up_body(bob, laptop)["passkey"]
    assert mia.finish_sign_up(sign_up_body(mia, laptop) | {"passkey": foreign}).code == "step_expired"


def test_the_mailed_code_comes_first(world: World) -> None:
    reply = world.api.post("/auth/signup/passkey/options", {"signup_token": f"{world.random.uuid()}.AAAA"})
    assert reply.code == "step_expired"


def test_envelopes_of_another_account_are_refused(world: World, mia: Person, laptop: Authenticator) -> None:
    body = sign_up_body(mia, laptop)
    other = world.person("bob@example.org")
    other.account_id = world.random.uuid()
    foreign = other.device.wire_passkey_keys()
    assert (
        mia.finish_sign_up(body | {"keys": body["keys"] | {"statement": foreign["statement"]}}).code == "invalid_keys"
    )
    mixed = body["keys"] | {"passkey": foreign["passkey"]}
    assert mia.finish_sign_up(sign_up_body(mia, laptop) | {"keys": mixed}).code == "invalid_keys"
