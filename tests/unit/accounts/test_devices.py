"""Devices, told apart by their keys: a new one is told to its owner, who says whether it is theirs."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes.authenticator import Authenticator
from tests.fakes.http import Api, Reply
from tests.fakes.person import Person
from tests.fakes.ways_in import add, passkey_login, second_factor, step_up
from tests.unit.accounts.world import ORIGIN, World

SUBJECT = "A new device signed in to your Sealmate account"


def _on_another_device(ada: Person) -> Person:
    """The same person with another device, which has a key of its own; not signed in yet."""
    other = Person(api=_api(), clock=ada.clock, code_for=ada.mailed_code, email=ada.email)
    other.account_id, other.totp_secret = ada.account_id, ada.totp_secret
    return other


def _api() -> Api:
    return Api("http_auth", "http_account", "http_rotation")


def _new(person: Person) -> list[dict[str, object]]:
    return list(person.call("GET", "/account/devices/new").json["devices"])


def _answer(person: Person, device_id: object, *, mine: bool) -> Reply:
    return person.call("POST", f"/account/devices/{device_id}/answer", {"mine": mine})


def _mails(world: World) -> int:
    return sum(mail.subject == SUBJECT for mail in world.mailer.sent)


def test_a_new_device_is_told_by_mail_and_to_all_others(world: World, ada: Person) -> None:
    world.connections.open = {"c1": (ada.account_id, ada.session_id)}
    phone = _on_another_device(ada)
    phone.log_in()
    assert _mails(world) == 1
    (event,) = world.push.to("c1")
    (told,) = _new(ada)
    assert (event.type, event.device_id, event.device) == ("device_signed_in", told["device_id"], "phone")
    assert told["first_seen_at"] == world.clock.now()
    assert _new(phone) == [], "it isn't asked about itself"


def test_a_device_that_comes_back_is_told_to_nobody(world: World, ada: Person) -> None:
    phone = _on_another_device(ada)
    phone.log_in()
    _answer(ada, _new(ada)[0]["device_id"], mine=True)
    phone.call("POST", "/auth/logout")
    world.mailer.sent.clear()
    phone.log_in()
    ada.log_in()
    assert _mails(world) == 0
    assert _new(ada) == []


def test_the_question_stays_until_it_is_answered(world: World, ada: Person) -> None:
    phone = _on_another_device(ada)
    phone.log_in()
    phone.call("POST", "/auth/logout")
    phone.log_in()
    assert _mails(world) == 1
    (told,) = _new(ada)
    assert _answer(ada, told["device_id"], mine=True).status == 204
    assert _new(ada) == []
    assert phone.call("GET", "/account").status == 200


def test_a_foreign_device_is_shut_out_and_new_again_if_it_comes_back(world: World, ada: Person) -> None:
    thief = _on_another_device(ada)
    thief.log_in()
    thief.log_in()
    world.connections.open = {"c1": (ada.account_id, thief.session_id)}
    device_id = _new(ada)[0]["device_id"]
    assert _answer(ada, device_id, mine=False).status == 204
    assert thief.call("GET", "/account").code == "not_signed_in"
    assert world.push.closed == ["c1"]
    assert [session.session_id for session in world.rows.sessions.values()] == [ada.session_id]
    assert _answer(ada, device_id, mine=False).code == "device_not_found"
    thief.log_in()
    assert _new(ada)[0]["device_id"] == device_id
    assert _mails(world) == 2


def test_a_new_device_vouches_for_no_other(ada: Person) -> None:
    one, two = _on_another_device(ada), _on_another_device(ada)
    one.log_in()
    two.log_in()
    (of_two,) = [each["device_id"] for each in _new(one)]
    assert _answer(one, of_two, mine=True).code == "step_up_needed"
    step_up(one)
    assert _answer(one, of_two, mine=True).status == 204
    (of_one,) = [each["device_id"] for each in _new(ada)]
    assert _answer(one, of_one, mine=True).code == "device_not_found", "least of all for itself"
    assert _answer(two, of_one, mine=True).status == 204, "which is known now"


def test_each_way_of_signing_in_tells(world: World, ada: Person) -> None:
    laptop, token = (Authenticator(name=name, origin=ORIGIN) for name in ("laptop", "token"))
    step_up(ada)
    add(ada, laptop)
    add(ada, token, kind="security_key")
    other = _on_another_device(ada)
    assert other.api.post("/auth/login/passkey", passkey_login(other, laptop)).status == 200
    assert _mails(world) == 1
    third = _on_another_device(ada)
    body = second_factor(third, token, third.password_proved())
    assert third.api.post("/auth/login/security-key", body).status == 200
    assert _mails(world) == 2


def test_a_mail_that_cannot_be_sent_keeps_nobody_out(world: World, ada: Person) -> None:
    world.connections.open = {"c1": (ada.account_id, ada.session_id)}
    world.push.failing = {"c1"}
    phone = _on_another_device(ada)
    assert phone.log_in().status == 200
    assert len(_new(ada)) == 1


def test_all_others_are_signed_out_at_once(world: World, ada: Person) -> None:
    phone, laptop = _on_another_device(ada), ada.session_id
    phone.log_in()
    world.connections.open = {"c1": (ada.account_id, phone.session_id), "c2": (ada.account_id, laptop)}
    assert ada.call("DELETE", "/account/sessions").status == 204
    assert ada.call("DELETE", "/account/sessions").status == 204
    assert phone.call("GET", "/account").code == "not_signed_in"
    assert world.push.closed == ["c1"]
    assert [s["current"] for s in ada.call("GET", "/account/sessions").json["sessions"]] == [True]


def test_the_place_is_listed_where_it_is_known(world: World, ada: Person) -> None:
    assert "place" not in ada.call("GET", "/account/sessions").json["sessions"][0]
    key = (ada.account_id, ada.session_id)
    world.rows.sessions[key] = replace(world.rows.sessions[key], place="Berlin, DE")
    assert ada.call("GET", "/account/sessions").json["sessions"][0]["place"] == "Berlin, DE"
