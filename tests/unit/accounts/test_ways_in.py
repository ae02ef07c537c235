"""The ways into an account: added with proof, named, removed, never too few."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from sealmate import wiring
from sealmate.accounts.ways_in import MOST
from sealmate.errors import SealmateError
from sealmate.model import to_base64url
from tests.fakes.authenticator import Authenticator, flipped
from tests.fakes.device import Device
from tests.fakes.http import Reply
from tests.fakes.person import Person
from tests.fakes.ways_in import add, added_body, name_methods, passkey_login, start_adding, step_up
from tests.unit.accounts.world import ORIGIN, World


@pytest.fixture
def proved(ada: Person) -> Person:
    """Ada, just proved."""
    step_up(ada)
    return ada


def _listed(person: Person) -> dict[str, dict[str, Any]]:
    return {method["kind"]: method for method in person.call("GET", "/account/methods").json["methods"]}


def _add(person: Person, body: dict[str, Any]) -> Reply:
    return person.call("POST", "/account/methods", body)


def test_what_sign_up_made_is_listed(world: World, ada: Person) -> None:
    listed = _listed(ada)
    assert set(listed) == {"password", "recovery"}
    assert listed["password"]["created_at"] == world.clock.now()
    assert listed["password"]["unlocks"]
    assert "last_used_at" not in listed["recovery"]


def test_signing_in_is_noted_at_the_method_that_proved_it(world: World, ada: Person) -> None:
    ada.log_in()
    listed = _listed(ada)
    assert listed["password"]["last_used_at"] == world.clock.now()
    assert "last_used_at" not in listed["recovery"]


def test_a_passkey_is_added_and_given_with_the_keys(proved: Person) -> None:
    laptop = Authenticator(name="My laptop", origin=ORIGIN)
    method_id = add(proved, laptop)
    listed = _listed(proved)["passkey"]
    assert (listed["method_id"], listed["name"], listed["unlocks"]) == (method_id, "My laptop", True)
    wrapped = proved.call("GET", "/account/keys").json["methods"]
    assert [m["method_id"] for m in wrapped if m["kind"] == "passkey"] == [method_id]


def test_a_security_key_without_keys_unlocks_nothing(proved: Person) -> None:
    add(proved, Authenticator(name="token", origin=ORIGIN), kind="security_key", unlocks=False)
    assert _listed(proved)["security_key"]["unlocks"] is False
    assert len(proved.call("GET", "/account/keys").json["methods"]) == 2


def test_options_ask_for_what_each_kind_needs(proved: Person) -> None:
    passkey = start_adding(proved).json["options"]
    assert passkey["user"]["name"] == proved.email
    assert passkey["rp"]["id"] == "sealmate.example"
    assert passkey["attestation"] == "none"
    assert passkey["authenticatorSelection"]["residentKey"] == "required"
    token = start_adding(proved, "security_key").json["options"]
    assert token["authenticatorSelection"]["authenticatorAttachment"] == "cross-platform"
    assert {o["authenticatorSelection"]["userVerification"] for o in (passkey, token)} == {"required"}


def test_what_is_there_is_excluded(proved: Person) -> None:
    laptop = Authenticator(name="laptop", origin=ORIGIN)
    add(proved, laptop)
    excluded = start_adding(proved).json["options"]["excludeCredentials"]
    assert [each["id"] for each in excluded] == [to_base64url(laptop.credential_id)]
    assert _add(proved, added_body(proved, laptop, start_adding(proved))).code == "invalid_passkey"


def test_every_change_asks_for_proof(world: World, ada: Person) -> None:
    some = world.random.uuid()
    changes = [
        ada.call("POST", "/account/methods/options", {"kind": "passkey"}),
        ada.call("POST", "/account/methods", {}),
        ada.call("PUT", f"/account/methods/{some}", {"name": "n"}),
        ada.call("DELETE", f"/account/methods/{some}"),
    ]
    assert [reply.code for reply in changes] == ["step_up_needed"] * 4


def test_proof_lasts_five_minutes(world: World, proved: Person) -> None:
    world.clock.advance(299)
    assert start_adding(proved).status == 200
    world.clock.advance(1)
    assert start_adding(proved).code == "step_up_needed"


# --- registrations that aren't right ---


@pytest.mark.parametrize("wrong", [{"origin": "https://evil.example"}, {"crossOrigin": True}, {"type": "webauthn.get"}])
def test_a_credential_made_elsewhere_is_refused(proved: Person, wrong: dict[str, Any]) -> None:
    laptop, started = Authenticator(name="laptop", origin=ORIGIN), start_adding(proved)
    body = added_body(proved, laptop, started)
    body["registration"] = laptop.create(started.json["options"], **wrong)
    assert _add(proved, body).code == "invalid_passkey"
    assert "passkey" not in _listed(proved)


def test_a_credential_of_another_place_or_unverified_is_refused(proved: Person) -> None:
    for spoil in ("rp", "uv"):
        laptop, started = Authenticator(name="laptop", origin=ORIGIN), start_adding(proved)
        options = started.json["options"]
        laptop.verifies = spoil != "uv"
        body = added_body(proved, laptop, started)
        if spoil == "rp":
            body["registration"] = laptop.create(options | {"rp": {"id": "evil.example"}})
        assert _add(proved, body).code == "invalid_passkey", spoil


@pytest.mark.parametrize("part", ["client_data", "attestation", "credential_id"])
def test_an_altered_registration_is_refused(proved: Person, part: str) -> None:
    body = added_body(proved, Authenticator(name="laptop", origin=ORIGIN), start_adding(proved))
    for odd in (flipped(body["registration"][part]), to_base64url(b"\xff" * 40)):
        body["challenge_id"] = start_adding(proved).json["challenge_id"]
        body["registration"][part] = odd
        assert _add(proved, body).code == "invalid_passkey"


def test_a_registration_is_good_once_and_for_its_session(proved: Person) -> None:
    body = added_body(proved, Authenticator(name="laptop", origin=ORIGIN), start_adding(proved))
    first = proved.token
    proved.log_in()
    step_up(proved)
    assert _add(proved, body).code == "step_expired"
    proved.token = first
    assert _add(proved, body).code == "step_expired", "taken is taken"


@pytest.mark.parametrize(("bits", "status"), [(1024, 422), (2040, 422), (2048, 201)])
def test_an_rsa_key_must_be_long_enough(proved: Person, bits: int, status: int) -> None:
    made = Authenticator(name="laptop", origin=ORIGIN, rsa_bits=bits)
    reply = _add(proved, added_body(proved, made, start_adding(proved)))
    assert reply.status == status
    assert reply.json.get("code") == (None if status == 201 else "invalid_passkey")
    assert ("passkey" in _listed(proved)) == (status == 201)


def test_an_rsa_key_signs_in(proved: Person) -> None:
    made = Authenticator(name="laptop", origin=ORIGIN, rsa_bits=2048)
    add(proved, made)
    assert proved.api.post("/auth/login/passkey", passkey_login(proved, made)).status == 200


# --- keys that don't fit ---


def test_a_passkey_must_unlock(proved: Person) -> None:
    body = added_body(proved, Authenticator(name="laptop", origin=ORIGIN), start_adding(proved), unlocks=False)
    assert _add(proved, body).code == "invalid_passkey"


@pytest.mark.parametrize("part", ["secret", "master", "public"])
def test_an_envelope_in_anothers_place_is_refused(proved: Person, part: str) -> None:
    body = added_body(proved, Authenticator(name="laptop", origin=ORIGIN), start_adding(proved))
    raw = bytearray(_raw(body["keys"][part]))
    raw[6] ^= 7
    body["keys"][part] = to_base64url(bytes(raw))
    assert _add(proved, body).code == "invalid_keys"


def test_envelopes_of_another_master_key_or_epoch_are_refused(world: World, proved: Person) -> None:
    body = added_body(proved, Authenticator(name="laptop", origin=ORIGIN), start_adding(proved))
    other = Device(account_id=proved.account_id, seed="other").added_keys("passkey", body["method_id"])
    assert _add(proved, body | {"keys": body["keys"] | {"public": other["public"]}}).code == "invalid_keys"
    account = world.rows.accounts[proved.account_id]
    world.rows.accounts[proved.account_id] = replace(account, statement=replace(account.statement, epoch=2))
    body = added_body(proved, Authenticator(name="laptop", origin=ORIGIN), start_adding(proved))
    assert _add(proved, body).code == "invalid_keys"


# --- the account's signed list ---


def _coming(body: dict[str, Any]) -> dict[str, Any]:
    return {"method_id": body["method_id"], "public": body["keys"]["public"]}


def test_a_passkey_that_the_list_does_not_name_is_refused_and_one_that_it_names_is_not(proved: Person) -> None:
    assert name_methods(proved).status == 204
    laptop = Authenticator(name="laptop", origin=ORIGIN)
    body = added_body(proved, laptop, start_adding(proved))
    other = proved.device.added_keys("passkey", proved.device.wire_keys()["recovery"]["method_id"])
    for named in ((), ({"method_id": body["method_id"], "public": other["public"]},)):
        assert name_methods(proved, *named).status == 204
        refused = _add(proved, added_body(proved, laptop, start_adding(proved)))
        assert (refused.status, refused.code) == (409, "manifest_conflict")
    assert "passkey" not in _listed(proved)
    body = added_body(proved, laptop, start_adding(proved))
    assert name_methods(proved, _coming(body)).status == 204
    assert _add(proved, body).status == 201


def test_what_unlocks_nothing_needs_no_name(proved: Person) -> None:
    assert name_methods(proved).status == 204
    add(proved, Authenticator(name="token", origin=ORIGIN), kind="security_key", unlocks=False)
    assert _listed(proved)["security_key"]["unlocks"] is False


def test_a_list_signed_at_that_moment_is_told_from_keys_that_do_not_fit(
    proved: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another device leaves the passkey out, between the look at the list and the write."""
    assert name_methods(proved).status == 204
    body = added_body(proved, Authenticator(name="laptop", origin=ORIGIN), start_adding(proved))
    assert name_methods(proved, _coming(body)).status == 204
    store = wiring.ways_in().methods
    add_now = store.add

    def late(*arguments: Any, **named: Any) -> bool:
        assert name_methods(proved).status == 204
        return add_now(*arguments, **named)

    monkeypatch.setattr(store, "add", late, raising=False)
    assert _add(proved, body).code == "manifest_conflict"
    assert "passkey" not in _listed(proved)


def test_a_list_names_all_that_unlocks(proved: Person) -> None:
    body = added_body(proved, Authenticator(name="laptop", origin=ORIGIN), start_adding(proved))
    assert _add(proved, body).status == 201
    for method_id in (m["method_id"] for m in _listed(proved).values()):
        assert name_methods(proved, without=method_id).code == "manifest_conflict"
    wrong = {"method_id": body["method_id"], "public": body["keys"]["master"]}
    assert name_methods(proved, wrong, without=body["method_id"]).code == "manifest_conflict"
    add(proved, Authenticator(name="token", origin=ORIGIN), kind="security_key", unlocks=False)
    assert name_methods(proved).status == 204


def _raw(text: str) -> bytes:
    from sealmate.model import from_base64url

    return from_base64url(text)


# --- naming and removing ---


def test_a_method_is_named_anew(proved: Person) -> None:
    method_id = add(proved, Authenticator(name="laptop", origin=ORIGIN))
    assert proved.call("PUT", f"/account/methods/{method_id}", {"name": " Büro "}).status == 204
    assert _listed(proved)["passkey"]["name"] == "Büro"
    for name in ("", "two\nlines", "x" * 65):
        assert proved.call("PUT", f"/account/methods/{method_id}", {"name": name}).code == "invalid_request"


def test_a_removed_passkey_opens_nothing_any_more(proved: Person) -> None:
    laptop = Authenticator(name="laptop", origin=ORIGIN)
    method_id = add(proved, laptop)
    assert proved.call("DELETE", f"/account/methods/{method_id}").status == 204
    assert set(_listed(proved)) == {"password", "recovery"}
    assert proved.call("DELETE", f"/account/methods/{method_id}").code == "method_not_found"
    assert proved.call("PUT", f"/account/methods/{method_id}", {"name": "n"}).code == "method_not_found"


def test_the_owner_is_told_by_mail(world: World, proved: Person) -> None:
    method_id = add(proved, Authenticator(name="laptop", origin=ORIGIN))
    assert world.mailer.last.subject == "A passkey or security key was added to your Sealmate account"
    proved.call("DELETE", f"/account/methods/{method_id}")
    assert world.mailer.last.subject == "A way into your Sealmate account was removed"
    assert world.mailer.last.to == proved.email
    assert "laptop" not in world.mailer.last.text


def test_the_last_two_and_the_recovery_key_stay(proved: Person) -> None:
    kinds = {kind: method["method_id"] for kind, method in _listed(proved).items()}
    for kind in ("password", "recovery"):
        assert proved.call("DELETE", f"/account/methods/{kinds[kind]}").code == "last_method"
    add(proved, Authenticator(name="token", origin=ORIGIN), kind="security_key", unlocks=False)
    assert proved.call("DELETE", f"/account/methods/{kinds['password']}").code == "last_method"
    add(proved, Authenticator(name="laptop", origin=ORIGIN))
    assert proved.call("DELETE", f"/account/methods/{kinds['recovery']}").code == "last_method"
    assert proved.call("DELETE", f"/account/methods/{kinds['password']}").status == 204
    assert set(_listed(proved)) == {"passkey", "recovery", "security_key"}


def test_parallel_removals_leave_two(world: World, proved: Person) -> None:
    add(proved, Authenticator(name="laptop", origin=ORIGIN))
    session = world.rows.sessions[proved.account_id, proved.session_id]
    goners = [m["method_id"] for kind, m in _listed(proved).items() if kind != "recovery"]
    ways_in = wiring.ways_in()

    def remove(method_id: str) -> bool:
        try:
            ways_in.remove(session, method_id=method_id)
        except SealmateError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(remove, goners)) == 1
    assert len(_listed(proved)) == 2


def test_anothers_method_is_not_found(world: World, proved: Person) -> None:
    bob = world.person("bob@example.org").sign_up()
    step_up(bob)
    theirs = add(bob, Authenticator(name="phone", origin=ORIGIN))
    step_up(proved)
    assert proved.call("DELETE", f"/account/methods/{theirs}").code == "method_not_found"
    assert "passkey" in _listed(bob)


def test_there_are_only_so_many(proved: Person) -> None:
    for number in range(MOST - 2):
        add(proved, Authenticator(name=f"key {number}", origin=ORIGIN))
    assert start_adding(proved).code == "too_many_methods"
