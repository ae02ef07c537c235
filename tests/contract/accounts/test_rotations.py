"""Rotations, in memory and in DynamoDB alike: who may write when, and what one transaction turns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealmate import errors
from sealmate.accounts.account import OwnAccount
from sealmate.accounts.records import App, Device, Manifest, SecondFactor, Session
from sealmate.accounts.rotating import Rotating
from sealmate.accounts.rotation import Lease, StagedMethod
from sealmate.accounts.sessions import Sessions
from sealmate.seal.data_keys import DataKeySeal
from sealmate_cli import crypto
from tests.contract.accounts.conftest import Stores
from tests.contract.accounts.test_methods import TOKEN
from tests.contract.accounts.test_stores import LOGIN, NEW, proved, wins
from tests.fakes.app_devices import make_app
from tests.fakes.chats import FakeChats
from tests.fakes.clock import START, FakeClock, FakeRandom
from tests.fakes.connections import FakeConnections
from tests.fakes.keys import FakeKeyService
from tests.fakes.push import FakePush
from tests.fakes.turning import ACCOUNT, Turning, account, run

LEASE = Lease(account_id=ACCOUNT, lease_id="lease-1", epoch=1, session_id="session-1", expires_at=START + 600)
OTHER = replace(LEASE, lease_id="lease-2", session_id="session-2")
CHATS = [f"22222222-0000-4000-8000-{number:012d}" for number in range(4)]
STAGED = {1: b"staged"}


class World:
    """An account with three chats, over the stores at hand."""

    def __init__(self, stores: Stores) -> None:
        self.stores, self.clock, random = stores, FakeClock(), FakeRandom()
        self.sessions = Sessions(
            clock=self.clock,
            random=random,
            keys=FakeKeyService,
            store=stores.sessions,
            connections=FakeConnections,
            push=FakePush,
            origins=(),
        )
        self.rotating = Rotating(
            clock=self.clock,
            random=random,
            accounts=stores.accounts,
            rotations=stores.rotations,
            sessions=self.sessions,
            every=1000,
        )
        self.own = OwnAccount(
            clock=self.clock,
            seal=DataKeySeal(keys=FakeKeyService(), random=random),
            accounts=stores.accounts,
            wallets=stores.wallets,
            sessions=self.sessions,
            renewals=stores.renewals,
            resets=stores.resets,
            rotate_every=1000,
        )
        made, methods = account()
        session = self.sessions.make(account_id=ACCOUNT, device=Device(key="laptop", name="laptop")).session
        new = replace(NEW, account=made, methods=tuple(methods), session=session)
        assert stores.accounts.create(new, sign_up=proved(stores))
        if isinstance(stores.chats, FakeChats):
            stores.chats._tables.open_account(ACCOUNT, credits_=0)
        self.device = self.device_of(session)
        for chat_id in CHATS[:3]:
            self.device.begin_chat(chat_id, at=START)

    def device_of(self, session: Session) -> Turning:
        return Turning(rotating=self.rotating, own=self.own, chats=self.stores.chats, session=session)

    def chat(self, chat_id: str) -> tuple[dict[int, bytes], dict[int, bytes]]:
        chat = self.stores.chats.chat(ACCOUNT, chat_id)
        return chat.keys, chat.staged


@pytest.fixture
def world(stores: Stores) -> World:
    return World(stores)


def test_one_of_several_devices_gets_the_lease(world: World) -> None:
    rotations = world.stores.rotations
    leases = [replace(LEASE, lease_id=f"lease-{n}", session_id=f"session-{n}") for n in range(6)]
    assert wins(lambda n: rotations.take(leases[n], now=START)) == 1
    assert rotations.lease(ACCOUNT) in leases


def test_a_lease_that_lives_is_its_sessions_alone(world: World) -> None:
    rotations = world.stores.rotations
    assert rotations.take(LEASE, now=START)
    assert not rotations.take(OTHER, now=START + 599)
    again = replace(LEASE, lease_id="lease-3")
    assert rotations.take(again, now=START)
    assert rotations.lease(ACCOUNT) == again
    assert rotations.take(OTHER, now=START + 600)


def test_only_a_lease_that_lives_stages_and_extends(world: World) -> None:
    rotations, method = world.stores.rotations, {"m": StagedMethod(master=b"master", public=b"public")}
    assert rotations.take(LEASE, now=START)
    for lease, now in ((OTHER, START), (LEASE, START + 600)):
        assert not rotations.stage_chats(lease, {CHATS[0]: STAGED}, now=now)
        assert not rotations.stage_account(lease, method, b"signing", apps={"web": b"key"}, now=now)
        assert not rotations.extend(lease, expires_at=START + 999, now=now)
    assert world.chat(CHATS[0])[1] == {}
    assert rotations.stage_account(LEASE, method, b"signing", apps={"web": b"key"}, now=START)
    assert rotations.extend(LEASE, expires_at=START + 700, now=START)
    assert rotations.lease(ACCOUNT) == replace(
        LEASE, methods=method, apps={"web": b"key"}, signing=b"signing", expires_at=START + 700
    )


def test_what_is_staged_stands_beside_what_is_and_a_chat_that_is_gone_gets_none(world: World) -> None:
    rotations = world.stores.rotations
    before, _ = world.chat(CHATS[0])
    world.stores.chats.delete(ACCOUNT, CHATS[1], at=START)
    assert rotations.take(LEASE, now=START)
    assert rotations.stage_chats(LEASE, {CHATS[0]: STAGED, CHATS[1]: STAGED, CHATS[3]: STAGED}, now=START)
    assert world.chat(CHATS[0]) == (before, STAGED)
    assert world.chat(CHATS[1]) == ({}, {})
    found, cursor = rotations.chats(ACCOUNT, cursor=None, limit=10)
    assert cursor is None
    assert [(chat.chat_id, chat.lease_id, chat.staged_epoch) for chat in found] == [
        (CHATS[0], "lease-1", 2),
        (CHATS[2], "", 0),
    ]


def test_all_chats_are_read_by_pages(world: World) -> None:
    seen, cursor = [], None
    while True:
        page, cursor = world.stores.rotations.chats(ACCOUNT, cursor=cursor, limit=1)
        seen += [chat.chat_id for chat in page]
        if cursor is None:
            break
    assert seen == CHATS[:3]


def test_the_ring_counts_chats_that_are_begun(world: World) -> None:
    assert world.stores.rotations.ring(ACCOUNT) == 3
    assert world.stores.rotations.ring("account-9") == 0
    with pytest.raises(errors.WrongEpoch):
        replace(world.device, keys=replace(world.device.keys, epoch=2)).begin_chat(CHATS[3])
    assert world.stores.rotations.ring(ACCOUNT) == 3


def test_rotations_one_after_another_leave_every_chat_its_key(world: World) -> None:
    before, away = world.device.open_all(), replace(world.device)
    for epoch in (2, 3, 4):
        assert run(world.device.turn())[-2:] == ["flip", "acknowledged"]
        assert world.device.keys.epoch == epoch
        assert world.device.open_all() == before
        assert world.stores.rotations.lease(ACCOUNT) is None
    newcomer = replace(away)
    newcomer.sign_in()
    assert newcomer.open_all() == before
    links = world.stores.accounts.links(ACCOUNT)
    assert [link.statement.epoch for link in links] == [2, 3, 4]
    assert all(link.forward and link.device for link in links)
    assert world.stores.rotations.acknowledge(ACCOUNT, 5, "session-9") is None


def test_an_account_may_bring_its_first_manifest(stores: Stores) -> None:
    made, methods = account()
    first = Manifest(sequence=1, epoch=1, previous=b"", methods=(("m1", bytes(32)),), signature=bytes(64))
    new = replace(NEW, account=replace(made, manifest=first), methods=tuple(methods))
    assert stores.accounts.create(new, sign_up=proved(stores))
    stored = stores.accounts.get(ACCOUNT)
    assert stored is not None
    assert stored.manifest == first
    assert not stores.rotations.put_manifest(made, replace(first, sequence=2))
    assert stores.rotations.put_manifest(stored, replace(first, sequence=2))


def _begin_app(world: World, *, epoch: int = 1, key: bytes = bytes(32)) -> tuple[bool, App]:
    """Whether it has begun, and as what."""
    app = make_app(world.device.keys, key)
    return world.stores.apps.begin(ACCOUNT, app, epoch=epoch), app


def test_an_app_begins_once_and_under_the_present_key(world: World) -> None:
    assert world.stores.apps.app(ACCOUNT, "web") is None
    assert not _begin_app(world, epoch=2)[0]
    begun, app = _begin_app(world)
    assert begun
    assert not _begin_app(world)[0]
    assert world.stores.apps.app(ACCOUNT, "web") == app
    assert world.stores.accounts.apps(ACCOUNT) == [app]


def test_an_app_begins_anew_in_the_place_of_what_was_seen(world: World) -> None:
    assert _begin_app(world)[0]
    anew = make_app(world.device.keys, b"n" * 32, revision=2)
    assert not world.stores.apps.begin(ACCOUNT, anew, epoch=2)
    assert not world.stores.apps.begin(ACCOUNT, replace(anew, revision=3), epoch=1)
    assert wins(lambda _: world.stores.apps.begin(ACCOUNT, anew, epoch=1)) == 1
    assert world.stores.apps.app(ACCOUNT, "web") == anew
    assert not world.stores.apps.change(ACCOUNT, "web", b"more", seen=1)


def test_of_settings_changed_at_once_one_change_wins(world: World) -> None:
    assert not world.stores.apps.change(ACCOUNT, "web", b"more", seen=0)
    assert _begin_app(world)[0]
    assert wins(lambda n: world.stores.apps.change(ACCOUNT, "web", f"more {n}".encode(), seen=1)) == 1
    app = world.stores.apps.app(ACCOUNT, "web")
    assert app is not None
    assert app.revision == 2
    assert app.settings.startswith(b"more")


def test_an_apps_key_turns_with_the_accounts(world: World) -> None:
    assert _begin_app(world, key=b"k" * 32)[0]
    assert world.stores.apps.change(ACCOUNT, "web", b"later", seen=1)
    for _ in range(2):
        assert run(world.device.turn())[-2:] == ["flip", "acknowledged"]
    (wrapped,) = world.device.wrapped().apps
    assert crypto.open_app_key(wrapped, world.device.keys) == b"k" * 32
    app = world.stores.apps.app(ACCOUNT, "web")
    assert app is not None
    assert (app.settings, app.revision) == (b"later", 2)


def test_an_app_whose_key_nobody_can_open_keeps_none_from_turning(world: World) -> None:
    foreign = replace(world.device.keys, master_key=bytes(32))
    assert world.stores.apps.begin(ACCOUNT, make_app(foreign, b"k" * 32), epoch=1)
    assert run(world.device.turn())[-2:] == ["flip", "acknowledged"]
    (wrapped,) = world.device.wrapped().apps
    assert crypto.open_app_key(wrapped, world.device.keys) != b"k" * 32


def test_an_app_that_begins_after_staging_stops_the_flip(world: World) -> None:
    steps = iter(world.device.turn())
    while next(steps) != "account":
        pass
    begun, app = _begin_app(world)
    assert begun
    with pytest.raises((errors.KeysChanged, errors.ManifestConflict)):
        list(steps)
    assert world.stores.apps.app(ACCOUNT, "web") == app


def test_a_shredded_account_has_no_app(world: World) -> None:
    assert _begin_app(world)[0]
    found = world.stores.accounts.get(ACCOUNT)
    assert found is not None
    assert world.stores.accounts.shred(found, factor=SecondFactor(totp_step=9), now=START, erasure_id="erasure-1")
    assert world.stores.apps.app(ACCOUNT, "web") is None
    assert not world.stores.apps.change(ACCOUNT, "web", b"more", seen=1)


def test_a_link_keeps_what_the_methods_had(world: World) -> None:
    methods = world.stores.accounts.methods(ACCOUNT)
    run(world.device.turn())
    (link,) = world.stores.accounts.links(ACCOUNT)
    had = {(method.method_id, method.master, method.public) for method in methods}
    assert {(each.method_id, each.master, each.public) for each in link.former} == had
    now = {(method.method_id, method.master, method.public) for method in world.stores.accounts.methods(ACCOUNT)}
    assert now.isdisjoint(had)


def test_a_security_key_that_unlocks_nothing_is_left_as_it_is(world: World) -> None:
    assert world.stores.methods.add(ACCOUNT, TOKEN, epoch=1, sequence=None)
    before = world.device.open_all()
    assert run(world.device.turn())[-2:] == ["flip", "acknowledged"]
    assert world.device.open_all() == before
    assert TOKEN in world.stores.accounts.methods(ACCOUNT)


def test_a_device_that_has_not_followed_keeps_the_wraps_it_needs(world: World) -> None:
    before = world.device.open_all()
    other_session = world.sessions.make(account_id=ACCOUNT, device=Device(key="phone", name="phone")).session
    _begin(world.stores, other_session)
    other = world.device_of(other_session)
    run(world.device.turn())
    (link,) = world.stores.accounts.links(ACCOUNT)
    assert link.acknowledged == {world.device.session.session_id}
    run(world.device.turn())
    other.catch_up()
    assert other.keys == world.device.keys
    assert other.open_all() == before
    other.acknowledge()
    assert all(world.chat(chat_id)[1] == {} for chat_id in CHATS[:3])


@pytest.mark.parametrize("change", ["chat", "manifest", "method", "lease"])
def test_the_flip_is_refused_if_anything_changed_meanwhile(world: World, change: str) -> None:
    stores, device = world.stores, world.device
    steps = iter(device.turn())
    while next(steps) != "account":
        pass
    wrapped, lease = device.wrapped(), stores.rotations.lease(ACCOUNT)
    assert lease is not None
    if change == "chat":
        replace(device).begin_chat(CHATS[3], at=START)
    elif change == "manifest":
        device.name_methods()
    elif change == "method":
        stores.methods.add(
            ACCOUNT,
            replace(stores.accounts.methods(ACCOUNT)[0], method_id="33333333-0000-4000-8000-00000000000a"),
            epoch=1,
            sequence=None,
        )
    else:
        stores.rotations.take(replace(lease, lease_id="lease-9"), now=START)
    if change == "chat":
        assert "again" in list(steps)
        assert device.keys.epoch == 2
        return
    with pytest.raises((errors.KeysChanged, errors.LeaseOver, errors.ManifestConflict)):
        list(steps)
    assert device.wrapped().epoch == wrapped.epoch == 1


def test_what_unlocks_comes_only_under_the_manifest_that_was_looked_at(world: World) -> None:
    stores, session = world.stores, world.device.session
    passkey = replace(TOKEN, secret=b"s", master=b"k", public=b"p")
    password = next(method for method in stores.accounts.methods(ACCOUNT) if method.kind == "password")
    new = replace(password, method_id="m9", auth_mac=b"mac9")
    world.device.name_methods()
    for sequence in (None, 2):
        assert not stores.methods.add(ACCOUNT, passkey, epoch=1, sequence=sequence)
        assert not stores.renewals.method(session, old=password, new=new, epoch=1, sequence=sequence)
    assert len(stores.accounts.methods(ACCOUNT)) == 2
    assert stores.methods.add(ACCOUNT, passkey, epoch=1, sequence=1)
    assert stores.renewals.method(session, old=password, new=new, epoch=1, sequence=1)


@pytest.mark.parametrize("change", ["added", "replaced"])
def test_a_manifest_that_has_not_seen_a_change_of_the_ways_in_is_refused(world: World, change: str) -> None:
    stores = world.stores
    world.device.name_methods()
    before = stores.accounts.get(ACCOUNT)
    assert before is not None
    assert before.manifest is not None
    if change == "added":
        assert stores.methods.add(ACCOUNT, TOKEN, epoch=1, sequence=1)
    else:
        old = next(method for method in stores.accounts.methods(ACCOUNT) if method.kind == "password")
        new = replace(old, method_id="m9")
        assert stores.renewals.method(world.device.session, old=old, new=new, epoch=1, sequence=1)
    after = replace(before.manifest, sequence=2)
    assert not stores.rotations.put_manifest(before, after)
    now = stores.accounts.get(ACCOUNT)
    assert now is not None
    assert (now.manifest, now.ways_in) == (before.manifest, 1)
    assert stores.rotations.put_manifest(now, after)


def test_a_shredded_account_has_neither_lease_nor_link(world: World) -> None:
    run(world.device.turn())
    assert world.stores.rotations.take(replace(LEASE, epoch=2), now=START)
    found = world.stores.accounts.get(ACCOUNT)
    assert found is not None
    assert world.stores.accounts.shred(found, factor=SecondFactor(totp_step=9), now=START, erasure_id="erasure-1")
    assert world.stores.rotations.lease(ACCOUNT) is None
    assert world.stores.rotations.acknowledge(ACCOUNT, 2, "session-1") is None
    assert world.stores.accounts.links(ACCOUNT) == []


def _begin(stores: Stores, session: Session) -> None:
    login = replace(LOGIN, account_id=ACCOUNT, proved_by=stores.accounts.methods(ACCOUNT)[0].method_id)
    stores.logins.put(login)
    assert stores.accounts.admit(session, login=login, factor=SecondFactor(totp_step=5))
