"""Securing an account, in memory and in DynamoDB alike: one transaction, and chats that go on with the key staged for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sealmate import errors
from sealmate.accounts.notices import Notices
from sealmate.accounts.rotation import Secure
from sealmate.accounts.securing import Securing
from sealmate.seal.data_keys import DataKeySeal
from sealmate.turns.ports import NewTurn, Turn
from sealmate_cli import crypto
from tests.contract.accounts.conftest import Stores
from tests.contract.accounts.test_rotations import CHATS, World
from tests.fakes.app_devices import make_app, open_settings
from tests.fakes.clock import START, FakeRandom
from tests.fakes.keys import FakeKeyService
from tests.fakes.mail import FakeMailer
from tests.fakes.turning import ACCOUNT, run


@pytest.fixture
def world(stores: Stores) -> World:
    return World(stores)


def securing(world: World) -> Securing:
    return Securing(
        clock=world.clock,
        random=FakeRandom("codes"),
        keys=FakeKeyService(),
        rotating=world.rotating,
        store=world.stores.securing,
        devices=world.stores.devices,
        notices=Notices(seal=DataKeySeal(keys=FakeKeyService(), random=FakeRandom()), mailer=FakeMailer()),
    )


def test_everything_is_replaced_at_once(world: World) -> None:
    device, stores = world.device, world.stores
    device.name_methods()
    run(device.turn())
    before = {method.method_id for method in stores.accounts.methods(ACCOUNT)}
    opened = device.open_all()
    assert run(device.secure(securing(world)))[-1] == "flip"
    account = stores.accounts.get(ACCOUNT)
    assert account is not None
    assert (account.statement.epoch, account.manifest_sequence) == (3, 3)
    assert not {method.method_id for method in stores.accounts.methods(ACCOUNT)} & before
    assert stores.accounts.links(ACCOUNT) == []
    assert stores.renewals.backup_codes_left(ACCOUNT) == 10
    assert [each.session_id for each in stores.sessions.of_account(ACCOUNT)] == [device.session.session_id]
    assert stores.rotations.lease(ACCOUNT) is None
    assert device.open_all() == opened


def test_a_method_changed_meanwhile_keeps_all_as_it_was(world: World) -> None:
    device, stores = world.device, world.stores
    steps = iter(device.secure(securing(world)))
    for _ in range(4):
        next(steps)
    gone, *kept = stores.accounts.methods(ACCOUNT)
    device.name_methods()
    with pytest.raises((errors.KeysChanged, errors.ManifestConflict)):
        list(steps)
    account = stores.accounts.get(ACCOUNT)
    assert account is not None
    assert account.statement.epoch == 1
    assert [gone, *kept] == stores.accounts.methods(ACCOUNT)


def test_an_apps_settings_go_on_under_another_key_as_they_were_changed_last(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, apps = world.device, world.stores.apps
    begun = make_app(device.keys, b"k" * 32, b"first")
    assert apps.begin(ACCOUNT, begun, epoch=1)
    later = make_app(device.keys, b"k" * 32, b"later", revision=2)
    with changed_meanwhile(world, monkeypatch, later.settings):
        assert run(device.secure(securing(world)))[-2:] == ["again", "flip"]
    app = apps.app(ACCOUNT, "web")
    assert app is not None
    assert (app.revision, open_settings(app, device.keys)) == (3, b"later")
    (wrapped,) = device.wrapped().apps
    assert crypto.open_app_key(wrapped, device.keys) != b"k" * 32
    assert not apps.change(ACCOUNT, "web", later.settings, seen=2)


@contextmanager
def changed_meanwhile(world: World, monkeypatch: pytest.MonkeyPatch, settings: bytes) -> Iterator[None]:
    """As if another device's settings arrived right before the first transaction that secures."""
    secure, apps = world.stores.securing.secure, world.stores.apps

    def secure_late(new: Secure, *, now: int) -> bool:
        apps.change(ACCOUNT, "web", settings, seen=1)
        return secure(new, now=now)

    with monkeypatch.context() as patch:
        patch.setattr(world.stores.securing, "secure", secure_late)
        yield


@contextmanager
def untidied(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if securing had broken off right after its transaction."""
    with monkeypatch.context() as patch:
        patch.setattr(type(world.stores.rotations), "tidy", lambda *_, **__: 0)
        yield


def test_a_chat_goes_on_with_the_newest_key_though_it_was_not_tidied(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, stores = world.device, world.stores
    with untidied(world, monkeypatch):
        run(device.secure(securing(world)))
    chat = stores.chats.chat(ACCOUNT, CHATS[0])
    assert (chat.generation, set(chat.staged)) == (1, {1, 2})
    assert stores.turns.begin(_message(CHATS[0], generation=2))
    chat = stores.chats.chat(ACCOUNT, CHATS[0])
    assert (chat.generation, set(chat.keys), chat.staged) == (2, {1, 2}, {})
    with pytest.raises(errors.WrongEpoch):
        stores.turns.begin(_message(CHATS[0], generation=1))


def test_what_is_only_staged_is_not_written_with(world: World) -> None:
    steps = iter(world.device.secure(securing(world)))
    for _ in range(4):
        next(steps)
    with pytest.raises(errors.WrongEpoch):
        world.stores.turns.begin(_message(CHATS[0], generation=2))
    assert world.stores.chats.chat(ACCOUNT, CHATS[0]).generation == 1


def _message(chat_id: str, *, generation: int) -> NewTurn:
    turn = Turn(
        account_id=ACCOUNT,
        turn_id=f"01976f6e-0000-7000-8000-{generation:012d}",
        chat_id=chat_id,
        status="asked",
        created_at=START,
        connection_id="connection",
        characters=5,
    )
    return NewTurn(
        turn=turn,
        generation=generation,
        record=b"record",
        parent=None,
        sealed_message=b"message",
        chat_key=None,
        key_epoch=None,
    )
