"""Another e-mail address: both ends confirm, and nothing tells whether an address has an account."""

from __future__ import annotations

import pytest

from tests.fakes.http import Reply
from tests.fakes.person import Person
from tests.unit.accounts.world import World

NEW = "countess@example.org"


def start(person: Person, email: str = NEW) -> Reply:
    return person.call("POST", "/account/email", {"email": email})


def confirm(person: Person, *, new: str | None = None, old: str | None = None) -> Reply:
    new = person.mailed_code(NEW) if new is None else new
    old = person.mailed_code(person.email) if old is None else old
    return person.call("POST", "/account/email/confirm", {"code_new": new, "code_old": old})


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_the_account_moves_when_both_ends_confirm(world: World, ada: Person) -> None:
    assert start(ada.step_up(), "Countess@Example.org").status == 202
    assert ada.call("GET", "/account").json["email"] == ada.email
    assert confirm(ada).status == 204
    assert ada.call("GET", "/account").json["email"] == NEW
    before, ada.email = ada.email, NEW
    assert ada.log_in().status == 200
    ada.email = before
    assert ada.prove_password(ada.start_login()).code == "wrong_credentials"
    assert world.mailer.last.to == before
    assert "was changed" in world.mailer.last.subject


def test_the_old_address_may_sign_up_anew(world: World, ada: Person) -> None:
    start(ada.step_up())
    confirm(ada)
    assert world.person(ada.email).sign_up().account_id != ada.account_id


@pytest.mark.parametrize("end", ["new", "old"])
def test_one_end_alone_moves_nothing(ada: Person, end: str) -> None:
    start(ada.step_up())
    right = {"new": ada.mailed_code(NEW), "old": ada.mailed_code(ada.email)}
    assert confirm(ada, **{**right, end: other(right[end])}).code == "wrong_code"
    assert ada.call("GET", "/account").json["email"] == ada.email
    assert confirm(ada, **right).status == 204


def test_the_codes_of_the_two_ends_are_not_each_others(ada: Person) -> None:
    start(ada.step_up())
    assert confirm(ada, new=ada.mailed_code(ada.email), old=ada.mailed_code(NEW)).code == "wrong_code"


def test_five_tries_then_it_is_over(ada: Person) -> None:
    start(ada.step_up())
    new, old = ada.mailed_code(NEW), ada.mailed_code(ada.email)
    assert [confirm(ada, new=other(new), old=old).code for _ in range(5)] == ["wrong_code"] * 5
    assert confirm(ada, new=new, old=old).code == "step_expired"


def test_it_is_over_after_half_an_hour_and_after_it_was_done(world: World, ada: Person) -> None:
    start(ada.step_up())
    new, old = ada.mailed_code(NEW), ada.mailed_code(ada.email)
    world.clock.advance(1800)
    assert confirm(ada.step_up(), new=new, old=old).code == "step_expired"
    assert start(ada).status == 202
    new, old = ada.mailed_code(NEW), ada.mailed_code(ada.email)
    assert confirm(ada, new=new, old=old).status == 204
    assert confirm(ada, new=new, old=old).code == "step_expired"


def test_only_the_session_that_began_it_ends_it(ada: Person) -> None:
    start(ada.step_up())
    new, old = ada.mailed_code(NEW), ada.mailed_code(ada.email)
    ada.log_in()
    assert confirm(ada.step_up(), new=new, old=old).code == "step_expired"


def test_both_steps_take_a_fresh_proof(world: World, ada: Person) -> None:
    assert start(ada).code == "step_up_needed"
    start(ada.step_up())
    world.clock.advance(300)
    assert confirm(ada).code == "step_up_needed"


def test_a_taken_address_looks_the_same_and_its_owner_is_told(world: World, ada: Person) -> None:
    bob = world.person("bob@example.org").sign_up()
    ada.step_up()
    walks = []
    for email in (bob.email, "nobody@example.org"):
        world.calls.clear()
        replies = [start(ada, email), *(confirm(ada, new="000000", old="000000") for _ in range(6))]
        walks.append(([(r.status, r.json.get("code", "") if r.body else "") for r in replies], list(world.calls)))
    assert walks[0] == walks[1]
    told = next(mail for mail in reversed(world.mailer.sent) if mail.to == bob.email)
    assert "already" in told.subject
    with pytest.raises(AssertionError, match="no code"):
        assert told.code
    assert bob.call("GET", "/account").json["email"] == bob.email


def test_an_address_that_was_taken_meanwhile_stays_with_who_came_first(world: World, ada: Person) -> None:
    start(ada.step_up())
    new, old = ada.mailed_code(NEW), ada.mailed_code(ada.email)
    world.person(NEW).sign_up()
    assert confirm(ada, new=new, old=old).code == "step_expired"
    assert ada.call("GET", "/account").json["email"] == ada.email


def test_mails_are_counted_per_address_and_per_account(ada: Person) -> None:
    ada.step_up()
    assert [start(ada).status for _ in range(4)] == [202, 202, 202, 429]
    assert start(ada, "a@example.org").status == 202
    assert start(ada, "b@example.org").code == "too_many_tries"
