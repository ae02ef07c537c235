"""New backup codes and a new authenticator: after a fresh proof, the old ones void, their owner told."""

from __future__ import annotations

import re

import pytest

from sealmate import errors
from tests.fakes.http import Reply
from tests.fakes.person import Person
from tests.unit.accounts.world import World

ROUTES = ["/account/backup-codes", "/account/totp/options", "/account/totp"]


def renew(person: Person) -> list[str]:
    reply = person.call("POST", "/account/backup-codes")
    assert reply.status == 200, reply.body
    return list(reply.json["codes"])


def left(person: Person) -> int:
    return int(person.call("GET", "/account").json["backup_codes_left"])


def new_secret(person: Person) -> str:
    reply = person.call("POST", "/account/totp/options")
    assert reply.status == 200, reply.body
    return str(reply.json["secret"])


def take(person: Person, secret: str) -> Reply:
    """The authenticator shows its first code, and is the person's from then on."""
    before, person.totp_secret = person.totp_secret, secret
    reply = person.call("POST", "/account/totp", {"code": person.totp()})
    if reply.status != 204:
        person.totp_secret = before
    return reply


@pytest.mark.parametrize("route", ROUTES)
def test_nothing_is_renewed_without_a_fresh_proof(world: World, ada: Person, route: str) -> None:
    before = dict(world.rows.accounts), set(world.rows.backups)
    assert ada.call("POST", route, {"code": "000000"}).code == "step_up_needed"
    ada.step_up()
    world.clock.advance(300)
    assert ada.call("POST", route, {"code": "000000"}).code == "step_up_needed"
    assert set(world.rows.backups) == before[1]
    assert [a.totp_sealed for a in world.rows.accounts.values()] == [a.totp_sealed for a in before[0].values()]


# --- backup codes ---


def test_new_codes_work_once_each_and_the_old_ones_never_again(ada: Person) -> None:
    old = ada.backup_codes
    codes = renew(ada.step_up())
    assert len(set(codes)) == len(set(codes) - set(old)) == 10
    for code in (old[0], old[9]):
        assert ada.prove_code(ada.password_proved(), code).code == "wrong_code"
    assert ada.prove_code(ada.password_proved(), codes[3]).status == 200
    assert ada.prove_code(ada.password_proved(), codes[3]).code == "wrong_code"


def test_their_owner_sees_how_many_are_left(ada: Person) -> None:
    assert left(ada) == 10
    ada.prove_code(ada.password_proved(), ada.backup_codes[0])
    assert left(ada) == 9
    renew(ada.step_up())
    assert left(ada) == 10


def test_a_mail_tells_of_new_codes_and_holds_none(world: World, ada: Person) -> None:
    codes = renew(ada.step_up())
    mail = world.mailer.last
    assert (mail.to, "backup codes" in mail.subject) == (ada.email, True)
    assert not any(code in mail.text for code in codes)
    assert not re.search(r"https?://|\d{6}", mail.text)


def test_a_mail_that_can_not_be_sent_hides_no_codes(world: World, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.step_up()

    def refuse(**_: str) -> None:
        raise errors.MailNotSent(reason="Throttling")

    monkeypatch.setattr(world.mailer, "send", refuse)
    assert len(renew(ada)) == 10


# --- the authenticator ---


def test_a_new_authenticator_takes_over_with_its_first_code(world: World, ada: Person) -> None:
    old = ada.totp_secret
    secret = new_secret(ada.step_up())
    assert take(ada, secret).status == 204
    ada.log_in()
    world.clock.advance(30)
    ada.totp_secret = old
    assert ada.prove_code(ada.password_proved()).code == "wrong_code"
    assert world.mailer.last.subject == "Your Sealmate authenticator was replaced"


def test_its_first_code_signs_nobody_in(ada: Person) -> None:
    assert take(ada, new_secret(ada.step_up())).status == 204
    assert ada.prove_code(ada.password_proved()).code == "wrong_code"


def test_the_old_one_stays_until_the_new_one_has_shown_a_code(world: World, ada: Person) -> None:
    secret = new_secret(ada.step_up())
    assert ada.call("POST", "/account/totp", {"code": ada.totp(after_steps=1)}).code == "wrong_code"
    ada.log_in()
    assert ada.totp_secret != secret
    assert world.mailer.last.subject != "Your Sealmate authenticator was replaced"


def test_the_last_one_asked_for_is_the_one(ada: Person) -> None:
    first, second = new_secret(ada.step_up()), new_secret(ada)
    assert take(ada, first).code == "wrong_code"
    assert take(ada, second).status == 204
    assert take(ada, second).code == "step_expired"


def test_it_must_be_shown_in_time_and_by_the_session_that_asked(world: World, ada: Person) -> None:
    secret = new_secret(ada.step_up())
    laptop = ada.token
    ada.log_in()
    assert take(ada.step_up(), secret).code == "step_expired"
    ada.token = laptop
    world.clock.advance(600)
    assert take(ada.step_up(), secret).code == "step_expired"


def test_guessing_its_code_is_counted(ada: Person) -> None:
    new_secret(ada.step_up())
    for _ in range(5):
        assert ada.call("POST", "/account/totp", {"code": "000000"}).code == "wrong_code"
    assert ada.call("POST", "/account/totp", {"code": "000000"}).code == "too_many_tries"
