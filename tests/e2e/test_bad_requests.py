"""What no client of ours would send over HTTP: a problem document with a stable code and a next step, and nothing stored."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sealmate.errors import BY_NAME
from sealmate_cli import crypto
from sealmate_cli.device_keys import make_device_key, signer
from sealmate_cli.wire.shape import from_base64url, to_base64url
from tests.e2e.hearing import ask
from tests.e2e.person import Person
from tests.e2e.playbook import unique
from tests.e2e.stack import Stack

CODES = {error.code for error in BY_NAME.values()} - {"internal"}
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def http(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{stack.url}/api", trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def caller(next_person: Callable[[], Person]) -> Person:
    return next_person()


def _bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.laptop.identity().session.token}"}


def _expect(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    problem: dict[str, Any] = answer.json()
    assert (problem["code"], problem["status"]) == (code, status)
    assert code in CODES
    assert problem["type"] == f"urn:sealmate:error:{code}"
    assert problem["title"]
    assert problem["next_step"]
    assert problem["request_id"]
    assert answer.headers["cache-control"] == "no-store"
    assert "Traceback" not in answer.text
    return problem


BODIES = [
    b"",
    b"{",
    b"not json",
    b"[]",
    b'"text"',
    b"null",
    b"{}",
    b'{"email": 5}',
    b'{"email": "no address"}',
    b'{"email": "a@b@c.example"}',
    b'{"email": "a\\u0000b@example.com"}',
    b'{"email": "\\ud800@example.com"}',
    b'{"email": "person@example.com", "extra": "words of mine"}',
    b'{"email": "' + b"x" * 400 + b'@example.com"}',
    b'{"email": "\xff\xfe@example.com"}',
    b"[" * 100_000,
    b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
]


@pytest.mark.parametrize("path", ["/auth/signup", "/auth/login"])
def test_bad_bodies_are_refused_and_not_repeated(http: httpx.Client, path: str) -> None:
    for body in BODIES:
        answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
        _expect(answer, 400, "invalid_request")
        assert "words of mine" not in answer.text


FOLLOWING = [
    ("/auth/signup/verify", {"signup_id": NOBODY, "code": "000000"}, 410, "step_expired"),
    ("/auth/signup/verify", {"signup_id": "x", "code": "000000"}, 400, "invalid_request"),
    ("/auth/signup/verify", {"signup_id": NOBODY, "code": "１２３４５６"}, 400, "invalid_request"),
    ("/auth/signup/complete", {"signup_token": "x"}, 400, "invalid_request"),
    ("/auth/login/password", {"login_id": NOBODY, "auth": to_base64url(bytes(32))}, 410, "step_expired"),
    ("/auth/login/password", {"login_id": NOBODY, "auth": to_base64url(bytes(31))}, 400, "invalid_request"),
    (
        "/auth/login/totp",
        {"login_id": NOBODY, "code": "000000", "device": "x", "transport": "bearer"},
        401,
        "invalid_device_proof",
    ),
    (
        "/auth/login/totp",
        {"login_id": NOBODY, "code": "000000", "device": "x\ny", "transport": "bearer"},
        400,
        "invalid_request",
    ),
    (
        "/auth/login/totp",
        {"login_id": NOBODY, "code": "000000", "device": "x", "transport": "pigeon"},
        400,
        "invalid_request",
    ),
    (
        "/auth/login/totp",
        {"login_id": NOBODY, "code": "000000", "device": "x", "transport": "cookie"},
        403,
        "foreign_origin",
    ),
]


def test_steps_of_nobody_lead_nowhere(http: httpx.Client) -> None:
    for path, body, status, code in FOLLOWING:
        _expect(http.post(path, json=body), status, code)


@pytest.mark.parametrize("size", [256 * 1024 + 1, 5_000_000])
def test_a_huge_body_is_refused(http: httpx.Client, size: int) -> None:
    body = json.dumps({"email": "x" * size})
    _expect(
        http.post("/auth/login", content=body, headers={"Content-Type": "application/json"}), 413, "request_too_large"
    )


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense"])
def test_another_content_type_is_refused(http: httpx.Client, kind: str) -> None:
    answer = http.post("/auth/login", content=b'{"email": "a@example.com"}', headers={"Content-Type": kind})
    _expect(answer, 400, "invalid_request")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/auth/login"),
        ("DELETE", "/wallet"),
        ("PUT", "/chats"),
        ("PATCH", f"/chats/{NOBODY}"),
        ("GET", "/nothing"),
        ("GET", "/chats/..%2f..%2f..%2f_ministack%2fhealth"),
    ],
)
def test_a_wrong_method_or_address_is_nothing(http: httpx.Client, caller: Person, method: str, path: str) -> None:
    """API Gateway itself says so, in our words: no function is asked."""
    _expect(http.request(method, path, headers=_bearer(caller)), 404, "not_found")


GUARDED = [
    ("GET", "/account"),
    ("GET", "/account/keys"),
    ("GET", "/account/sessions"),
    ("DELETE", f"/account/sessions/{NOBODY}"),
    ("GET", "/chats"),
    ("GET", f"/chats/{NOBODY}"),
    ("GET", f"/chats/{NOBODY}/turns"),
    ("GET", "/wallet"),
    ("GET", "/wallet/ledger"),
    ("GET", "/mates"),
    ("GET", "/auth/nonce"),
    ("POST", "/auth/session/rotate"),
    ("POST", "/auth/logout"),
    ("POST", "/auth/ticket"),
]


def _bad_credentials(person: Person) -> list[dict[str, str] | dict[bytes, bytes]]:
    token = person.laptop.identity().session.token
    account, session, secret = token.split(".")
    return [
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic " + token},
        {"Authorization": "Bearer " + "x" * 4000},
        {"Authorization": f"Bearer {account}.{session}.{secret[:-1]}"},
        {"Authorization": f"Bearer {account}.{session}.{to_base64url(bytes(32))}"},
        {"Authorization": f"Bearer {account}.{NOBODY}.{secret}"},
        {"Authorization": f"Bearer {NOBODY}.{session}.{secret}"},
        {b"Authorization": f"Bearer {token}é".encode()},
    ]


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_without_a_session_nothing_is_told(http: httpx.Client, method: str, path: str) -> None:
    expected = (401, "not_signed_in") if method == "GET" else (403, "foreign_origin")
    _expect(http.request(method, path), *expected)
    _expect(http.request(method, path, headers={"Authorization": "Bearer x.y.z"}), 401, "not_signed_in")


def test_bad_bearers_and_cookies_are_nobody(stack: Stack, http: httpx.Client, caller: Person) -> None:
    for headers in _bad_credentials(caller):
        _expect(http.get("/wallet", headers=headers), 401, "not_signed_in")
    for cookie in ("", "x", "__Host-sealmate", "__Host-sealmate=", "__Host-sealmate=x.y.z", "=;;=,", "a=" + "b" * 4000):
        _expect(http.get("/wallet", headers={"Cookie": cookie}), 401, "not_signed_in")
        _expect(http.post("/auth/ticket", headers={"Cookie": cookie, "Origin": stack.url}), 401, "not_signed_in")
    assert http.get("/wallet", headers=_bearer(caller)).status_code == 200, "and the session lives"


def test_a_cookie_works_for_our_own_pages_only(stack: Stack, http: httpx.Client, caller: Person) -> None:
    session = caller.laptop.identity().session
    cookie = {"Cookie": f"__Host-sealmate={session.token}"}
    assert http.get("/wallet", headers=cookie).status_code == 200
    _expect(http.post("/auth/ticket", headers={**cookie, "Origin": stack.url}), 401, "device_proof_needed")
    for origin in ({}, {"Origin": "null"}, {"Origin": "https://evil.example"}, {"Origin": f"{stack.url}.evil.example"}):
        _expect(http.post("/auth/ticket", headers={**cookie, **origin}), 403, "foreign_origin")


def test_a_browser_gets_its_session_as_a_cookie_and_nowhere_else(
    stack: Stack, http: httpx.Client, caller: Person
) -> None:
    begun = http.post("/auth/login", json={"email": caller.email}).json()
    proof = crypto.derive_password(
        caller.password, account=begun["account_id"], salt=from_base64url(begun["salt"]), profile=begun["kdf_profile"]
    )
    login = {"login_id": begun["login_id"]}
    assert http.post("/auth/login/password", json={**login, "auth": to_base64url(proof.auth)}).json() == {
        "missing": ["totp"]
    }
    code = {**login, "code": caller.backup_codes.pop(), "device": "A browser", "transport": "cookie"}
    _expect(http.post("/auth/login/totp", json=code), 403, "foreign_origin")
    signed = signer(make_device_key(), time.time)("POST", f"{stack.url}/api/auth/login/totp", login["login_id"])
    answer = http.post("/auth/login/totp", json=code, headers={"Origin": stack.url, "DPoP": signed})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-sealmate=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "token" not in answer.json()["session"]
    assert cookie.partition(";")[0].partition("=")[2] not in answer.text


ADDRESSES = [
    ("GET", "/chats/x", 404, "chat_not_found"),
    ("GET", f"/chats/{NOBODY}", 404, "chat_not_found"),
    ("GET", f"/chats/{NOBODY.upper()}A", 404, "chat_not_found"),
    ("GET", "/chats/%00", 404, "chat_not_found"),
    ("GET", "/chats/%F0%9F%90%A6/turns", 404, "chat_not_found"),
    ("GET", f"/chats/{NOBODY}/turns", 404, "chat_not_found"),
    ("GET", "/chats?cursor=x", 400, "invalid_request"),
    ("GET", "/chats?cursor=.", 400, "invalid_request"),
    ("GET", f"/chats?cursor=1.{'x' * 3000}", 400, "invalid_request"),
    ("GET", f"/chats?cursor={'9' * 60}.{NOBODY}", 400, "invalid_request"),
    ("GET", f"/chats?cursor=%C2%B2.{NOBODY}", 400, "invalid_request"),
    ("GET", f"/chats?cursor=%D9%A3.{NOBODY}", 400, "invalid_request"),
    ("GET", "/wallet/ledger?cursor=x", 400, "invalid_request"),
    ("GET", "/wallet/ledger?cursor=", 400, "invalid_request"),
    ("GET", f"/wallet/ledger?cursor=%D9%A3{'0' * 19}%23{NOBODY}", 400, "invalid_request"),
]


def test_ids_and_cursors_that_are_none_are_refused(http: httpx.Client, caller: Person) -> None:
    for method, path, status, code in ADDRESSES:
        _expect(http.request(method, path, headers=_bearer(caller)), status, code)


def test_a_page_after_what_is_no_turn_is_refused(http: httpx.Client, caller: Person) -> None:
    chat = ask(caller.laptop, unique("A chat to look into")).chat
    for after in ("x", NOBODY, "%00", "9" * 3000):
        path = f"/chats/{chat}/turns?after={after}"
        _expect(http.get(path, headers=_bearer(caller)), 400, "invalid_request")


def test_ending_a_session_that_is_none_changes_nothing(http: httpx.Client, caller: Person) -> None:
    before = http.get("/account/sessions", headers=_bearer(caller)).json()
    for session in ("x", NOBODY, "%00", "%F0%9F%90%A6"):
        answer = http.delete(f"/account/sessions/{session}", headers=_bearer(caller))
        assert answer.status_code in (204, 404), answer.text
    assert http.get("/account/sessions", headers=_bearer(caller)).json() == before
