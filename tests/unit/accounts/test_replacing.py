"""A new password and a new recovery key: only the new one opens, nobody else stays signed in, their owner is told."""

from __future__ import annotations

from typing import Any

import pytest

from sealmate.model import from_base64url, to_base64url
from sealmate.seal.envelope import Address, Namespace, seal
from tests.fakes.device import Device
from tests.fakes.http import Reply
from tests.fakes.person import Person
from tests.fakes.ways_in import name_methods
from tests.unit.accounts.world import World


def change(person: Person, name: str = "next", **changes: object) -> Reply:
    made = person.device.new_password(name)
    return person.call("PUT", "/account/password", {"method": made | changes})


def replace_recovery(person: Person, name: str = "next", **changes: object) -> Reply:
    made = person.device.new_recovery_key(name)
    return person.call("PUT", "/account/recovery-key", {"method": made | changes})


def proves(person: Person, auth: bytes) -> bool:
    return person.prove_password(person.start_login(), auth).status == 200


def test_only_the_new_password_opens(ada: Person) -> None:
    assert change(ada.step_up()).status == 204
    assert proves(ada, ada.device.new_auth("next"))
    assert not proves(ada, ada.device.password_auth)
    assert proves(ada, ada.device.recovery_auth)
    made = ada.device.new_password("next")
    assert ada.api.post("/auth/login", {"email": ada.email}).json["salt"] == made["salt"]
    wrapped = ada.call("GET", "/account/keys").json["methods"]
    assert {(m["kind"], m["method_id"]) for m in wrapped} == {
        ("password", made["method_id"]),
        ("recovery", ada.device.wire_keys()["recovery"]["method_id"]),
    }


def test_only_the_new_recovery_key_opens(ada: Person) -> None:
    assert replace_recovery(ada.step_up()).status == 204
    assert proves(ada, ada.device.new_auth("next"))
    assert not proves(ada, ada.device.recovery_auth)
    assert proves(ada, ada.device.password_auth)


@pytest.mark.parametrize("replace", [change, replace_recovery])
def test_nobody_else_stays_signed_in(world: World, ada: Person, replace: Any) -> None:
    laptop, first = ada.token, ada.session_id
    ada.log_in()
    account = ada.account_id
    world.connections.open = {"c1": (account, first), "c2": (account, ada.session_id), "c3": ("else", "else")}
    assert replace(ada.step_up()).status == 204
    assert ada.call("GET", "/account").status == 200
    assert world.push.closed == ["c1"]
    assert set(world.connections.open) == {"c2", "c3"}
    ada.token = laptop
    assert ada.call("GET", "/account").code == "not_signed_in"


@pytest.mark.parametrize(("replace", "what"), [(change, "password was changed"), (replace_recovery, "recovery key")])
def test_a_mail_tells_of_it_without_anything_to_press(world: World, ada: Person, replace: Any, what: str) -> None:
    replace(ada.step_up())
    mail = world.mailer.last
    assert mail.to == ada.email
    assert what in mail.subject
    assert "Secure the account" in mail.text
    assert ("with your recovery key" in mail.text) == (replace is change), "what was replaced opens nothing any more"
    assert "http" not in mail.text


@pytest.mark.parametrize("replace", [change, replace_recovery])
def test_nothing_is_replaced_without_a_fresh_proof(world: World, ada: Person, replace: Any) -> None:
    before = list(world.rows.methods[ada.account_id])
    assert replace(ada).code == "step_up_needed"
    assert world.rows.methods[ada.account_id] == before


def test_a_repetition_is_fine_and_ends_sessions_that_were_left(world: World, ada: Person) -> None:
    body = {"method": ada.step_up().device.new_password("next")}
    assert ada.call("PUT", "/account/password", body).status == 204
    sent = len(world.mailer.sent)
    world.connections.open = {"late": (ada.account_id, "of another")}
    assert ada.call("PUT", "/account/password", body).status == 204
    assert world.connections.open == {}
    assert len(world.mailer.sent) == sent
    assert proves(ada, ada.device.new_auth("next"))


def test_a_password_of_another_master_key_is_refused(ada: Person) -> None:
    ada.step_up()
    foreign = Device(account_id=ada.account_id, seed="another device").new_password("next")
    reply = ada.call("PUT", "/account/password", {"method": foreign})
    assert (reply.code, reply.json["part"]) == ("invalid_keys", "master key")


def test_what_is_there_already_is_refused(ada: Person) -> None:
    ada.step_up()
    keys = ada.device.wire_keys()
    for changes, part in (
        ({"method_id": keys["recovery"]["method_id"]}, "method_id"),
        ({"auth": to_base64url(ada.device.recovery_auth)}, "auth"),
        ({"auth": to_base64url(ada.device.password_auth)}, "auth"),
        ({"secret": keys["password"]["secret"]}, "secret"),
        ({"secret": keys["recovery"]["secret"]}, "secret"),
    ):
        reply = change(ada, **changes)
        assert (reply.code, reply.json["part"]) == ("invalid_keys", part)
    assert proves(ada, ada.device.password_auth)


@pytest.mark.parametrize("part", ["secret", "master", "public"])
def test_envelopes_in_the_wrong_place_are_refused(ada: Person, part: str) -> None:
    ada.step_up()
    at = Address(account=ada.account_id, scope="password", record=ada.account_id)
    size = len(from_base64url(ada.device.new_password("next")[part]))
    blob = seal(bytes(32), bytes(32), namespace=Namespace.CHAT_KEY, epoch=1, address=at).ljust(size, b"0")
    reply = change(ada, **{part: to_base64url(blob)})
    assert (reply.code, reply.json["part"]) == ("invalid_keys", part)


@pytest.mark.parametrize("made", ["new_password", "new_recovery_key"])
def test_what_the_accounts_signed_list_does_not_name_is_refused(ada: Person, made: str) -> None:
    ada.step_up()
    new = getattr(ada.device, made)("next")
    send = change if made == "new_password" else replace_recovery
    assert name_methods(ada).status == 204
    refused = send(ada, **new)
    assert (refused.status, refused.code) == (409, "manifest_conflict")
    assert proves(ada, ada.device.password_auth)
    assert proves(ada, ada.device.recovery_auth)
    assert name_methods(ada, new).status == 204
    for _ in range(2):
        assert send(ada, **new).status == 204, "also sent twice, as its reply may be lost"


def test_a_change_that_lost_to_another_says_so(world: World, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another device changed it between reading and writing."""
    from sealmate import wiring

    ada.step_up()
    store = wiring.renewals()
    lost = list(world.rows.methods[ada.account_id])
    monkeypatch.setattr(store, "method", lambda *_, **__: False, raising=False)
    assert change(ada).code == "changed_meanwhile"
    assert world.rows.methods[ada.account_id] == lost
