"""Stepping up: both proofs, once, for this session and for minutes; without it no way in is changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sealmate import errors, wiring
from sealmate.accounts.records import SecondFactor
from sealmate.model import to_base64url
from tests.fakes.http import Reply
from tests.fakes.person import Person
from tests.unit.accounts.world import ORIGIN, World


def step_up(person: Person, *, auth: bytes | None = None, code: str | None = None) -> Reply:
    auth = person.device.password_auth if auth is None else auth
    body = {"auth": to_base64url(auth), "code": person.totp() if code is None else code}
    return person.call("POST", "/account/step-up", body)


def proved(person: Person) -> bool:
    """Whether this session may change the ways in; StepUpNeeded where not."""
    reply = person.call("POST", "/account/totp/options")
    if reply.status != 200 and reply.code == "step_up_needed":
        raise errors.StepUpNeeded()
    return reply.status == 200


def test_a_session_has_proved_nothing_when_it_begins(ada: Person) -> None:
    with pytest.raises(errors.StepUpNeeded):
        proved(ada)
    ada.log_in()
    with pytest.raises(errors.StepUpNeeded):
        proved(ada)


def test_both_proofs_count_for_five_minutes(world: World, ada: Person) -> None:
    world.clock.advance(30)
    reply = step_up(ada)
    assert (reply.status, reply.json) == (200, {"proved_until": world.clock.now() + 300})
    world.clock.advance(299)
    assert proved(ada)
    world.clock.advance(1)
    with pytest.raises(errors.StepUpNeeded):
        proved(ada)


def test_it_counts_for_this_session_only(world: World, ada: Person) -> None:
    laptop = ada.token
    ada.log_in()
    world.clock.advance(30)
    assert step_up(ada).status == 200
    assert proved(ada)
    ada.token = laptop
    with pytest.raises(errors.StepUpNeeded):
        proved(ada)


def test_it_outlives_a_rotation_of_the_session(world: World, ada: Person) -> None:
    world.clock.advance(30)
    step_up(ada)
    ada.token = ada.call("POST", "/auth/session/rotate").json["session"]["token"]
    assert proved(ada)


def test_the_recovery_key_and_a_backup_code_do_as_well(ada: Person) -> None:
    code = ada.backup_codes[0]
    assert step_up(ada, auth=ada.device.recovery_auth, code=code).status == 200
    assert step_up(ada, code=code).code == "wrong_code"


def test_a_wrong_proof_proves_nothing(world: World, ada: Person) -> None:
    world.clock.advance(30)
    bob = world.person("bob@example.org").sign_up()
    assert step_up(ada, auth=bytes(32)).code == "wrong_credentials"
    assert step_up(ada, auth=bob.device.password_auth).code == "wrong_credentials"
    assert step_up(ada, code="000000").code == "wrong_code"
    assert step_up(ada, code=bob.backup_codes[0]).code == "wrong_code"
    with pytest.raises(errors.StepUpNeeded):
        proved(ada)


def test_a_code_that_signed_in_proves_nothing(world: World, ada: Person) -> None:
    world.clock.advance(30)
    code = ada.totp()
    assert ada.prove_code(ada.password_proved(), code).status == 200
    assert step_up(ada, code=code).code == "wrong_code"


def test_tries_are_as_many_as_at_signing_in(ada: Person) -> None:
    for _ in range(5):
        assert step_up(ada, auth=bytes(32)).code == "wrong_credentials"
    refused = step_up(ada)
    assert (refused.code, refused.json["retry_after"]) == ("too_many_tries", 30)
    assert ada.prove_password(ada.start_login()).status == 200


def test_codes_are_counted_too(ada: Person) -> None:
    for _ in range(5):
        assert step_up(ada, code="000000").code == "wrong_code"
    assert step_up(ada).code == "too_many_tries"


def test_a_stranger_who_guesses_at_signing_in_keeps_nobody_waiting_who_is_signed_in(world: World, ada: Person) -> None:
    """Of the password, and of someone who has the password, of the code."""
    login_id = ada.password_proved()
    for _ in range(5):
        assert ada.prove_code(login_id, "000000").code == "wrong_code"
    for _ in range(5):
        assert ada.prove_password(ada.start_login(), bytes(32)).code == "wrong_credentials"
    assert ada.prove_password(ada.start_login()).code == "too_many_tries"
    world.clock.advance(29)
    assert step_up(ada, code=ada.totp(after_steps=1)).status == 200


def test_nobody_steps_up_without_a_session(world: World, ada: Person) -> None:
    body = {"auth": to_base64url(ada.device.password_auth), "code": ada.totp()}
    assert world.api.post("/account/step-up", body, origin=ORIGIN).code == "not_signed_in"
    cookie = f"__Host-sealmate={ada.token}"
    assert world.api.post("/account/step-up", body, cookie=cookie).code == "foreign_origin"


@pytest.mark.parametrize("factor", ["totp", "backup"])
def test_a_thousand_replays_of_one_code_prove_once(world: World, ada: Person, factor: str) -> None:
    """Each as if it had been looked at in the same moment, before any was spent."""
    session = world.rows.sessions[ada.account_id, ada.session_id]
    (_, mac), *_ = sorted(world.rows.backups)
    account = world.rows.accounts[ada.account_id]
    of_totp = SecondFactor(totp_step=account.totp_step + 1, totp_sealed=account.totp_sealed)
    spent = of_totp if factor == "totp" else SecondFactor(backup_mac=mac)
    store = wiring.account_store()
    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(lambda _: store.prove(session, factor=spent, until=1), range(1000))) == 1
