"""Erasing an account: both proofs, all gone at once, the rest in the background."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.job_erase_account.handler import handle as erase_remains
from sealmate import errors, wiring
from sealmate.accounts.records import Erasure
from sealmate.model import to_base64url
from tests.fakes.accounts import FakeErasures, FakeRemains
from tests.fakes.http import Reply
from tests.fakes.person import Person
from tests.unit.accounts.world import GRANT, ORIGIN, World

NOTHING_LEFT = {"erased": 0, "more": 0, "wait": 0}


def erase(person: Person, *, auth: bytes | None = None, code: str | None = None) -> Reply:
    """Of someone whose authenticator has a fresh code."""
    person.clock.sleep(30)
    return person.call("POST", "/account/erase", proofs(person, auth=auth, code=code))


def proofs(person: Person, *, auth: bytes | None = None, code: str | None = None) -> dict[str, str]:
    auth = person.device.password_auth if auth is None else auth
    return {"auth": to_base64url(auth), "code": person.totp() if code is None else code}


# --- at once ---


def test_what_opens_an_account_is_gone_at_once(world: World, ada: Person) -> None:
    world.connections.open = {"c1": (ada.account_id, ada.session_id), "c2": (ada.account_id, "another")}
    laptop = ada.token
    ada.log_in()
    reply = erase(ada)
    assert reply.status == 202
    assert reply.headers["Set-Cookie"].startswith("__Host-sealmate=; ")
    rows = world.rows
    assert not any((rows.emails, rows.accounts, rows.methods, rows.backups, rows.sessions))
    assert sorted(world.push.closed) == ["c1", "c2"]
    assert world.connections.open == {}
    assert world.erasures.started == [ada.account_id]
    for token in (laptop, ada.token):
        assert world.api.get("/account", authorization=f"Bearer {token}").code == "not_signed_in"


@pytest.mark.parametrize("proof", ["recovery key", "backup code"])
def test_the_recovery_key_and_a_backup_code_do_as_well(ada: Person, proof: str) -> None:
    auth = ada.device.recovery_auth if proof == "recovery key" else None
    code = ada.backup_codes[0].lower() if proof == "backup code" else None
    assert erase(ada, auth=auth, code=code).status == 202


def test_a_session_proved_a_moment_ago_needs_no_proof_in_the_request(world: World, ada: Person) -> None:
    assert ada.call("POST", "/account/erase", {}).code == "step_up_needed"
    ada.step_up()
    assert ada.call("POST", "/account/erase", {}).status == 202
    assert not world.rows.accounts


def test_half_a_proof_is_none(world: World, ada: Person) -> None:
    ada.step_up()
    assert ada.call("POST", "/account/erase", {"code": ada.totp()}).code == "invalid_request"
    assert world.rows.accounts


def test_the_address_may_sign_up_anew(world: World, ada: Person) -> None:
    erase(ada)
    again = world.person(ada.email).sign_up()
    assert again.account_id != ada.account_id
    assert again.call("GET", "/account").json["email"] == ada.email


def test_an_address_is_given_its_credits_once_a_year(world: World, ada: Person) -> None:
    assert _credits(ada) == GRANT
    erase(ada)
    again = world.person(ada.email).sign_up()
    assert _credits(again) == 0
    erase(again)
    world.clock.advance(365 * 86_400 - 1)
    once_more = world.person(ada.email).sign_up()
    assert _credits(once_more) == 0, "a year from the last time"
    erase(once_more)
    world.clock.advance(365 * 86_400)
    assert _credits(world.person(ada.email).sign_up()) == GRANT
    assert _credits(world.person("bob@example.org").sign_up()) == GRANT


def test_signing_up_tells_nobody_that_the_address_was_here_before(world: World, ada: Person) -> None:
    """The same answers for the same work, and the same mail, until its code is shown; what is kept names no account."""
    erase(ada)
    told: list[tuple[int, list[str], list[str], list[str]]] = []
    for email in (ada.email, "new@example.org"):
        world.calls.clear()
        reply = world.person(email).start_sign_up()
        mail = world.mailer.sent[-1]
        words = mail.text.replace(mail.code, "")
        told.append((reply.status, sorted(reply.json), list(world.calls), [mail.subject, words]))
    assert told[0] == told[1]
    (kept,) = world.rows.granted
    assert ada.account_id not in kept
    assert ada.email not in kept


def _credits(person: Person) -> int:
    return int(person.call("GET", "/account").json["wallet"]["available"])


def test_a_page_erases_by_its_cookie(world: World, ada: Person) -> None:
    cookie = f"__Host-sealmate={ada.token}"
    world.clock.advance(30)
    assert world.api.post("/account/erase", proofs(ada), cookie=cookie).code == "foreign_origin"
    assert world.api.post("/account/erase", proofs(ada), cookie=cookie, origin=ORIGIN).status == 202


# --- refused ---


def test_nobody_erases_without_a_session(world: World, ada: Person) -> None:
    assert world.api.post("/account/erase", proofs(ada), origin=ORIGIN).code == "not_signed_in"


def test_a_wrong_proof_erases_nothing(world: World, ada: Person) -> None:
    assert erase(ada, auth=bytes(32)).code == "wrong_credentials"
    assert erase(ada, code="000000").code == "wrong_code"
    assert erase(ada, code="AAAAA-AAAAA").code == "wrong_code"
    assert ada.call("GET", "/account").status == 200
    assert world.rows.erasing == {}
    assert world.erasures.started == []


def test_a_code_that_signed_in_erases_nothing(world: World, ada: Person) -> None:
    ada.log_in()
    used = ada.backup_codes[0]
    assert ada.prove_code(ada.password_proved(), used).status == 200
    assert ada.call("POST", "/account/erase", proofs(ada)).code == "wrong_code"
    assert erase(ada, code=used).code == "wrong_code"
    assert world.rows.erasing == {}


def test_another_persons_proofs_erase_nothing(world: World, ada: Person) -> None:
    bob = world.person("bob@example.org").sign_up()
    assert erase(bob, auth=ada.device.password_auth).code == "wrong_credentials"
    assert erase(bob, code=ada.totp()).code == "wrong_code"
    assert len(world.rows.accounts) == 2


def test_tries_are_those_of_stepping_up(ada: Person) -> None:
    """Who guesses here is kept waiting there, and the other way round."""
    for _ in range(3):
        assert erase(ada, auth=bytes(32)).code == "wrong_credentials"
    for _ in range(2):
        body = proofs(ada, auth=bytes(32))
        assert ada.call("POST", "/account/step-up", body).code == "wrong_credentials"
    for path in ("/account/erase", "/account/step-up"):
        refused = ada.call("POST", path, proofs(ada))
        assert (refused.code, refused.json["retry_after"]) == ("too_many_tries", 30)


def test_codes_are_counted_as_at_stepping_up(ada: Person) -> None:
    for _ in range(4):
        assert erase(ada, code="000000").code == "wrong_code"
    assert ada.call("POST", "/account/step-up", proofs(ada, code="000000")).code == "wrong_code"
    refused = ada.call("POST", "/account/erase", proofs(ada))
    assert refused.code == "too_many_tries"


def test_a_stranger_who_guesses_at_signing_in_keeps_nobody_from_erasing(ada: Person) -> None:
    for _ in range(5):
        assert ada.prove_password(ada.start_login(), bytes(32)).code == "wrong_credentials"
    assert erase(ada).status == 202


# --- what fails after it ---


def test_an_account_is_gone_even_if_what_follows_fails(
    world: World, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close(connection_id: str) -> None:
        raise TimeoutError(connection_id)

    monkeypatch.setattr(world.push, "close", close)
    world.connections.open = {"c1": (ada.account_id, ada.session_id)}
    world.erasures.away = True
    assert erase(ada).status == 202
    assert world.rows.sessions == {}
    assert world.connections.open == {}, "without its row it can neither act nor hear"
    assert wiring.remains().pending() == [ada.account_id], "the schedule takes it up"


def test_websockets_are_closed_before_their_rows_can_be_erased(world: World, ada: Person) -> None:
    class Eager(FakeErasures):
        """An execution that is done before its start is answered."""

        def start(self, account_id: str) -> bool:
            world.connections.open.clear()
            return super().start(account_id)

    wiring.override(erasures=Eager())
    world.connections.open = {"c1": (ada.account_id, ada.session_id)}
    assert erase(ada).status == 202
    assert world.push.closed == ["c1"]


def test_the_background_begins_even_if_nothing_could_be_closed(
    world: World, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_account(account_id: str) -> None:
        raise TimeoutError(account_id)

    monkeypatch.setattr(world.connections, "of_account", of_account)
    assert erase(ada).status == 202
    assert world.erasures.started == [ada.account_id]


def test_a_sign_in_under_way_ends_nowhere(world: World, ada: Person) -> None:
    login = ada.password_proved()
    erase(ada)
    world.clock.advance(30)
    assert ada.prove_code(login).code == "step_expired"
    assert world.rows.sessions == {}


def test_a_session_without_an_account_erases_nothing(ada: Person) -> None:
    """It was begun at the same moment, and is about to be revoked."""
    session = wiring.sessions().of_account(ada.account_id)[0]
    erase(ada)
    with pytest.raises(errors.NotSignedIn):
        wiring.erase_account()(session, proofs=(bytes(32), "000000"))


# --- in the background ---


class _Failing(FakeRemains):
    def erase_some(self, erasure: Erasure) -> int:
        raise TimeoutError(erasure.account_id)


def test_batches_follow_until_nothing_is_left(world: World, ada: Person) -> None:
    erase(ada)
    world.remains.left[ada.account_id] = 123
    event = {"account_id": ada.account_id}
    assert erase_remains(event, None) == {"erased": 100, "more": 1, "wait": 0}
    assert erase_remains(event, None) == {"erased": 23, "more": 0, "wait": 360}


def test_turns_that_were_being_answered_are_waited_for(world: World, ada: Person) -> None:
    erase(ada)
    event = {"account_id": ada.account_id}
    world.clock.advance(100)
    assert erase_remains(event, None) == {"erased": 0, "more": 0, "wait": 260}
    world.remains.left[ada.account_id] = 2
    world.clock.advance(260)
    assert erase_remains(event, None) == {"erased": 2, "more": 0, "wait": 0}
    assert world.remains.pending() == []
    assert erase_remains(event, None) == NOTHING_LEFT


def test_only_what_was_shredded_is_erased(world: World, ada: Person) -> None:
    world.remains.left[ada.account_id] = 5
    assert erase_remains({"account_id": ada.account_id}, None) == NOTHING_LEFT
    assert erase_remains({}, None) == {"erased": 0, "more": 0}
    assert world.remains.left[ada.account_id] == 5


def test_the_schedule_takes_up_what_was_left(world: World, ada: Person) -> None:
    bob = world.person("bob@example.org").sign_up()
    world.remains.left = {ada.account_id: 7, bob.account_id: 120}
    for person in (ada, bob):
        erase(person)
    assert erase_remains({}, None) == {"erased": 107, "more": 1}
    world.clock.advance(3600)
    assert erase_remains({}, None) == {"erased": 20, "more": 0}
    assert world.remains.pending() == []
    assert erase_remains({}, None) == {"erased": 0, "more": 0}


def test_a_batch_that_fails_says_so_and_is_repeated(world: World, ada: Person) -> None:
    erase(ada)
    world.remains.left[ada.account_id] = 3
    whole = wiring.erase_remains()
    wiring.override(erase_remains=replace(whole, remains=_Failing(world.rows)))
    with pytest.raises(errors.Internal):
        erase_remains({"account_id": ada.account_id}, None)
    wiring.override(erase_remains=whole)
    assert erase_remains({"account_id": ada.account_id}, None)["erased"] == 3
