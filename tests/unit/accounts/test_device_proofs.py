"""What a device's key must sign, and what no copied token and no copied proof can do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sealmate.model import from_base64url, to_base64url
from sealmate_cli.device_keys import make_device_key, signer
from tests.fakes.http import ADDRESS, Reply
from tests.fakes.person import Person
from tests.unit.accounts.world import World

SIGNED = ["/auth/ticket", "/auth/session/rotate", "/account/step-up", "/account/step-up/passkey", "/account/erase"]
STRANGER = signer(make_device_key(), time.time)
Change = Callable[[dict[str, Any]], object]


def _nonce(ada: Person, path: str = "/auth/ticket") -> str:
    """As it is told to a request that carries no proof."""
    reply = _post(ada, path, dpop="")
    assert (reply[0], reply[1]["code"]) == (401, "device_proof_needed")
    return str(reply[1]["nonce"])


def _post(ada: Person, path: str, *, dpop: str, body: object = None) -> tuple[int, dict[str, object]]:
    reply = ada.api.post(path, body or _body(path), authorization=f"Bearer {ada.token}", dpop=dpop)
    return reply.status, json.loads(reply.body or "{}")


def _body(path: str) -> object:
    proofs = {"auth": to_base64url(bytes(32)), "code": "000000"}
    return proofs if path in ("/account/step-up", "/account/erase") else None


@pytest.mark.parametrize("path", SIGNED)
def test_a_copied_token_alone_is_refused(ada: Person, path: str) -> None:
    body = _assertion(ada) if path.endswith("passkey") else _body(path)
    for dpop in ("", STRANGER("POST", f"{ADDRESS}/api{path}", "made up")):
        assert _post(ada, path, dpop=dpop, body=body)[1]["code"] == "device_proof_needed"
    proof = STRANGER("POST", f"{ADDRESS}/api{path}", _nonce(ada))
    assert _post(ada, path, dpop=proof, body=body)[1]["code"] == "invalid_device_proof"


def _assertion(ada: Person) -> dict[str, Any]:
    body = {"credential_id": "A" * 32, "client_data": "AA", "authenticator_data": "AA", "signature": "AA"}
    return {"challenge_id": ada.signup_id, "assertion": body}


def test_a_proof_is_good_once_and_for_two_minutes(world: World, ada: Person) -> None:
    proof = ada.api.proof("POST", "/auth/ticket", _nonce(ada))
    world.clock.advance(119)
    assert _post(ada, "/auth/ticket", dpop=proof)[0] == 200
    assert _post(ada, "/auth/ticket", dpop=proof)[1]["code"] == "device_proof_needed"
    late = ada.api.proof("POST", "/auth/ticket", _nonce(ada))
    world.clock.advance(120)
    assert _post(ada, "/auth/ticket", dpop=late)[1]["code"] == "device_proof_needed"


def test_an_answer_says_what_to_sign_next(ada: Person) -> None:
    """Whatever becomes of a signed request, the next needn't be refused first."""
    wrong = _signed(ada, "/account/step-up", ada.log_in().headers["DPoP-Nonce"])
    assert wrong.code == "wrong_credentials"
    ticket = _signed(ada, "/auth/ticket", wrong.headers["DPoP-Nonce"])
    assert ticket.status == 200
    assert _signed(ada, "/auth/session/rotate", ticket.headers["DPoP-Nonce"]).status == 200
    assert "DPoP-Nonce" not in ada.call("GET", "/account").headers, "where nothing is signed nothing is handed out"


def test_what_to_sign_can_be_asked_for(world: World, ada: Person) -> None:
    """Also for a token that is only good for being renewed any more; by nobody who isn't signed in."""
    world.clock.advance(3 * 3600)
    assert ada.call("GET", "/account").code == "renewal_due"
    asked = ada.call("GET", "/auth/nonce")
    assert (asked.status, asked.headers["Cache-Control"]) == (204, "no-store")
    assert _signed(ada, "/auth/session/rotate", asked.headers["DPoP-Nonce"]).status == 200
    nobody = world.api.get("/auth/nonce")
    assert (nobody.code, nobody.headers.get("DPoP-Nonce")) == ("not_signed_in", None)


def _signed(ada: Person, path: str, nonce: str) -> Reply:
    proof = ada.api.proof("POST", path, nonce)
    return ada.api.post(path, _body(path), authorization=f"Bearer {ada.token}", dpop=proof)


def test_of_parallel_replays_one_is_let_in(ada: Person) -> None:
    proof = ada.api.proof("POST", "/auth/ticket", _nonce(ada))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: _post(ada, "/auth/ticket", dpop=proof)[0], range(40)))
    assert sorted(found) == [200] + [401] * 39


def test_a_proof_is_of_one_request_of_one_session(world: World, ada: Person) -> None:
    nonce = _nonce(ada)
    for proof in (
        ada.api.proof("POST", "/auth/session/rotate", nonce),
        ada.api.proof("GET", "/auth/ticket", nonce),
        ada.api.sign("POST", f"{ADDRESS}/auth/ticket", nonce),
    ):
        assert _post(ada, "/auth/ticket", dpop=proof)[1]["code"] == "invalid_device_proof"
    bob = world.person("bob@example.org").sign_up()
    of_bob = bob.api.proof("POST", "/auth/ticket", _nonce(bob))
    assert _post(ada, "/auth/ticket", dpop=of_bob)[1]["code"] == "device_proof_needed"


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header.update(alg="none"),
        lambda header: header.update(typ="jwt"),
        lambda header: header["jwk"].update(crv="P-384"),
        lambda header: header["jwk"].update(x=to_base64url(bytes(32))),
        lambda header: header["jwk"].update(d=to_base64url(bytes(32))),
        lambda header: header.pop("jwk"),
    ],
)
def test_a_changed_proof_is_refused(ada: Person, change: Change) -> None:
    head, *rest = ada.api.proof("POST", "/auth/ticket", _nonce(ada)).split(".")
    header = json.loads(from_base64url(head))
    change(header)
    changed = ".".join([to_base64url(json.dumps(header).encode()), *rest])
    assert _post(ada, "/auth/ticket", dpop=changed)[1]["code"] == "invalid_device_proof"


@pytest.mark.parametrize("text", ["x", "a.b.c", "..", "é.é.é", "a" * 5000])
def test_what_is_no_proof_is_refused(ada: Person, text: str) -> None:
    assert _post(ada, "/auth/ticket", dpop=text)[1]["code"] == "invalid_device_proof"


def test_signing_in_takes_a_proof_over_its_own_step(ada: Person) -> None:
    login_id, path = ada.password_proved(), "/auth/login/totp"
    body = {"login_id": login_id, "code": ada.totp(after_steps=1), "device": "phone", "transport": "bearer"}
    for dpop in (
        "",
        "x",
        ada.api.proof("POST", path, ada.start_login()),
        ada.api.proof("POST", "/auth/ticket", login_id),
    ):
        assert ada.api.post(path, body, dpop=dpop).code == "invalid_device_proof"
    ada.clock.sleep(30)
    assert ada.api.post(path, {**body, "code": ada.totp()}).status == 200, "and nothing was spent"


def test_each_way_of_signing_in_takes_a_proof(ada: Person) -> None:
    mia = Person(api=ada.api, clock=ada.clock, code_for=ada.mailed_code, email="mia@example.org")
    mia.start_sign_up()
    mia.verify()
    body = {"signup_token": mia.signup_token, "keys": mia.device.wire_keys(), "totp_code": mia.totp()}
    body |= {"device": "laptop", "transport": "bearer"}
    assert ada.api.post("/auth/signup/complete", body, dpop="").code == "invalid_device_proof"
    challenge = ada.api.post("/auth/login/passkey/options", {}).json["challenge_id"]
    body = {**_assertion(ada), "challenge_id": challenge, "device": "phone", "transport": "bearer"}
    assert ada.api.post("/auth/login/passkey", body, dpop="").code == "invalid_device_proof"
    body |= {"login_id": challenge}
    assert ada.api.post("/auth/login/security-key", body, dpop="").code == "invalid_device_proof"
