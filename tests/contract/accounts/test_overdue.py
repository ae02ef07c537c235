"""Whose key waits to be turned: found by time, moved on once, and begun anew by a rotation; alike in memory and in DynamoDB."""

from __future__ import annotations

from dataclasses import replace

from sealmate.accounts.overdue import Overdue
from sealmate.accounts.records import SecondFactor
from tests.contract.accounts.conftest import Stores
from tests.contract.accounts.test_rotations import World
from tests.contract.accounts.test_stores import NOW, wins, with_account
from tests.fakes.turning import ACCOUNT, run

ME = Overdue(account_id="account-1", step="rotation", at=NOW)


def test_a_new_account_waits_from_its_beginning(stores: Stores) -> None:
    with_account(stores)
    assert stores.overdue.waiting("rotation", before=NOW - 1, limit=10) == []
    assert stores.overdue.waiting("rotation", before=NOW, limit=10) == [ME]
    assert stores.overdue.waiting("reminder", before=NOW, limit=10) == []


def test_it_is_moved_once_from_where_it_is(stores: Stores) -> None:
    with_account(stores)
    marked = replace(ME, step="reminder")
    assert wins(lambda _: stores.overdue.move(ME, to=marked)) == 1
    assert stores.overdue.waiting("rotation", before=NOW, limit=10) == []
    assert stores.overdue.waiting("reminder", before=NOW, limit=10) == [marked]
    assert not stores.overdue.move(replace(marked, at=NOW + 1), to=None)
    assert stores.overdue.move(marked, to=None)
    assert stores.overdue.waiting("reminder", before=NOW, limit=10) == []
    assert not stores.overdue.move(marked, to=ME)


def test_an_account_that_ended_waits_for_nothing(stores: Stores) -> None:
    with_account(stores)
    account = stores.accounts.get("account-1")
    assert account is not None
    assert stores.accounts.shred(account, factor=SecondFactor(), now=NOW, erasure_id="erasure-1")
    assert stores.overdue.waiting("rotation", before=NOW, limit=10) == []
    assert not stores.overdue.move(ME, to=replace(ME, step="reminder"))
    assert stores.accounts.get("account-1") is None


def test_a_turned_key_is_waited_for_anew(stores: Stores) -> None:
    world = World(stores)
    (first,) = stores.overdue.waiting("rotation", before=world.clock.now(), limit=10)
    assert stores.overdue.move(first, to=replace(first, step="reminder"))
    world.clock.advance(5000)
    run(world.device.turn())
    assert stores.overdue.waiting("reminder", before=world.clock.now(), limit=10) == []
    again = Overdue(account_id=ACCOUNT, step="rotation", at=world.clock.now())
    assert stores.overdue.waiting("rotation", before=world.clock.now(), limit=10) == [again]
