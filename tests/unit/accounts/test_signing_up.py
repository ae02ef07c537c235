"""Signing up: mailed code, authenticator, keys; all or nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from sealmate import errors, wiring
from sealmate.accounts import records
from sealmate.accounts.requests import CompleteSignUp
from sealmate.model import from_base64url, to_base64url
from sealmate_cli import crypto
from sealmate_cli.wire.http import manifest_body
from tests.fakes.device import Device
from tests.fakes.person import Person
from tests.unit.accounts.world import GRANT, ORIGIN, ROTATE_EVERY, World


def test_sign_up_makes_the_account_whole(world: World) -> None:
    ada = world.person(" Ada@Example.ORG ")
    assert ada.start_sign_up().status == 202
    ada.email = "ada@example.org"
    verified = ada.verify()
    assert verified.status == 200
    assert verified.json["kdf_profile"] == 1
    uri = urlparse(verified.json["totp"]["uri"])
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Sealmate:ada%40example.org")
    assert parse_qs(uri.query) == {"secret": [ada.totp_secret], "issuer": ["Sealmate"]}
    completed = ada.complete()
    assert completed.status == 201
    assert completed.json["session"] == {
        "token": ada.token,
        "session_id": ada.session_id,
        "account_id": ada.account_id,
        "rotate_at": world.clock.now() + 3600,
        "expires_at": world.clock.now() + 30 * 86400,
    }
    assert len(set(ada.backup_codes)) == 10
    assert not world.rows.sign_ups
    shown = ada.call("GET", "/account").json
    assert shown == {
        "account_id": ada.account_id,
        "email": "ada@example.org",
        "created_at": world.clock.now(),
        "epoch": 1,
        "rotation_due_at": world.clock.now() + ROTATE_EVERY,
        "backup_codes_left": 10,
        "wallet": {"available": GRANT, "held": 0},
    }
    wrapped, made = ada.call("GET", "/account/keys").json, ada.device.wire_keys()
    assert wrapped["signing"]["public_key"] == made["signing"]["public_key"]
    assert wrapped["statement"] == made["statement"]
    assert {m["kind"]: m["method_id"] for m in wrapped["methods"]} == {
        kind: made[kind]["method_id"] for kind in ("password", "recovery")
    }


def _with_manifest(ada: Person, *, sequence: int = 1, without: str = "", seed: bytes = b"") -> dict[str, Any]:
    """Its keys, with the first manifest."""
    keys = ada.device.wire_keys()
    named = [kind for kind in ("password", "recovery") if kind != without]
    methods = [
        crypto.UnlockMethod(keys[kind]["method_id"], kind, b"", b"", from_base64url(keys[kind]["public"]))
        for kind in named
    ]
    made = crypto.make_manifest(
        account=ada.account_id, epoch=1, methods=methods, signing_seed=seed or ada.device.signing_seed, before=None
    )
    return {**keys, "manifest": {**manifest_body(made), "sequence": sequence}}


def test_an_account_brings_its_first_manifest(world: World) -> None:
    ada = world.person("ada@example.org")
    ada.start_sign_up(), ada.verify()
    keys = _with_manifest(ada)
    assert ada.complete(keys=keys).status == 201
    assert ada.call("GET", "/account/keys").json["manifest"] == keys["manifest"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"sequence": 2}, "manifest_conflict"),
        ({"without": "recovery"}, "manifest_conflict"),
        ({"seed": bytes(32)}, "invalid_keys"),
    ],
)
def test_a_first_manifest_that_is_not_its_own_makes_no_account(world: World, wrong: dict[str, Any], code: str) -> None:
    ada = world.person("ada@example.org")
    ada.start_sign_up(), ada.verify()
    assert ada.complete(keys=_with_manifest(ada, **wrong)).code == code
    assert not world.rows.accounts
    assert ada.complete(keys=_with_manifest(ada)).status == 201


def test_what_is_stored_names_nobody(world: World, ada: Person) -> None:
    kept = repr(world.rows).lower()
    for secret in ("ada@", ada.totp_secret.lower(), ada.token.split(".")[2].lower(), *ada.backup_codes):
        assert secret.lower() not in kept
    for auth in (ada.device.password_auth, ada.device.recovery_auth):
        assert repr(auth).lower() not in kept


def test_a_known_address_gets_the_same_answer_and_another_mail(world: World, ada: Person) -> None:
    again = world.person(ada.email)
    reply = again.start_sign_up()
    assert reply.status == 202
    assert set(reply.json) == {"signup_id"}
    assert "already" in world.mailer.last.subject
    assert not any(character.isdigit() for character in world.mailer.last.text)
    assert again.verify("000000").code == "wrong_code"


def test_the_mailed_code_works_once(world: World) -> None:
    ada = world.person()
    ada.start_sign_up()
    assert ada.verify().status == 200
    assert ada.verify().code == "step_expired"


def test_five_wrong_codes_end_the_sign_up(world: World) -> None:
    ada = world.person()
    ada.start_sign_up()
    right = world.code_for(ada.email)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    assert [ada.verify(wrong).code for _ in range(5)] == ["wrong_code"] * 5
    assert ada.verify(right).code == "step_expired"


def test_codes_and_tokens_expire(world: World) -> None:
    ada = world.person()
    ada.start_sign_up()
    world.clock.advance(600)
    assert ada.verify().code == "step_expired"
    ada.start_sign_up()
    ada.verify()
    world.clock.advance(1800)
    assert ada.complete().code == "step_expired"
    assert not world.rows.accounts


def test_a_code_of_another_sign_up_is_wrong(world: World) -> None:
    ada, bob = world.person(), world.person("bob@example.org")
    ada.start_sign_up()
    bob.start_sign_up()
    assert ada.verify(world.code_for(bob.email)).code == "wrong_code"


@pytest.mark.parametrize("signup_token", ["", "x", "a.b", "../../etc", "." * 100, "é"])
def test_a_made_up_token_opens_nothing(world: World, signup_token: str) -> None:
    ada = world.person()
    ada.start_sign_up()
    ada.verify()
    assert ada.complete(signup_token=signup_token).code == "step_expired"
    assert ada.complete(signup_token=f"{ada.signup_id}.{to_base64url(bytes(32))}").code == "step_expired"


def test_a_token_before_the_code_is_proved_opens_nothing(world: World) -> None:
    ada = world.person()
    ada.start_sign_up()
    ada.account_id, ada.totp_secret = world.random.uuid(), "A" * 32
    assert ada.complete(signup_token=f"{ada.signup_id}.{to_base64url(bytes(32))}").code == "step_expired"


def test_a_wrong_authenticator_code_makes_nothing_and_may_be_corrected(world: World) -> None:
    ada = world.person()
    ada.start_sign_up()
    ada.verify()
    stale = ada.totp(after_steps=-3)
    assert ada.complete(totp_code=stale).code == "wrong_code"
    assert not world.rows.accounts
    assert ada.complete().status == 201


def test_completing_twice_makes_one_account_and_the_person_can_sign_in(world: World, ada: Person) -> None:
    assert ada.complete().code == "step_expired"
    assert len(world.rows.accounts) == 1
    assert ada.log_in().status == 200


def test_parallel_completions_make_one_account(world: World) -> None:
    ada = world.person()
    ada.start_sign_up()
    ada.verify()
    body = CompleteSignUp.model_validate(
        {
            "signup_token": ada.signup_token,
            "keys": ada.device.wire_keys(),
            "totp_code": ada.totp(),
            "device": "laptop",
            "transport": "bearer",
        }
    )
    signing_up = wiring.signing_up()

    def complete(_: int) -> bool:
        try:
            signing_up.complete(body, device=records.Device(key="laptop", name="laptop"))
        except errors.StepExpired:
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(complete, range(5))) == 1
    assert (len(world.rows.accounts), len(world.rows.sessions), len(world.rows.backups)) == (1, 1, 10)


def test_an_address_taken_meanwhile_makes_no_second_account(world: World) -> None:
    first, second = world.person(), world.person()
    for person in (first, second):
        person.start_sign_up()
        person.verify()
    assert first.complete().status == 201
    assert second.complete().code == "step_expired"
    assert list(world.rows.accounts) == [first.account_id]


def test_keys_of_another_account_are_refused(world: World) -> None:
    ada = world.person()
    ada.start_sign_up()
    ada.verify()
    foreign = Device(account_id=world.random.uuid()).wire_keys()
    assert ada.complete(keys=foreign).code == "invalid_keys"
    assert ada.complete().status == 201


def test_mails_to_an_address_are_limited_known_or_not(world: World, ada: Person) -> None:
    world.clock.advance(3600)
    for email in (ada.email, "nobody@example.org"):
        person = world.person(email)
        assert [person.start_sign_up().status for _ in range(3)] == [202] * 3
        reply = person.start_sign_up()
        assert reply.code == "too_many_tries"
        assert reply.json["retry_after"] == 3600
        assert reply.headers["Retry-After"] == "3600"
    world.clock.advance(3600)
    assert world.person(ada.email).start_sign_up().status == 202


def test_sign_ups_from_a_source_are_limited(world: World) -> None:
    def start(number: int, source: str) -> int:
        return world.api.call("POST", "/auth/signup", {"email": f"p{number}@example.org"}, source=source).status

    assert [start(n, "198.51.100.7") for n in range(61)] == [202] * 60 + [429]
    assert start(99, "198.51.100.8") == 202
    assert "198.51.100" not in repr(world.rows)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/signup", "{"),
        ("/auth/signup", "[]"),
        ("/auth/signup", {}),
        ("/auth/signup", {"email": 5}),
        ("/auth/signup", {"email": "secret words"}),
        ("/auth/signup", {"email": "a@example.org", "secret words": 1}),
        ("/auth/signup/verify", {"signup_id": "x", "code": "123456"}),
        ("/auth/signup/verify", {"signup_id": "0" * 8, "code": "12345"}),
        ("/auth/signup/complete", {"signup_token": "secret words"}),
        ("/auth/login", {"email": "@"}),
        ("/auth/login/password", {"login_id": "secret words", "auth": "secret words"}),
        ("/auth/login/totp", {"code": "secret words"}),
    ],
)
def test_malformed_bodies_are_named_and_not_repeated(world: World, path: str, body: object) -> None:
    reply = world.api.post(path, body)
    assert reply.status == 400
    assert reply.code == "invalid_request"
    assert "secret words" not in reply.body


def test_bodies_have_a_limit(world: World) -> None:
    assert world.api.post("/auth/signup", "x" * 300_000).code == "request_too_large"


@pytest.mark.parametrize("device", ["", " ", "x" * 65, "two\nlines", "\x00"])
def test_a_device_name_is_one_short_line(world: World, device: str) -> None:
    ada = world.person()
    ada.start_sign_up()
    ada.verify()
    assert ada.complete(device=device).code == "invalid_request"


def test_a_browser_gets_a_cookie_and_no_token(world: World) -> None:
    ada = world.person()
    ada.start_sign_up()
    ada.verify()
    assert ada.complete(transport="cookie", origin="https://evil.example").code == "foreign_origin"
    reply = ada.complete(transport="cookie", origin=ORIGIN)
    assert reply.status == 201
    assert "token" not in reply.json["session"]
    cookie, _, attributes = reply.headers["Set-Cookie"].partition("; ")
    assert cookie.startswith(f"__Host-sealmate={ada.account_id}.{ada.session_id}.")
    assert attributes == "Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=2592000"
    assert world.api.get("/account", cookie=f"a=b; {cookie}").status == 200


def test_an_undeliverable_mail_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def send(**_: str) -> None:
        raise errors.MailNotSent(reason="MessageRejected")

    monkeypatch.setattr(world.mailer, "send", send)
    assert world.person().start_sign_up().code == "mail_not_sent"
