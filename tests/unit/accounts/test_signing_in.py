"""Signing in: proof of the password, then the second factor, then the keys; each factor once, tries counted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sealmate import errors, wiring
from sealmate.accounts import proofs
from sealmate.accounts.records import Device
from sealmate.model import from_base64url, to_base64url
from tests.fakes.person import Person
from tests.unit.accounts.world import ORIGIN, World


def test_both_factors_give_a_session_and_the_keys(ada: Person) -> None:
    first = ada.token
    reply = ada.log_in()
    assert reply.status == 200
    assert reply.json["session"]["token"] == ada.token != first
    made = ada.device.wire_keys()
    wrapped = reply.json["keys"]
    assert (wrapped["account_id"], wrapped["epoch"]) == (ada.account_id, 1)
    assert wrapped["statement"] == made["statement"]
    assert {m["kind"] for m in wrapped["methods"]} == {"password", "recovery"}
    assert "auth" not in reply.body
    assert ada.call("GET", "/account").status == 200


def test_starting_tells_what_the_password_needs(world: World, ada: Person) -> None:
    reply = world.api.post("/auth/login", {"email": "ADA@example.org"})
    assert reply.json["account_id"] == ada.account_id
    assert reply.json["salt"] == ada.device.wire_keys()["password"]["salt"]
    assert reply.json["kdf_profile"] == 1


def test_the_password_alone_gives_nothing(ada: Person) -> None:
    reply = ada.prove_password(ada.start_login())
    assert reply.json == {"missing": ["totp"]}


def test_the_recovery_key_proves_as_well(world: World, ada: Person) -> None:
    login_id = ada.start_login()
    assert ada.prove_password(login_id, ada.device.recovery_auth).status == 200
    world.clock.advance(30)
    assert ada.prove_code(login_id).status == 200


def test_a_wrong_password_is_refused(world: World, ada: Person) -> None:
    login_id = ada.start_login()
    reply = ada.prove_password(login_id, bytes(32))
    assert (reply.status, reply.code) == (401, "wrong_credentials")
    world.clock.advance(30)
    assert ada.prove_code(login_id).code == "step_expired"


def test_another_accounts_proof_is_refused(world: World, ada: Person) -> None:
    bob = world.person("bob@example.org").sign_up()
    assert bob.prove_password(bob.start_login(), ada.device.password_auth).code == "wrong_credentials"


def test_the_second_factor_can_not_come_first(world: World, ada: Person) -> None:
    world.clock.advance(30)
    assert ada.prove_code(ada.start_login()).code == "step_expired"


def test_steps_expire_and_unknown_ids_are_expired(world: World, ada: Person) -> None:
    login_id, unknown = ada.password_proved(), world.random.uuid()
    world.clock.advance(600)
    for each in (login_id, unknown):
        assert ada.prove_password(each).code == "step_expired"
        assert ada.prove_code(each).code == "step_expired"


def test_a_login_gives_one_session(world: World, ada: Person) -> None:
    world.clock.advance(30)
    login_id = ada.password_proved()
    assert ada.prove_code(login_id).status == 200
    world.clock.advance(30)
    assert ada.prove_code(login_id).code == "step_expired"


# --- the second factor ---


def test_a_totp_code_works_once(world: World, ada: Person) -> None:
    used_at_sign_up = ada.totp()
    assert ada.prove_code(ada.password_proved(), used_at_sign_up).code == "wrong_code"
    world.clock.advance(30)
    code = ada.totp()
    assert ada.prove_code(ada.password_proved(), code).status == 200
    assert ada.prove_code(ada.password_proved(), code).code == "wrong_code"


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_drift_is_allowed(world: World, ada: Person, steps: int, accepted: bool) -> None:
    world.clock.advance(300)
    reply = ada.prove_code(ada.password_proved(), ada.totp(after_steps=steps))
    assert reply.status == (200 if accepted else 401)


def test_a_code_older_than_the_last_used_one_is_refused(world: World, ada: Person) -> None:
    world.clock.advance(300)
    assert ada.prove_code(ada.password_proved(), ada.totp(after_steps=1)).status == 200
    assert ada.prove_code(ada.password_proved(), ada.totp()).code == "wrong_code"


@pytest.mark.parametrize("spelt", [str, str.lower, lambda code: code.replace("-", " "), lambda c: c.replace("0", "O")])
def test_a_backup_code_works_once_however_it_is_spelt(ada: Person, spelt: Callable[[str], str]) -> None:
    code = spelt(ada.backup_codes[3])
    assert ada.prove_code(ada.password_proved(), code).status == 200
    assert ada.prove_code(ada.password_proved(), code).code == "wrong_code"
    assert ada.prove_code(ada.password_proved(), ada.backup_codes[4]).status == 200


def test_another_accounts_backup_code_is_wrong(world: World, ada: Person) -> None:
    bob = world.person("bob@example.org").sign_up()
    assert bob.prove_code(bob.password_proved(), ada.backup_codes[0]).code == "wrong_code"
    assert ada.prove_code(ada.password_proved(), ada.backup_codes[0]).status == 200


@pytest.mark.parametrize("code", ["١٢٣٤٥٦", "123 45", "aaaaaaaaaa", "------", "x" * 32])
def test_odd_codes_are_wrong_codes(ada: Person, code: str) -> None:
    assert ada.prove_code(ada.password_proved(), code).code == "wrong_code"


@pytest.mark.parametrize("factor", ["totp", "backup"])
def test_parallel_use_of_one_code_gives_one_session(world: World, ada: Person, factor: str) -> None:
    world.clock.advance(30)
    code = ada.totp() if factor == "totp" else ada.backup_codes[0]
    login_ids = [ada.password_proved() for _ in range(5)]
    signing_in = wiring.signing_in()

    def prove(login_id: str) -> bool:
        try:
            signing_in.prove_code(login_id=login_id, code=code, device=Device(key="phone", name="phone"))
        except errors.WrongCode:
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(prove, login_ids)) == 1
    assert len(world.rows.sessions) == 2


# --- tries ---


def test_the_sixth_try_waits_and_the_wait_doubles(world: World, ada: Person) -> None:
    login_id = ada.start_login()
    assert [ada.prove_password(login_id, bytes(32)).code for _ in range(5)] == ["wrong_credentials"] * 5
    for wait in (30, 60, 120):
        reply = ada.prove_password(login_id)
        assert (reply.status, reply.json["retry_after"]) == (429, wait)
        world.clock.advance(wait)
        assert ada.prove_password(ada.start_login(), bytes(32)).code == "wrong_credentials"
    assert ada.prove_password(login_id).json["retry_after"] == 240


def test_the_right_password_ends_the_counting(ada: Person) -> None:
    login_id = ada.start_login()
    for _ in range(2):
        assert [ada.prove_password(login_id, bytes(32)).status for _ in range(4)] == [401] * 4
        assert ada.prove_password(login_id).status == 200


def test_wrong_codes_are_counted_over_all_logins_of_an_address(world: World, ada: Person) -> None:
    world.clock.advance(300)
    stale = ada.totp(after_steps=-5)
    assert [ada.prove_code(ada.password_proved(), stale).code for _ in range(5)] == ["wrong_code"] * 5
    assert ada.prove_code(ada.password_proved()).code == "too_many_tries"
    world.clock.advance(30)
    assert ada.prove_code(ada.password_proved()).status == 200


def test_a_thousand_parallel_guesses_get_five_evaluations(ada: Person) -> None:
    login_id, signing_in = ada.start_login(), wiring.signing_in()

    def guess(number: int) -> str:
        try:
            signing_in.prove_password(login_id=login_id, auth=number.to_bytes(32, "big"))
        except errors.SealmateError as error:
            return error.code
        return "right"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(guess, range(1000)))
    assert outcomes.count("wrong_credentials") == 5
    assert outcomes.count("too_many_tries") == 995


def prove_from(world: World, login_id: str, source: str) -> str:
    body = {"login_id": login_id, "auth": to_base64url(bytes(32))}
    return str(world.api.call("POST", "/auth/login/password", body, source=source).json["code"])


def test_a_network_is_slowed_down_however_many_accounts_it_tries(world: World, ada: Person) -> None:
    """Others are not, and a moment later it may go on."""
    logins = [world.person(f"someone{n}@example.org").start_login() for n in range(100)]
    codes = [prove_from(world, login_id, "192.0.2.9") for login_id in logins for _ in range(3)]
    assert set(codes) == {"wrong_credentials"}
    login_id = ada.start_login()
    body = {"login_id": login_id, "auth": to_base64url(ada.device.password_auth)}
    refused = world.api.call("POST", "/auth/login/password", body, source="192.0.2.9")
    assert (refused.code, refused.json["retry_after"]) == ("too_many_tries", 5)
    assert ada.prove_password(login_id).status == 200
    for wait in (5, 10, 20):
        world.clock.advance(wait)
        assert prove_from(world, world.person("nobody@example.org").start_login(), "192.0.2.9") == "wrong_credentials"
        assert prove_from(world, ada.start_login(), "192.0.2.9") == "too_many_tries"
    world.clock.advance(40 + 900)
    codes = [prove_from(world, world.person(f"x{n}@example.org").start_login(), "192.0.2.9") for n in range(9)]
    assert set(codes) == {"wrong_credentials"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/login", {"email": "ada@example.org"}),
        ("/auth/login/passkey/options", {}),
        ("/auth/login/security-key/options", {"login_id": "33333333-0000-4000-8000-000000000000"}),
    ],
)
def test_a_network_is_slowed_down_where_it_only_begins(world: World, path: str, body: dict[str, str]) -> None:
    def begin(source: str) -> str | None:
        reply = world.api.call("POST", path, body, source=source)
        return reply.json.get("code") if reply.body else None

    usual = begin("192.0.2.1")
    assert usual in (None, "step_expired")
    assert {begin("192.0.2.9") for _ in range(1200)} == {usual}
    assert begin("192.0.2.9") == "too_many_tries"
    assert begin("192.0.2.1") == usual
    world.clock.advance(5)
    assert begin("192.0.2.9") == usual


def test_one_customers_ipv6_addresses_are_one_network(world: World) -> None:
    def key(address: str) -> str:
        return proofs.source_key(address, keys=world.keys)

    assert key("2001:db8:0:1::1") == key("2001:db8:0:1:ffff::2") != key("2001:db8:0:2::1")
    assert key("192.0.2.1") != key("192.0.2.2")


def test_a_password_changed_in_the_middle_of_a_sign_in_admits_nobody(ada: Person) -> None:
    login_id = ada.password_proved()
    body = {"method": ada.step_up().device.new_password("next")}
    assert ada.call("PUT", "/account/password", body).status == 204
    ada.clock.sleep(30)
    assert ada.prove_code(login_id).code == "wrong_code"


# --- nothing tells a known address from an unknown one ---


def _walk(world: World, person: Person) -> tuple[list[tuple[int, list[str], str]], list[str]]:
    """Statuses, fields and codes of a login with a wrong password, and the calls it made."""
    world.calls.clear()
    started = world.api.post("/auth/login", {"email": person.email})
    replies = [started, *(person.prove_password(started.json["login_id"], bytes(32)) for _ in range(6))]
    return [(r.status, sorted(r.json), r.json.get("code", "")) for r in replies], list(world.calls)


def test_a_login_looks_and_works_the_same_for_an_unknown_address(world: World, ada: Person) -> None:
    _walk(world, world.person("first@example.org"))  # the first unknown one of all makes the methods of nobody
    known, unknown = _walk(world, ada), _walk(world, world.person("nobody@example.org"))
    assert known == unknown
    assert [code for _, _, code in known[0]] == ["", *["wrong_credentials"] * 5, "too_many_tries"]


def test_a_sign_up_works_the_same_for_a_known_address(world: World, ada: Person) -> None:
    world.clock.advance(3600)
    walks = []
    for email in (ada.email, "nobody@example.org"):
        world.calls.clear()
        person = world.person(email)
        replies = [person.start_sign_up(), *(person.verify("000000") for _ in range(6))]
        walks.append(([(r.status, sorted(r.json), r.json.get("code", "")) for r in replies], list(world.calls)))
    assert walks[0] == walks[1]


def test_a_decoy_is_the_same_every_time_and_shaped_like_an_account(world: World, ada: Person) -> None:
    def start(email: str) -> tuple[str, str]:
        reply = world.api.post("/auth/login", {"email": email}).json
        return reply["account_id"], reply["salt"]

    first = start("nobody@example.org")
    assert first == start("Nobody@Example.org ")
    assert first != start("nobody2@example.org")
    real = start(ada.email)
    assert (len(first[0]), first[0][14], len(from_base64url(first[1]))) == (len(real[0]), real[0][14], 16)


def test_a_browser_signs_in_from_our_pages_only(world: World, ada: Person) -> None:
    world.clock.advance(30)
    login_id = ada.password_proved()
    assert ada.prove_code(login_id, transport="cookie", origin="https://evil.example").code == "foreign_origin"
    assert ada.prove_code(login_id, transport="cookie").code == "foreign_origin"
    reply = ada.prove_code(login_id, transport="cookie", origin=ORIGIN)
    assert reply.headers["Set-Cookie"].startswith("__Host-sealmate=")
    assert "token" not in reply.json["session"]
