"""What every accounts store promises: the one in memory and the one in DynamoDB answer alike."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from sealmate.accounts.records import (
    Account,
    Grant,
    Login,
    Method,
    NewAccount,
    SecondFactor,
    Session,
    SignUp,
    Statement,
    Ticket,
    Tries,
)
from tests.contract.accounts.conftest import Stores

NOW = 1_800_000_000

SIGN_UP = SignUp(
    signup_id="signup-1",
    account_id="account-1",
    email_key="e1",
    email_sealed=b"sealed",
    expires_at=NOW + 600,
    code_mac=b"code",
)
SESSION = Session(
    account_id="account-1",
    session_id="session-1",
    device="laptop",
    created_at=NOW,
    last_seen_at=NOW,
    rotate_at=NOW + 10,
    expires_at=NOW + 100,
    lineage=b"lineage",
    secret_hash=b"hash",
)
NEW = NewAccount(
    account=Account(
        account_id="account-1",
        created_at=NOW,
        email_key="e1",
        email_sealed=b"sealed",
        totp_sealed=b"totp",
        totp_step=100,
        signing_public=b"public",
        signing_private=b"private",
        statement=Statement(epoch=1, commitment=b"commitment", previous=b"", signature=b"signature"),
    ),
    methods=(
        Method(
            method_id="m1",
            kind="password",
            auth_mac=b"mac1",
            secret=b"s1",
            master=b"k1",
            public=b"p1",
            salt=b"salt",
            kdf_profile=1,
        ),
        Method(method_id="m2", kind="recovery", auth_mac=b"mac2", secret=b"s2", master=b"k2", public=b"p2"),
    ),
    backup_macs=(b"b1", b"b2"),
    session=SESSION,
    grant=Grant(row_id="grant-1", credits=1000),
)
LOGIN = Login(login_id="login-1", account_id="account-1", methods_of="account-1", email_key="e1", expires_at=NOW + 600)
OTHER = replace(SESSION, session_id="session-2", device="phone")


def proved(stores: Stores, sign_up: SignUp = SIGN_UP) -> SignUp:
    stores.sign_ups.put(sign_up)
    assert stores.sign_ups.prove_email(sign_up, token_hash=b"token", totp_sealed=b"totp", expires_at=NOW + 1800)
    found = stores.sign_ups.get(sign_up.signup_id)
    assert found is not None
    return found


def with_account(stores: Stores) -> None:
    assert stores.accounts.create(NEW, sign_up=proved(stores))


def with_login(stores: Stores, login_id: str = "login-1") -> Login:
    login = replace(LOGIN, login_id=login_id)
    stores.logins.put(login)
    stores.logins.prove_password(login_id, method_id="m1")
    return replace(login, proved_by="m1")


def wins(act: Callable[[int], bool], rounds: int = 6) -> int:
    """How many of some parallel calls came first; all begin at once."""
    start = Barrier(rounds)

    def ready(number: int) -> bool:
        start.wait(timeout=30)
        return act(number)

    with ThreadPoolExecutor(rounds) as pool:
        return sum(pool.map(ready, range(rounds)))


# --- sign-ups ---


def test_a_sign_up_is_kept_as_it_is(stores: Stores) -> None:
    assert stores.sign_ups.get("signup-1") is None
    stores.sign_ups.put(SIGN_UP)
    assert stores.sign_ups.get("signup-1") == SIGN_UP


def test_tries_are_counted_up_to_the_limit_and_the_end(stores: Stores) -> None:
    assert stores.sign_ups.count_try("signup-1", limit=5, now=NOW) is None
    stores.sign_ups.put(SIGN_UP)
    assert stores.sign_ups.count_try("signup-1", limit=2, now=NOW + 599) == replace(SIGN_UP, tries=1)
    assert stores.sign_ups.count_try("signup-1", limit=2, now=NOW + 600) is None
    assert stores.sign_ups.count_try("signup-1", limit=2, now=NOW) == replace(SIGN_UP, tries=2)
    assert stores.sign_ups.count_try("signup-1", limit=2, now=NOW) is None


def test_parallel_tries_stay_in_the_limit(stores: Stores) -> None:
    stores.sign_ups.put(SIGN_UP)
    assert wins(lambda _: stores.sign_ups.count_try("signup-1", limit=3, now=NOW) is not None) == 3


def test_an_email_is_proved_once(stores: Stores) -> None:
    stores.sign_ups.put(SIGN_UP)
    stores.sign_ups.count_try("signup-1", limit=5, now=NOW)

    def prove(_: int) -> bool:
        return stores.sign_ups.prove_email(SIGN_UP, token_hash=b"token", totp_sealed=b"totp", expires_at=NOW + 1800)

    assert wins(prove) == 1
    assert stores.sign_ups.get("signup-1") == replace(
        SIGN_UP, code_mac=None, token_hash=b"token", totp_sealed=b"totp", expires_at=NOW + 1800, tries=0
    )


# --- accounts ---


def test_an_account_comes_whole(stores: Stores) -> None:
    assert stores.accounts.id_of("e1") is None
    with_account(stores)
    assert stores.accounts.id_of("e1") == "account-1"
    assert stores.accounts.get("account-1") == NEW.account
    assert stores.accounts.methods("account-1") == list(NEW.methods)
    assert stores.sessions.of_account("account-1") == [SESSION]
    wallet = stores.wallets.wallet("account-1")
    assert (wallet.available, wallet.held) == (1000, 0)
    assert stores.sign_ups.get("signup-1") is None


def test_nobody_has_methods_that_are_read_like_an_accounts(stores: Stores) -> None:
    for _ in range(2):
        stores.accounts.stand_in("STAND-IN", list(NEW.methods))
        assert stores.accounts.methods("STAND-IN") == list(NEW.methods)
    assert stores.accounts.get("STAND-IN") is None


def test_nothing_is_known_of_an_account_that_is_not(stores: Stores) -> None:
    with_account(stores)
    assert stores.accounts.get("account-2") is None
    assert stores.accounts.methods("account-2") == []
    assert stores.sessions.of_account("account-2") == []
    assert stores.sessions.get("account-2", "session-1") is None


def second_account() -> NewAccount:
    return replace(
        NEW,
        account=replace(NEW.account, account_id="account-2"),
        session=replace(SESSION, account_id="account-2"),
        grant=Grant(row_id="grant-2", credits=1000),
    )


def test_a_taken_address_makes_nothing(stores: Stores) -> None:
    with_account(stores)
    sign_up = proved(stores, replace(SIGN_UP, signup_id="signup-2", account_id="account-2"))
    assert not stores.accounts.create(second_account(), sign_up=sign_up)
    assert stores.accounts.get("account-2") is None
    assert stores.accounts.methods("account-2") == []
    assert stores.sessions.of_account("account-2") == []
    assert stores.wallets.wallet("account-2").available == 0
    assert stores.sign_ups.get("signup-2") == sign_up


def test_a_sign_up_that_is_over_makes_nothing(stores: Stores) -> None:
    assert not stores.accounts.create(NEW, sign_up=replace(SIGN_UP, token_hash=b"token"))
    sign_up = proved(stores)
    assert not stores.accounts.create(NEW, sign_up=replace(sign_up, token_hash=b"another"))
    assert stores.accounts.id_of("e1") is None
    assert stores.accounts.get("account-1") is None


def test_parallel_creations_make_one_account(stores: Stores) -> None:
    sign_up = proved(stores)
    assert wins(lambda _: stores.accounts.create(NEW, sign_up=sign_up)) == 1


# --- logins ---


def test_a_login_is_kept_and_proved(stores: Stores) -> None:
    stores.logins.prove_password("login-1", method_id="m1")
    assert stores.logins.get("login-1") is None
    stores.logins.put(LOGIN)
    assert stores.logins.get("login-1") == LOGIN
    stores.logins.prove_password("login-1", method_id="m1")
    assert stores.logins.get("login-1") == replace(LOGIN, proved_by="m1")


@pytest.mark.parametrize("factor", [SecondFactor(totp_step=101, totp_sealed=b"totp"), SecondFactor(backup_mac=b"b1")])
def test_a_factor_admits_once(stores: Stores, factor: SecondFactor) -> None:
    with_account(stores)
    logins = [with_login(stores, f"login-{n}") for n in range(6)]
    sessions = [replace(SESSION, session_id=f"new-{n}") for n in range(6)]
    assert wins(lambda n: stores.accounts.admit(sessions[n], login=logins[n], factor=factor)) == 1
    assert len(stores.sessions.of_account("account-1")) == 2
    assert sum(stores.logins.get(f"login-{n}") is None for n in range(6)) == 1


@pytest.mark.parametrize("step", [99, 100])
def test_an_old_step_admits_nobody(stores: Stores, step: int) -> None:
    with_account(stores)
    login = with_login(stores)
    assert not stores.accounts.admit(OTHER, login=login, factor=SecondFactor(totp_step=step, totp_sealed=b"totp"))
    assert stores.sessions.get("account-1", "session-2") is None
    assert stores.logins.get("login-1") is not None


def test_a_login_admits_once_and_spends_no_second_factor(stores: Stores) -> None:
    with_account(stores)
    login = with_login(stores)
    assert stores.accounts.admit(OTHER, login=login, factor=SecondFactor(totp_step=101, totp_sealed=b"totp"))
    third = replace(OTHER, session_id="session-3")
    assert not stores.accounts.admit(third, login=login, factor=SecondFactor(backup_mac=b"b1"))
    assert stores.accounts.admit(third, login=with_login(stores, "login-2"), factor=SecondFactor(backup_mac=b"b1"))
    found = stores.accounts.get("account-1")
    assert found is not None
    assert found.totp_step == 101


def test_a_login_without_its_password_admits_nobody(stores: Stores) -> None:
    with_account(stores)
    stores.logins.put(LOGIN)
    assert not stores.accounts.admit(OTHER, login=LOGIN, factor=SecondFactor(totp_step=101, totp_sealed=b"totp"))


def test_a_password_that_was_changed_meanwhile_admits_nobody(stores: Stores) -> None:
    with_account(stores)
    login = with_login(stores)
    new = replace(NEW.methods[0], method_id="m9", auth_mac=b"mac9")
    assert stores.renewals.method(SESSION, old=NEW.methods[0], new=new, epoch=1, sequence=None)
    assert not stores.accounts.admit(OTHER, login=login, factor=SecondFactor(totp_step=101, totp_sealed=b"totp"))
    assert stores.sessions.of_account("account-1") == [SESSION]


def test_an_unknown_backup_code_admits_nobody(stores: Stores) -> None:
    with_account(stores)
    assert not stores.accounts.admit(OTHER, login=with_login(stores), factor=SecondFactor(backup_mac=b"b3"))


# --- sessions ---


def test_a_session_rotates_from_its_current_secret_only(stores: Stores) -> None:
    with_account(stores)
    rotated = replace(
        SESSION,
        secret_hash=b"new",
        previous_hash=b"hash",
        previous_until=NOW + 60,
        rotate_at=NOW + 20,
        expires_at=NOW + 200,
    )
    assert not stores.sessions.rotate(rotated, expected_hash=b"other")
    assert wins(lambda _: stores.sessions.rotate(rotated, expected_hash=b"hash")) == 1
    assert stores.sessions.get("account-1", "session-1") == rotated


def test_an_ended_session_is_not_brought_back(stores: Stores) -> None:
    with_account(stores)
    stores.sessions.delete("account-1", "session-1")
    stores.sessions.delete("account-1", "session-1")
    stores.sessions.touch(SESSION, now=NOW + 5)
    assert not stores.sessions.rotate(SESSION, expected_hash=b"hash")
    assert stores.sessions.get("account-1", "session-1") is None


def test_touching_changes_when_it_was_seen(stores: Stores) -> None:
    with_account(stores)
    stores.sessions.touch(SESSION, now=NOW + 5)
    assert stores.sessions.get("account-1", "session-1") == replace(SESSION, last_seen_at=NOW + 5)


@pytest.mark.parametrize("factor", [SecondFactor(totp_step=101, totp_sealed=b"totp"), SecondFactor(backup_mac=b"b1")])
def test_a_factor_proves_a_session_once(stores: Stores, factor: SecondFactor) -> None:
    with_account(stores)
    assert wins(lambda _: stores.accounts.prove(SESSION, factor=factor, until=NOW + 300)) == 1
    assert stores.sessions.get("account-1", "session-1") == replace(SESSION, proved_until=NOW + 300)
    assert not stores.accounts.admit(OTHER, login=with_login(stores), factor=factor)


def test_a_proof_of_another_kind_spends_no_code(stores: Stores) -> None:
    with_account(stores)
    assert stores.accounts.prove(SESSION, factor=SecondFactor(), until=NOW + 300)
    assert stores.sessions.get("account-1", "session-1") == replace(SESSION, proved_until=NOW + 300)


def test_an_ended_session_is_not_proved_and_spends_nothing(stores: Stores) -> None:
    with_account(stores)
    assert not stores.accounts.prove(OTHER, factor=SecondFactor(backup_mac=b"b1"), until=NOW + 300)
    assert stores.sessions.get("account-1", "session-2") is None
    assert stores.accounts.prove(SESSION, factor=SecondFactor(backup_mac=b"b1"), until=NOW + 300)


# --- counters ---


def test_a_counter_changes_only_from_what_was_seen(stores: Stores) -> None:
    one, two = Tries(count=1, next_at=NOW, forget_at=NOW + 9), Tries(count=2, next_at=NOW, forget_at=NOW + 9)
    assert stores.tries.get("k") is None
    assert not stores.tries.replace("k", expected=one, new=two)
    assert wins(lambda _: stores.tries.replace("k", expected=None, new=one)) == 1
    assert stores.tries.get("k") == one
    assert wins(lambda _: stores.tries.replace("k", expected=one, new=two)) == 1
    assert not stores.tries.replace("k", expected=replace(two, next_at=NOW + 1), new=one)
    assert not stores.tries.replace("k", expected=replace(two, forget_at=NOW), new=one)
    stores.tries.forget("k")
    stores.tries.forget("k")
    assert stores.tries.get("k") is None


# --- tickets ---


def test_a_ticket_is_taken_once(stores: Stores) -> None:
    ticket = Ticket(ticket_hash="h", account_id="account-1", session_id="session-1", expires_at=NOW + 30)
    assert stores.tickets.take("h") is None
    stores.tickets.put(ticket)
    assert wins(lambda _: stores.tickets.take("h") == ticket) == 1
    assert stores.tickets.take("h") is None


def test_a_nonce_is_spent_once(stores: Stores) -> None:
    other = replace(SESSION, account_id="account-2")
    assert wins(lambda _: stores.sessions.spend_nonce(SESSION, "nonce", expires_at=NOW + 120)) == 1
    assert stores.sessions.spend_nonce(SESSION, "another nonce", expires_at=NOW + 120)
    assert stores.sessions.spend_nonce(other, "nonce", expires_at=NOW + 120)


# --- devices ---


def test_a_device_is_noted_with_its_session_and_stays_as_it_was_answered(stores: Stores) -> None:
    stores.accounts.create(replace(NEW, session=replace(SESSION, device_key="first")), sign_up=proved(stores))
    (first,) = stores.devices.of_account("account-1")
    assert (first.key, first.answered, first.first_seen_at) == ("first", True, NOW)
    second = replace(OTHER, device_key="second", place="Berlin, DE")
    assert stores.accounts.admit(
        second, login=with_login(stores), factor=SecondFactor(totp_step=101, totp_sealed=b"totp")
    )
    found = stores.devices.get("account-1", "second")
    assert found is not None
    assert (found.name, found.place, found.answered) == ("phone", "Berlin, DE", False)
    stores.devices.answer("account-1", "second")
    again = replace(second, session_id="session-3", created_at=NOW + 9)
    login = with_login(stores, "login-2")
    assert stores.accounts.admit(again, login=login, factor=SecondFactor(totp_step=102, totp_sealed=b"totp"))
    found = stores.devices.get("account-1", "second")
    assert found is not None
    assert (found.answered, found.first_seen_at) == (True, NOW)


def test_a_sign_in_that_is_refused_notes_no_device(stores: Stores) -> None:
    stores.accounts.create(replace(NEW, session=replace(SESSION, device_key="first")), sign_up=proved(stores))
    spent = SecondFactor(totp_step=1, totp_sealed=b"totp")
    assert not stores.accounts.admit(replace(OTHER, device_key="second"), login=with_login(stores), factor=spent)
    assert stores.devices.get("account-1", "second") is None


def test_a_forgotten_device_stays_forgotten(stores: Stores) -> None:
    stores.accounts.create(replace(NEW, session=replace(SESSION, device_key="first")), sign_up=proved(stores))
    stores.devices.forget("account-1", "first")
    stores.devices.answer("account-1", "first")
    assert stores.devices.of_account("account-1") == []
