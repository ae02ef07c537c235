"""Resets: begun once, mailed once, and ended by whoever is first, alike in memory and in DynamoDB."""

from __future__ import annotations

from dataclasses import replace

from sealmate.accounts.records import SecondFactor
from sealmate.accounts.resets import ResetRequest, begun
from tests.contract.accounts.conftest import Stores
from tests.contract.accounts.test_methods import PASSKEY, USE
from tests.contract.accounts.test_stores import NOW, OTHER, wins, with_account, with_login

ME = "account-1"
RESET = begun(ME, "reset-1", now=NOW, waiting=700)
REQUEST = ResetRequest(request_id="request-1", account_id=ME, code_mac=b"mac", expires_at=NOW + 100)
NOTHING = SecondFactor()


def shred(stores: Stores, **by: object) -> bool:
    account = stores.accounts.get(ME)
    assert account is not None
    return stores.accounts.shred(account, factor=NOTHING, now=NOW, erasure_id="erasure-1", **by)  # type: ignore[arg-type]


def test_a_request_is_counted_until_it_ends(stores: Stores) -> None:
    assert stores.resets.count_try("request-1", limit=5, now=NOW) is None
    stores.resets.put_request(REQUEST)
    assert stores.resets.count_try("request-1", limit=5, now=NOW + 100) is None
    assert stores.resets.count_try("request-1", limit=5, now=NOW) == replace(REQUEST, tries=1)
    assert wins(lambda _: stores.resets.count_try("request-1", limit=5, now=NOW) is not None) == 4


def test_an_account_has_one_reset(stores: Stores) -> None:
    assert not stores.resets.start(RESET), "no account, no reset"
    with_account(stores)
    assert stores.resets.get(ME) is None
    assert wins(lambda n: stores.resets.start(replace(RESET, reset_id=f"reset-{n}"))) == 1
    found = stores.resets.get(ME)
    assert found is not None
    assert replace(found, reset_id="reset-1") == RESET


def test_a_mail_is_one_callers(stores: Stores) -> None:
    with_account(stores)
    stores.resets.start(RESET)
    assert wins(lambda _: stores.resets.claim(RESET, until=NOW + 600)) == 1
    claimed = stores.resets.get(ME)
    assert claimed == replace(RESET, due_at=NOW + 600)
    mailed = RESET.after_mail(sent_at=NOW, waiting=700)
    assert wins(lambda _: stores.resets.note(RESET, mailed=mailed)) == 1
    assert stores.resets.get(ME) == mailed


def test_what_is_due_is_found_the_longest_waiting_first(stores: Stores) -> None:
    with_account(stores)
    assert stores.resets.due(before=NOW, limit=10) == []
    stores.resets.start(RESET)
    assert stores.resets.due(before=NOW - 1, limit=10) == []
    assert stores.resets.due(before=NOW, limit=10) == [ME]
    stores.resets.claim(RESET, until=NOW + 600)
    assert stores.resets.due(before=NOW + 599, limit=10) == []
    assert stores.resets.due(before=NOW + 600, limit=10) == [ME]
    stores.resets.stop(RESET)
    assert stores.resets.due(before=NOW + 600, limit=10) == []


def test_it_is_stopped_once_and_no_other_in_its_place(stores: Stores) -> None:
    with_account(stores)
    stores.resets.start(RESET)
    assert wins(lambda _: stores.resets.stop(RESET)) == 1
    assert not stores.resets.note(RESET, mailed=RESET.after_mail(sent_at=NOW, waiting=700))
    assert not stores.resets.claim(RESET, until=NOW + 600)
    assert stores.resets.get(ME) is None
    other = replace(RESET, reset_id="reset-2")
    stores.resets.start(other)
    assert not stores.resets.stop(RESET)
    assert stores.resets.get(ME) == other


def test_a_sign_in_ends_it_whichever_way(stores: Stores) -> None:
    with_account(stores)
    stores.resets.start(RESET)
    assert not stores.accounts.admit(OTHER, login=with_login(stores), factor=SecondFactor(backup_mac=b"unknown"))
    assert stores.resets.get(ME) == RESET
    assert stores.accounts.admit(OTHER, login=with_login(stores), factor=SecondFactor(backup_mac=b"b1"))
    assert stores.resets.get(ME) is None


def test_a_passkey_ends_it_too(stores: Stores) -> None:
    with_account(stores)
    assert stores.methods.add(ME, PASSKEY, epoch=1, sequence=None)
    stores.resets.start(RESET)
    assert stores.methods.admit(OTHER, use=USE, login=None)
    assert stores.resets.get(ME) is None


def test_an_account_ends_by_the_reset_that_was_read_and_no_other(stores: Stores) -> None:
    with_account(stores)
    assert not shred(stores, reset=RESET)
    stores.resets.start(RESET)
    mailed = RESET.after_mail(sent_at=NOW, waiting=700)
    assert not shred(stores, reset=mailed)
    assert not shred(stores, reset=replace(RESET, reset_id="reset-0"))
    assert stores.accounts.get(ME) is not None
    stores.resets.note(RESET, mailed=mailed)
    assert shred(stores, reset=mailed)
    assert stores.accounts.get(ME) is None
    assert stores.resets.get(ME) is None


def test_of_stopping_and_ending_one_happens(stores: Stores) -> None:
    with_account(stores)
    stores.resets.start(RESET)
    account = stores.accounts.get(ME)
    assert account is not None
    ways = [
        lambda: stores.resets.stop(RESET),
        lambda: stores.accounts.shred(account, factor=NOTHING, now=NOW, erasure_id="erasure-1", reset=RESET),
    ]
    assert wins(lambda n: ways[n % 2]()) == 1
    assert stores.resets.get(ME) is None


def test_its_owners_own_end_takes_it_along(stores: Stores) -> None:
    with_account(stores)
    stores.resets.start(RESET)
    assert shred(stores)
    assert stores.resets.get(ME) is None
    assert not stores.resets.start(RESET)
