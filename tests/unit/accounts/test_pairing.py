"""The server's part of a pairing: who may do what, when, how often; and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from sealmate.model import to_base64url
from sealmate.seal.envelope import Address, Namespace, seal_to
from sealmate_cli.crypto import KeyPair
from tests.fakes.http import Reply
from tests.fakes.person import Person
from tests.unit.accounts.world import ORIGIN, World

PAIRING = "0b55061d-82e6-419b-819e-371ff8a1ee82"
AT = f"/account/pairings/{PAIRING}"
PAIR = KeyPair(b"p" * 32)
CLAIM, NONCE = to_base64url(b"c" * 32), to_base64url(b"n" * 32)
SHOWN = {"pairing_id": PAIRING, "claim": CLAIM}


def start(ada: Person) -> Reply:
    return ada.call("POST", "/account/pairings", {"pairing_id": PAIRING})


def join(ada: Person, **changes: str) -> Reply:
    body = {
        "public_key": to_base64url(PAIR.public_key),
        "commitment": to_base64url(b"h" * 32),
        "device": "phone",
    }
    return ada.api.post("/auth/pairing/join", SHOWN | body | changes)


def sealed(ada: Person, *, pair: KeyPair = PAIR, epoch: int = 1, namespace: Namespace = Namespace.PAIRING) -> str:
    at = Address(account=ada.account_id, scope="pairing", record=PAIRING, parent=b"t" * 32)
    return to_base64url(seal_to(pair.public_key, bytes(100), namespace=namespace, epoch=epoch, address=at))


def give(ada: Person, envelope: str = "") -> Reply:
    return ada.call("PUT", f"{AT}/sealed", {"sealed": envelope or sealed(ada)})


def say_all(ada: Person) -> None:
    """Up to the comparison of the codes."""
    assert start(ada).status == 201
    assert join(ada).status == 200
    assert ada.call("PUT", f"{AT}/nonce", {"nonce": NONCE}).status == 204
    assert ada.api.post("/auth/pairing/reveal", SHOWN | {"nonce": NONCE}).status == 204


def finish(ada: Person, *, transport: str = "bearer", **more: Any) -> Reply:
    return ada.api.post("/auth/pairing/finish", SHOWN | {"transport": transport}, **more)


def test_a_device_is_added_with_a_session_of_its_own(world: World, ada: Person) -> None:
    say_all(ada)
    ada.step_up()
    assert give(ada).status == 204
    assert ada.api.post("/auth/pairing/look", SHOWN).json["nonce"] == NONCE
    reply = finish(ada)
    assert reply.status == 200, reply.body
    assert reply.json["keys"]["account_id"] == ada.account_id
    names = [each["device"] for each in ada.call("GET", "/account/sessions").json["sessions"]]
    assert sorted(names) == ["laptop", "phone"]
    assert ada.call("GET", AT).json["finished"] is True
    assert world.mailer.sent[-1].subject == "A device was added to your Sealmate account"
    assert world.rows.sessions[ada.account_id, reply.json["session"]["session_id"]].device_key
    assert ada.call("GET", "/account/devices/new").json["devices"] == [], "whoever gave it the keys knows it"


def test_the_new_device_signs_the_last_step_with_a_key_of_its_own(ada: Person) -> None:
    say_all(ada)
    ada.step_up()
    give(ada)
    other = ada.api.proof("POST", "/auth/pairing/finish", "another step")
    for proof in ("", other):
        assert finish(ada, dpop=proof).code == "invalid_device_proof"
    assert finish(ada).status == 200


def test_a_browser_gets_its_session_as_a_cookie_and_from_our_page_only(ada: Person) -> None:
    say_all(ada)
    ada.step_up()
    give(ada)
    assert finish(ada, transport="cookie", origin="https://evil.example").code == "foreign_origin"
    reply = finish(ada, transport="cookie", origin=ORIGIN)
    assert "__Host-sealmate=" in reply.headers["Set-Cookie"]
    assert "token" not in reply.json["session"]


def test_keys_are_given_only_after_a_fresh_proof(ada: Person) -> None:
    say_all(ada)
    assert give(ada).code == "step_up_needed"
    assert finish(ada).code == "pairing_over"
    assert len(ada.call("GET", "/account/sessions").json["sessions"]) == 1


def test_a_pairing_admits_once(ada: Person) -> None:
    say_all(ada)
    ada.step_up()
    give(ada)
    assert finish(ada).status == 200
    assert finish(ada).code == "pairing_over"
    assert join(ada).code == "pairing_over"


def test_who_joins_first_stays_and_may_repeat_it(ada: Person) -> None:
    start(ada)
    assert join(ada).json["account_id"] == ada.account_id
    assert join(ada).status == 200
    for changed in ({"claim": NONCE}, {"commitment": NONCE}, {"device": "other"}):
        assert join(ada, **changed).code == "pairing_taken"
    shown = ada.call("GET", AT).json
    assert shown["joined"]["device"] == "phone"
    assert "claim" not in str(shown)


@pytest.mark.parametrize("path", ["look", "reveal", "finish"])
def test_without_the_claim_nobody_goes_on_in_its_place(ada: Person, path: str) -> None:
    say_all(ada)
    more = {"reveal": {"nonce": NONCE}, "finish": {"transport": "bearer"}}.get(path, {})
    body = SHOWN | {"claim": to_base64url(b"x" * 32)} | more
    assert ada.api.post(f"/auth/pairing/{path}", body).code == "pairing_over"


def test_no_step_comes_before_its_turn(ada: Person) -> None:
    ada.step_up()
    assert join(ada).code == "pairing_over"
    start(ada)
    assert ada.call("PUT", f"{AT}/nonce", {"nonce": NONCE}).code == "pairing_over"
    join(ada)
    assert ada.api.post("/auth/pairing/reveal", SHOWN | {"nonce": NONCE}).code == "pairing_over"
    assert give(ada).code == "pairing_over"
    assert finish(ada).code == "pairing_over"


def test_it_belongs_to_the_session_that_began_it(world: World, ada: Person) -> None:
    say_all(ada)
    token = ada.token
    ada.log_in()
    ada.step_up()
    assert ada.call("GET", AT).code == "pairing_over"
    assert give(ada).code == "pairing_over"
    assert start(ada).code == "pairing_over"
    bob = world.person("bob@example.org").sign_up()
    assert bob.call("GET", AT).code == "pairing_over"
    assert bob.call("DELETE", AT).status == 204, "of no other's pairing is anything said"
    ada.token = token
    assert ada.call("GET", AT).status == 200


def test_it_ends_with_the_session_that_began_it(ada: Person) -> None:
    say_all(ada)
    ada.step_up()
    give(ada)
    ada.call("POST", "/auth/logout")
    assert finish(ada).code == "pairing_over"


def test_it_is_over_after_ten_minutes(ada: Person) -> None:
    say_all(ada)
    ada.clock.sleep(600)
    assert ada.call("GET", AT).code == "pairing_over"
    assert join(ada).code == "pairing_over"
    assert ada.api.post("/auth/pairing/look", SHOWN).code == "pairing_over"


def test_refused_nothing_is_left_of_it(ada: Person) -> None:
    say_all(ada)
    assert ada.call("DELETE", AT).status == 204
    assert ada.call("DELETE", AT).status == 204, "safe to repeat"
    assert ada.api.post("/auth/pairing/look", SHOWN).code == "pairing_over"


def test_what_is_given_is_sealed_to_the_device_that_joined(ada: Person) -> None:
    say_all(ada)
    ada.step_up()
    other = KeyPair(b"o" * 32)
    wrong = (sealed(ada, pair=other), sealed(ada, epoch=2), sealed(ada, namespace=Namespace.UNLOCK_MASTER))
    for envelope in wrong:
        assert give(ada, envelope).code == "invalid_keys"
    assert give(ada).status == 204


def test_starting_is_limited_for_the_account(ada: Person) -> None:
    def begin(number: int) -> str:
        pairing = {"pairing_id": PAIRING[:-2] + f"{number:02}"}
        reply = ada.call("POST", "/account/pairings", pairing)
        return "" if reply.status == 201 else reply.code

    assert [begin(number) for number in range(20)] == [""] * 20
    assert begin(20) == "too_many_tries"


def test_joining_is_limited_for_the_network(ada: Person) -> None:
    start(ada)
    codes = [ada.api.post("/auth/pairing/join", {}).status for _ in range(3)]
    assert codes == [400, 400, 400], "what is no request costs nothing"
    for _ in range(299):
        join(ada, claim=NONCE)
    assert join(ada, claim=to_base64url(b"z" * 32)).code == "pairing_taken"
    assert join(ada).code == "too_many_tries"
