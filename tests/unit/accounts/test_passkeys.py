"""Signing in, stepping up and completing a sign-in by what authenticators sign; everything that isn't exactly right is refused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sealmate import errors, wiring
from sealmate.accounts.records import Device
from sealmate.accounts.requests import Assertion
from sealmate.model import to_base64url
from tests.fakes.authenticator import Authenticator, flipped
from tests.fakes.http import Reply
from tests.fakes.person import Person
from tests.fakes.ways_in import add, passkey_login, second_factor, step_up
from tests.unit.accounts.world import ORIGIN, World


@pytest.fixture
def laptop(ada: Person) -> Authenticator:
    """A passkey of Ada's, added."""
    made = Authenticator(name="laptop", origin=ORIGIN)
    step_up(ada)
    add(ada, made)
    return made


def _sign_in(person: Person, body: dict[str, Any]) -> Reply:
    return person.api.post("/auth/login/passkey", body)


def test_a_passkey_alone_gives_a_session_and_the_keys(ada: Person, laptop: Authenticator) -> None:
    reply = _sign_in(ada, passkey_login(ada, laptop))
    assert reply.status == 200
    keys = reply.json["keys"]
    assert keys["account_id"] == ada.account_id
    passkey = next(method for method in keys["methods"] if method["kind"] == "passkey")
    assert passkey["credential_id"] == to_base64url(laptop.credential_id)
    assert passkey["transports"] == ["internal"]
    ada.token = reply.json["session"]["token"]
    assert ada.call("GET", "/account").status == 200


@pytest.mark.usefixtures("laptop")
def test_no_address_is_asked_for_and_none_is_told(ada: Person) -> None:
    options = ada.api.post("/auth/login/passkey/options", {}).json["options"]
    assert options["allowCredentials"] == []
    assert (options["rpId"], options["userVerification"]) == ("sealmate.example", "required")
    assert ada.account_id not in str(options)


def test_its_use_is_noted(world: World, ada: Person, laptop: Authenticator) -> None:
    world.clock.advance(1000)
    _sign_in(ada, passkey_login(ada, laptop))
    listed = ada.call("GET", "/account/methods").json["methods"]
    assert [m["last_used_at"] for m in listed if m["kind"] == "passkey"] == [world.clock.now()]


def test_a_browser_gets_a_cookie_from_our_pages_only(ada: Person, laptop: Authenticator) -> None:
    body = passkey_login(ada, laptop) | {"transport": "cookie"}
    assert ada.api.post("/auth/login/passkey", body, origin="https://evil.example").code == "foreign_origin"
    reply = ada.api.post("/auth/login/passkey", body, origin=ORIGIN)
    assert reply.headers["Set-Cookie"].startswith("__Host-sealmate=")
    assert "token" not in reply.json["session"]


# --- what isn't right ---


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://sealmate.example.evil.example"},
        {"origin": "http://sealmate.example"},
        {"crossOrigin": True},
        {"type": "webauthn.create"},
        {"challenge": to_base64url(bytes(32))},
        {"rp_id": "evil.example"},
    ],
    ids=str,
)
def test_an_assertion_for_something_else_is_refused(ada: Person, laptop: Authenticator, wrong: dict[str, Any]) -> None:
    assert _sign_in(ada, passkey_login(ada, laptop, **wrong)).code == "wrong_credentials"
    assert _sign_in(ada, passkey_login(ada, laptop)).status == 200


@pytest.mark.parametrize("part", ["client_data", "authenticator_data", "signature", "credential_id", "user_handle"])
def test_an_altered_assertion_is_refused(ada: Person, laptop: Authenticator, part: str) -> None:
    body = passkey_login(ada, laptop)
    body["assertion"][part] = flipped(body["assertion"][part])
    assert _sign_in(ada, body).code == "wrong_credentials"


@pytest.mark.parametrize("part", ["client_data", "authenticator_data", "signature"])
def test_an_empty_or_odd_part_is_refused(ada: Person, laptop: Authenticator, part: str) -> None:
    for odd in (b"", b"{", b"[]", b'{"type": 5}', bytes(37), b"[" * 4000):
        body = passkey_login(ada, laptop)
        body["assertion"][part] = to_base64url(odd[:1024] if part == "signature" else odd)
        assert _sign_in(ada, body).code == "wrong_credentials", odd


def test_a_holder_who_was_not_verified_is_refused(ada: Person, laptop: Authenticator) -> None:
    laptop.verifies = False
    assert _sign_in(ada, passkey_login(ada, laptop)).code == "wrong_credentials"


def test_an_unknown_credential_and_an_unknown_account_get_the_same_answer(ada: Person, laptop: Authenticator) -> None:
    stranger = Authenticator(name="stranger", origin=ORIGIN, user_handle=laptop.user_handle)
    nobody = Authenticator(name="laptop", origin=ORIGIN, user_handle=to_base64url(b"0" * 36))
    nameless = Authenticator(name="laptop", origin=ORIGIN)
    replies = [_sign_in(ada, passkey_login(ada, each)) for each in (stranger, nobody, nameless)]
    assert {(r.status, r.json["code"], r.json["title"]) for r in replies} == {
        (401, "wrong_credentials", errors.WrongCredentials.message)
    }


def test_another_accounts_passkey_opens_only_its_own(world: World, ada: Person, laptop: Authenticator) -> None:
    bob = world.person("bob@example.org").sign_up()
    step_up(bob)
    phone = Authenticator(name="phone", origin=ORIGIN)
    add(bob, phone)
    phone.user_handle, own = laptop.user_handle, phone.user_handle
    assert _sign_in(ada, passkey_login(ada, phone)).code == "wrong_credentials"
    phone.user_handle = own
    assert _sign_in(ada, passkey_login(ada, phone)).json["keys"]["account_id"] == bob.account_id


def test_what_the_authenticator_derived_is_refused(ada: Person, laptop: Authenticator) -> None:
    body = passkey_login(ada, laptop)
    for extra in ({"clientExtensionResults": {"prf": {"results": {"first": "AAAA"}}}}, {"prf": "AAAA"}):
        reply = _sign_in(ada, body | {"assertion": body["assertion"] | extra})
        assert (reply.status, reply.code) == (400, "invalid_request")
        assert "AAAA" not in reply.body


# --- counters ---


def test_a_counter_that_goes_back_or_stands_still_is_refused_and_logged(
    ada: Person, laptop: Authenticator, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("sealmate"), "propagate", True)
    laptop.counter = 9
    assert _sign_in(ada, passkey_login(ada, laptop)).status == 200
    for counter in (3, 9):
        laptop.counter = counter
        laptop.counts = 0
        caplog.clear()
        assert _sign_in(ada, passkey_login(ada, laptop)).code == "wrong_credentials"
        noted = {record.__dict__["account_id"] for record in caplog.records if record.message == "counter went back"}
        assert noted == {ada.account_id}
    laptop.counter, laptop.counts = 10, 1
    assert _sign_in(ada, passkey_login(ada, laptop)).status == 200


def test_one_that_does_not_count_works_again_and_again(ada: Person) -> None:
    synced = Authenticator(name="synced", origin=ORIGIN, counts=0)
    step_up(ada)
    add(ada, synced)
    assert [_sign_in(ada, passkey_login(ada, synced)).status for _ in range(3)] == [200] * 3


def test_of_parallel_clones_with_one_counter_one_gets_in(ada: Person, laptop: Authenticator) -> None:
    bodies = []
    for _ in range(8):
        laptop.counter = 4
        bodies.append(passkey_login(ada, laptop))
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(reply.status for reply in pool.map(lambda body: _sign_in(ada, body), bodies))
    assert statuses == [200] + [401] * 7


# --- challenges ---


def test_a_challenge_is_good_once(ada: Person, laptop: Authenticator) -> None:
    body = passkey_login(ada, laptop)
    assert _sign_in(ada, body).status == 200
    assert _sign_in(ada, body).code == "step_expired"


def test_a_challenge_is_spent_by_a_wrong_answer_too(ada: Person, laptop: Authenticator) -> None:
    body = passkey_login(ada, laptop)
    right = dict(body["assertion"])
    body["assertion"] = right | {"signature": flipped(right["signature"])}
    assert _sign_in(ada, body).code == "wrong_credentials"
    assert _sign_in(ada, body | {"assertion": right}).code == "step_expired"


def test_a_challenge_expires(world: World, ada: Person, laptop: Authenticator) -> None:
    body = passkey_login(ada, laptop)
    world.clock.advance(300)
    assert _sign_in(ada, body).code == "step_expired"


def test_a_challenge_is_good_for_its_purpose_alone(ada: Person, laptop: Authenticator) -> None:
    step = ada.call("POST", "/account/step-up/passkey/options", {}).json
    body = {"challenge_id": step["challenge_id"], "assertion": laptop.get(step["options"])}
    assert _sign_in(ada, body | {"device": "phone", "transport": "bearer"}).code == "step_expired"
    login = passkey_login(ada, laptop)
    assert ada.call("POST", "/account/step-up/passkey", {k: login[k] for k in body}).code == "step_expired"


def test_a_thousand_parallel_replays_of_one_challenge_give_one_session(
    world: World, ada: Person, laptop: Authenticator
) -> None:
    laptop.counts = 0
    body = passkey_login(ada, laptop)
    assertion, signing_in = Assertion.model_validate(body["assertion"]), wiring.signing_in_by_key()
    before = len(world.rows.sessions)

    def replay(_: int) -> str:
        try:
            signing_in.finish(
                challenge_id=body["challenge_id"], assertion=assertion, device=Device(key="phone", name="phone")
            )
        except errors.SealmateError as error:
            return error.code
        return "in"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(replay, range(1000)))
    assert (outcomes.count("in"), outcomes.count("step_expired")) == (1, 999)
    assert len(world.rows.sessions) == before + 1


# --- the second factor after a password ---


@pytest.fixture
def token(ada: Person) -> Authenticator:
    """A security key of Ada's that derives nothing, added."""
    made = Authenticator(name="token", origin=ORIGIN)
    step_up(ada)
    add(ada, made, kind="security_key", unlocks=False)
    return made


def test_the_server_says_what_would_complete_a_sign_in(ada: Person) -> None:
    assert ada.prove_password(ada.start_login()).json == {"missing": ["totp"]}
    step_up(ada)
    add(ada, Authenticator(name="token", origin=ORIGIN), kind="security_key", unlocks=False)
    assert ada.prove_password(ada.start_login()).json == {"missing": ["totp", "security_key"]}


def test_a_security_key_completes_a_sign_in(ada: Person, token: Authenticator) -> None:
    login_id = ada.password_proved()
    body = second_factor(ada, token, login_id)
    reply = ada.api.post("/auth/login/security-key", body)
    assert reply.status == 200, reply.body
    assert {method["kind"] for method in reply.json["keys"]["methods"]} == {"password", "recovery"}
    assert ada.api.post("/auth/login/security-key", body).code == "step_expired"


@pytest.mark.usefixtures("token")
def test_a_security_key_can_not_come_first(ada: Person) -> None:
    login_id = ada.start_login()
    reply = ada.api.post("/auth/login/security-key/options", {"login_id": login_id})
    assert reply.code == "step_expired"


def test_a_login_takes_only_the_challenge_made_for_it(ada: Person, token: Authenticator) -> None:
    one, other = ada.password_proved(), ada.password_proved()
    body = second_factor(ada, token, one) | {"login_id": other}
    assert ada.api.post("/auth/login/security-key", body).code == "step_expired"


def test_a_second_factor_alone_neither_signs_in_nor_steps_up(ada: Person, token: Authenticator) -> None:
    assert _sign_in(ada, passkey_login(ada, token)).code == "wrong_credentials"
    assert ada.call("POST", "/account/step-up/passkey/options", {}).code == "method_not_found"


@pytest.mark.usefixtures("laptop")
def test_a_passkey_is_no_second_factor_where_there_is_no_security_key(ada: Person) -> None:
    reply = ada.api.post("/auth/login/security-key/options", {"login_id": ada.password_proved()})
    assert reply.code == "step_expired"


# --- stepping up ---


def test_a_passkey_steps_up(world: World, ada: Person, laptop: Authenticator) -> None:
    world.clock.advance(600)
    assert ada.call("POST", "/account/methods/options", {"kind": "passkey"}).code == "step_up_needed"
    reply = _step_up(ada, laptop)
    assert reply.json == {"proved_until": world.clock.now() + 300}
    assert ada.call("POST", "/account/methods/options", {"kind": "passkey"}).status == 200


def test_stepping_up_proves_this_session_alone(world: World, ada: Person, laptop: Authenticator) -> None:
    first = ada.token
    ada.log_in()
    world.clock.advance(600)
    assert _step_up(ada, laptop).status == 200
    ada.token = first
    assert ada.call("POST", "/account/methods/options", {"kind": "passkey"}).code == "step_up_needed"


def test_a_sessions_challenge_is_no_other_sessions(ada: Person, laptop: Authenticator) -> None:
    started = ada.call("POST", "/account/step-up/passkey/options", {}).json
    ada.log_in()
    body = {"challenge_id": started["challenge_id"], "assertion": laptop.get(started["options"])}
    assert ada.call("POST", "/account/step-up/passkey", body).code == "step_expired"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda shown: shown | {"signature": flipped(shown["signature"])},
        lambda shown: shown | {"credential_id": to_base64url(b"0" * 32)},
    ],
    ids=["signature", "credential"],
)
def test_a_wrong_answer_steps_nothing_up(
    world: World, ada: Person, laptop: Authenticator, spoil: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    world.clock.advance(600)
    started = ada.call("POST", "/account/step-up/passkey/options", {}).json
    body = {"challenge_id": started["challenge_id"], "assertion": spoil(laptop.get(started["options"]))}
    assert ada.call("POST", "/account/step-up/passkey", body).code == "wrong_credentials"
    assert ada.call("POST", "/account/methods/options", {"kind": "passkey"}).code == "step_up_needed"


def _step_up(person: Person, authenticator: Authenticator) -> Reply:
    started = person.call("POST", "/account/step-up/passkey/options", {}).json
    body = {"challenge_id": started["challenge_id"], "assertion": authenticator.get(started["options"])}
    return person.call("POST", "/account/step-up/passkey", body)
