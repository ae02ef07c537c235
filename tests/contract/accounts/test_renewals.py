"""What takes the place of something that opens an account: in one step, once, alike in memory and in DynamoDB."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealmate.accounts.records import EmailChange, Method, PendingTotp, SecondFactor
from tests.contract.accounts.conftest import Stores
from tests.contract.accounts.test_stores import (
    NEW,
    NOW,
    OTHER,
    SESSION,
    SIGN_UP,
    proved,
    second_account,
    wins,
    with_account,
    with_login,
)

ME = "account-1"
PENDING = PendingTotp(account_id=ME, session_id="session-1", totp_sealed=b"new totp", expires_at=NOW + 600)


def macs(name: str) -> list[bytes]:
    return [f"{name}{n}".encode() for n in range(10)]


def opens(stores: Stores, mac: bytes) -> bool:
    """Whether this backup code signs in."""
    login = with_login(stores, f"by {mac!r}")
    return stores.accounts.admit(OTHER, login=login, factor=SecondFactor(backup_mac=mac))


def test_new_codes_take_the_place_of_the_old(stores: Stores) -> None:
    with_account(stores)
    assert stores.renewals.backup_codes_left(ME) == len(NEW.backup_macs)
    for name in ("x", "y"):
        assert stores.renewals.backup_codes(SESSION, macs=macs(name))
        assert stores.renewals.backup_codes_left(ME) == 10
    assert not any(opens(stores, mac) for mac in (*NEW.backup_macs, *macs("x")))
    assert opens(stores, macs("y")[0])
    assert stores.renewals.backup_codes_left(ME) == 9


def test_of_parallel_renewals_ten_codes_are_left(stores: Stores) -> None:
    with_account(stores)
    assert wins(lambda n: stores.renewals.backup_codes(SESSION, macs=macs(f"{n}/"))) >= 1
    assert stores.renewals.backup_codes_left(ME) == 10


def test_an_ended_session_renews_nothing(stores: Stores) -> None:
    with_account(stores)
    assert not stores.renewals.backup_codes(OTHER, macs=macs("x"))
    assert stores.renewals.backup_codes_left(ME) == len(NEW.backup_macs)
    stores.renewals.put_totp(PENDING)
    assert not stores.renewals.totp(OTHER, pending=PENDING, step=101, old=b"totp")
    assert stores.renewals.pending_totp(ME) == PENDING
    assert stores.accounts.get(ME) == NEW.account


def test_a_new_authenticator_takes_the_place_of_the_old(stores: Stores) -> None:
    with_account(stores)
    assert stores.renewals.pending_totp(ME) is None
    stores.renewals.put_totp(replace(PENDING, totp_sealed=b"earlier"))
    stores.renewals.put_totp(PENDING)
    assert stores.renewals.pending_totp(ME) == PENDING
    assert wins(lambda _: stores.renewals.totp(SESSION, pending=PENDING, step=101, old=b"totp")) == 1
    assert stores.renewals.pending_totp(ME) is None
    assert stores.accounts.get(ME) == replace(NEW.account, totp_sealed=b"new totp", totp_step=101)


@pytest.mark.parametrize("stale", ["pending", "old"])
def test_an_authenticator_that_moved_on_is_not_replaced(stores: Stores, stale: str) -> None:
    with_account(stores)
    stores.renewals.put_totp(PENDING)
    pending = replace(PENDING, totp_sealed=b"earlier") if stale == "pending" else PENDING
    old = b"before" if stale == "old" else b"totp"
    assert not stores.renewals.totp(SESSION, pending=pending, step=101, old=old)
    assert not stores.renewals.totp(SESSION, pending=pending, step=101, old=b"")
    assert stores.accounts.get(ME) == NEW.account
    assert stores.renewals.pending_totp(ME) == PENDING


def test_a_code_of_the_authenticator_before_counts_no_longer(stores: Stores) -> None:
    """It was looked at before the change, and its step is later than the new one's."""
    with_account(stores)
    late = SecondFactor(totp_step=102, totp_sealed=b"totp")
    stores.renewals.put_totp(PENDING)
    assert stores.renewals.totp(SESSION, pending=PENDING, step=101, old=b"totp")
    now = replace(NEW.account, totp_sealed=b"new totp", totp_step=101)
    assert not stores.accounts.admit(OTHER, login=with_login(stores), factor=late)
    assert not stores.accounts.prove(SESSION, factor=late, until=NOW + 300)
    assert not stores.accounts.shred(now, factor=late, now=NOW, erasure_id="erasure-1")
    assert stores.accounts.get(ME) == now
    assert stores.accounts.prove(SESSION, factor=replace(late, totp_sealed=b"new totp"), until=NOW + 300)


# --- password and recovery key ---

NEW_PASSWORD = replace(NEW.methods[0], method_id="m9", auth_mac=b"mac9", secret=b"s9", salt=b"salt9")


def kept(stores: Stores) -> list[Method]:
    return sorted(stores.accounts.methods(ME), key=lambda method: method.method_id)


def test_a_new_password_takes_the_place_of_the_old_and_ends_other_sessions(stores: Stores) -> None:
    with_account(stores)
    old, recovery = NEW.methods
    assert opens(stores, NEW.backup_macs[0])
    assert len(stores.sessions.of_account(ME)) == 2
    assert stores.renewals.method(SESSION, old=old, new=NEW_PASSWORD, epoch=1, sequence=None)
    assert kept(stores) == sorted([recovery, NEW_PASSWORD], key=lambda method: method.method_id)
    assert stores.sessions.of_account(ME) == [SESSION]


def test_of_parallel_changes_one_wins(stores: Stores) -> None:
    with_account(stores)
    old, recovery = NEW.methods

    def change(n: int) -> bool:
        new = replace(NEW_PASSWORD, method_id=f"new-{n}", auth_mac=f"mac {n}".encode())
        return stores.renewals.method(SESSION, old=old, new=new, epoch=1, sequence=None)

    assert wins(change) == 1
    assert len(kept(stores)) == 2
    assert recovery in kept(stores)


def test_of_parallel_first_passwords_one_is_kept(stores: Stores) -> None:
    """An account that had none so far."""
    assert stores.accounts.create(replace(NEW, methods=NEW.methods[1:]), sign_up=proved(stores))

    def add(n: int) -> bool:
        new = replace(NEW_PASSWORD, method_id=f"new-{n}", auth_mac=f"mac {n}".encode())
        return stores.renewals.method(SESSION, old=None, new=new, epoch=1, sequence=None)

    assert wins(add) == 1
    assert [method.kind for method in kept(stores)].count("password") == 1


def test_nothing_is_replaced_that_is_not_as_it_was(stores: Stores) -> None:
    with_account(stores)
    old = NEW.methods[0]
    change = stores.renewals.method
    assert not change(SESSION, old=replace(old, method_id="m8"), new=NEW_PASSWORD, epoch=1, sequence=None)
    assert not change(SESSION, old=None, new=NEW_PASSWORD, epoch=1, sequence=None)
    assert not change(SESSION, old=old, new=NEW_PASSWORD, epoch=2, sequence=None)
    assert not change(OTHER, old=old, new=NEW_PASSWORD, epoch=1, sequence=None)
    assert kept(stores) == sorted(NEW.methods, key=lambda method: method.method_id)
    assert stores.sessions.of_account(ME) == [SESSION]


# --- the address ---

CHANGE = EmailChange(
    account_id=ME,
    session_id="session-1",
    change_id="change-1",
    email_key="e9",
    email_sealed=b"sealed9",
    new_mac=b"new",
    old_mac=b"old",
    expires_at=NOW + 1800,
)


def test_tries_of_a_change_are_counted_up_to_the_limit_and_the_end(stores: Stores) -> None:
    count = stores.renewals.count_email_try
    assert count(ME, limit=2, now=NOW) is None
    stores.renewals.put_email(CHANGE)
    assert count(ME, limit=2, now=NOW + 1800) is None
    assert count(ME, limit=2, now=NOW) == replace(CHANGE, tries=1)
    assert wins(lambda _: count(ME, limit=2, now=NOW) is not None) == 1
    stores.renewals.put_email(replace(CHANGE, change_id="change-2"))
    assert count(ME, limit=2, now=NOW) == replace(CHANGE, change_id="change-2", tries=1)


def test_an_account_moves_to_its_new_address_once(stores: Stores) -> None:
    with_account(stores)
    stores.renewals.put_email(CHANGE)
    assert wins(lambda _: stores.renewals.email(SESSION, change=CHANGE, old_key="e1")) == 1
    assert (stores.accounts.id_of("e1"), stores.accounts.id_of("e9")) == (None, ME)
    assert stores.accounts.get(ME) == replace(NEW.account, email_key="e9", email_sealed=b"sealed9")
    assert stores.renewals.count_email_try(ME, limit=5, now=NOW) is None


def test_nothing_moves_that_is_not_as_it_was(stores: Stores) -> None:
    with_account(stores)
    stores.renewals.put_email(CHANGE)
    move = stores.renewals.email
    assert not move(SESSION, change=replace(CHANGE, change_id="change-0"), old_key="e1")
    assert not move(SESSION, change=CHANGE, old_key="e2")
    assert not move(OTHER, change=CHANGE, old_key="e1")
    other = second_account()
    sign_up = proved(stores, replace(SIGN_UP, signup_id="signup-2", account_id="account-2"))
    assert stores.accounts.create(replace(other, account=replace(other.account, email_key="e9")), sign_up=sign_up)
    assert not move(SESSION, change=CHANGE, old_key="e1")
    assert stores.accounts.get(ME) == NEW.account
    assert (stores.accounts.id_of("e1"), stores.accounts.id_of("e9")) == (ME, "account-2")
