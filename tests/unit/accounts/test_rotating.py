"""The master key turns whole or not at all: killed at every step, with others at work, and against requests that don't fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sealmate import errors
from sealmate.accounts.manifest_shapes import SignedManifest
from sealmate.accounts.records import Method
from sealmate.accounts.rotation_shapes import Stage, StagedChat, WrappedAnew
from sealmate_cli import crypto
from sealmate_cli.crypto import envelope
from sealmate_cli.crypto.keys import derive
from sealmate_cli.crypto.methods import places
from sealmate_cli.crypto.xwing import KeyPair
from sealmate_cli.wire.shape import to_wire
from tests.fakes.turning import ACCOUNT, Turning, made, run
from tests.unit.accounts.turning_world import TurningWorld, chat_id

STEPS = ["lease", "account", "chat", "chat", "chat", "flip", "acknowledged"]


@pytest.fixture
def world() -> TurningWorld:
    return TurningWorld()


@pytest.fixture
def device(world: TurningWorld) -> Turning:
    """One with three chats."""
    made = world.device()
    for number in range(3):
        made.begin_chat(chat_id(number))
    return made


def keys_of(device: Turning) -> dict[str, bytes]:
    device.catch_up()
    return device.open_all()


def test_a_rotation_leaves_every_chat_with_the_key_it_had(world: TurningWorld, device: Turning) -> None:
    before = keys_of(device)
    assert run(device.turn()) == STEPS
    assert world.epoch == device.keys.epoch == 2
    assert device.open_all() == before
    assert len(before) == 3


@pytest.mark.parametrize("last", range(len(STEPS)))
def test_killed_after_any_step_it_leaves_all_readable_and_another_device_turns_on(
    world: TurningWorld, device: Turning, last: int
) -> None:
    before, other = keys_of(device), world.device()
    steps = iter(device.turn())
    for _ in range(last + 1):
        next(steps)
    assert world.epoch == (2 if last >= STEPS.index("flip") else 1)
    assert keys_of(other) == before
    newcomer = world.device()
    newcomer.sign_in()
    assert newcomer.open_all() == before
    world.clock.advance(601)
    assert run(other.turn()) == STEPS
    for each in (device, other, newcomer):
        assert keys_of(each) == before


def test_while_one_turns_another_is_told_how_long_to_wait(world: TurningWorld, device: Turning) -> None:
    run(device.turn(), until=lambda step: step == "lease")
    world.clock.advance(100)
    with pytest.raises(errors.RotationUnderWay) as refused:
        run(world.device().turn())
    assert refused.value.details == {"retry_after": 500}


def test_a_second_page_of_one_browser_ends_what_the_first_was_doing(world: TurningWorld, device: Turning) -> None:
    first = iter(device.turn())
    next(first)
    other_page = replace(device)
    assert run(other_page.turn()) == STEPS
    with pytest.raises(errors.LeaseOver):
        next(first)
    assert world.epoch == 2
    assert len(keys_of(device)) == 3


def test_a_chat_begun_after_staging_is_staged_before_the_key_turns(world: TurningWorld, device: Turning) -> None:
    other, done = world.device(), []
    for step in device.turn():
        done.append(step)
        if done == STEPS[:5]:
            other.begin_chat(chat_id(9))
    assert done == [*STEPS[:5], "again", "chat", "flip", "acknowledged"]
    assert set(keys_of(other)) == {chat_id(n) for n in (0, 1, 2, 9)}


def test_a_chat_under_the_key_of_before_is_refused(world: TurningWorld, device: Turning) -> None:
    other = world.device()
    run(device.turn())
    with pytest.raises(errors.WrongEpoch):
        other.begin_chat(chat_id(9))
    other.catch_up()
    other.begin_chat(chat_id(9))
    assert keys_of(device) == other.open_all()


def test_a_chat_deleted_meanwhile_does_no_harm(world: TurningWorld, device: Turning) -> None:
    for step in device.turn():
        if step == "account":
            world.chats.delete(ACCOUNT, chat_id(1), at=1)
    assert world.epoch == 2
    assert set(keys_of(device)) == {chat_id(0), chat_id(2)}


def test_a_method_added_after_staging_stops_the_flip(world: TurningWorld, device: Turning) -> None:
    methods = world.rows.methods[ACCOUNT]
    added = replace(methods[0], method_id="33333333-0000-4000-8000-000000000000")
    steps = iter(device.turn())
    next(steps), next(steps)
    methods.append(added)
    with pytest.raises(errors.KeysChanged):
        run(steps)
    assert world.epoch == 1


def test_a_security_key_that_unlocks_nothing_does_not_stand_in_the_way(world: TurningWorld, device: Turning) -> None:
    token = Method(method_id="33333333-0000-4000-8000-000000000000", kind="security_key", name="token")
    world.rows.methods[ACCOUNT].append(token)
    assert run(device.turn()) == STEPS
    assert world.epoch == 2
    assert token in world.rows.methods[ACCOUNT]
    manifest = world.rows.accounts[ACCOUNT].manifest
    assert manifest is not None
    assert token.method_id not in dict(manifest.methods)


def test_a_wrap_under_another_key_never_turns_into_the_accounts(world: TurningWorld, device: Turning) -> None:
    """A client at fault: the server looks for itself under which key everything is."""
    steps = iter(device.turn())
    while next(steps) != "chat":
        pass
    lease = world.rotations.lease(ACCOUNT)
    assert lease is not None
    foreign = crypto.wrap_chat_key(crypto.make_chat_key(ACCOUNT, chat_id(0)), bytes(32), epoch=2)
    wrong = StagedChat(chat_id=chat_id(0), keys=[WrappedAnew(generation=1, envelope=foreign)])
    world.rotating.stage(device.session, lease.lease_id, Stage(chats=(wrong,)))
    assert list(steps) == ["chat", "chat", "again", "chat", "flip", "acknowledged"]
    assert len(keys_of(device)) == 3


def test_a_chat_that_was_not_staged_stops_the_flip(world: TurningWorld, device: Turning) -> None:
    steps = iter(device.turn())
    while next(steps) != "chat":
        pass
    world.tables.chats[ACCOUNT, chat_id(0)] = replace(world.tables.chats[ACCOUNT, chat_id(0)], staged={})
    assert list(steps) == ["chat", "chat", "again", "chat", "flip", "acknowledged"]


def test_old_wraps_go_when_every_device_has_followed(world: TurningWorld, device: Turning) -> None:
    def staged() -> bool:
        return any(chat.staged for chat in world.tables.chats.values())

    other, third = world.device(), world.device()
    run(device.turn())
    other.catch_up()
    other.acknowledge()
    assert staged()
    third.catch_up()
    third.acknowledge()
    assert not staged()
    assert len(keys_of(third)) == 3


def test_a_link_stays_for_its_time_whoever_says_that_they_have_followed(world: TurningWorld, device: Turning) -> None:
    """Who was signed out meanwhile needs it for what they kept; and who signs in by a method that was sealed wrongly."""
    away = replace(world.device(), session=device.session)
    kept_under = derive(away.keys.master_key, b"sealmate v1 device store")
    run(device.turn())
    for session in world.sessions.of_account(ACCOUNT):
        world.rotating.acknowledge(session, epoch=2)
    (link,) = away.sign_in().links
    assert link.forward is not None
    assert crypto.open_device_link(link, away.keys) == kept_under
    world.clock.advance(30 * 86_400)
    assert device.wrapped().links == ()


def test_what_methods_had_is_told_to_those_who_ask_for_it(world: TurningWorld, device: Turning) -> None:
    before = {method.method_id: (method.master, method.public) for method in device.wrapped().methods}
    run(device.turn())
    assert [link.former for link in device.wrapped().links] == [()]
    (link,) = device.wrapped(former=True).links
    assert {method.method_id: (method.master, method.public) for method in link.former} == before
    world.clock.advance(30 * 86_400)
    assert device.wrapped(former=True).links == ()


def _to_nobody(method: crypto.UnlockMethod, new: crypto.MasterKeys) -> crypto.UnlockMethod:
    _, master, _ = places(ACCOUNT, method.method_id, method.kind, new.epoch)
    return replace(method, master=envelope.seal_to(KeyPair(bytes(32)).public_key, master, new.master_key))


def _junk(method: crypto.UnlockMethod, _new: crypto.MasterKeys) -> crypto.UnlockMethod:
    return replace(method, master=method.master[:-1] + bytes([method.master[-1] ^ 1]))


def _other_public_key(method: crypto.UnlockMethod, new: crypto.MasterKeys) -> crypto.UnlockMethod:
    _, _, public = places(ACCOUNT, method.method_id, method.kind, new.epoch)
    return replace(method, public=envelope.seal(new.master_key, public, KeyPair(bytes(32)).public_key))


@pytest.mark.parametrize("spoil", [_to_nobody, _junk, _other_public_key])
@pytest.mark.parametrize("turns_after", [0, 1])
def test_who_has_the_master_key_and_a_session_locks_nobody_out(
    world: TurningWorld, device: Turning, spoil: Callable[..., crypto.UnlockMethod], turns_after: int
) -> None:
    """A turn that seals every method wrongly can't be told from another here; what they had opens them."""

    def turn_hostile(wrapped: crypto.WrappedKeys, keys: crypto.MasterKeys) -> crypto.Turned:
        turned = crypto.turn_master(wrapped, keys)
        methods = tuple(spoil(method, turned.keys) for method in turned.methods)
        manifest = crypto.make_manifest(
            account=ACCOUNT,
            epoch=turned.keys.epoch,
            methods=methods,
            signing_seed=keys.signing_seed,
            before=wrapped.manifest,
        )
        return replace(turned, methods=methods, manifest=manifest)

    before = keys_of(device)
    hostile = replace(device, turn_master=turn_hostile)
    for _ in range(1 + turns_after):
        run(hostile.turn())
    owner = world.device()
    with pytest.raises(crypto.CryptoError):
        owner.sign_in()
    found = owner.fall_back()
    assert found is not None
    owner.keys = found
    assert (owner.keys.epoch, owner.open_all()) == (2 + turns_after, before)


def test_nothing_is_fallen_back_to_that_the_account_did_not_sign(device: Turning) -> None:
    run(device.turn())
    wrapped = device.wrapped(former=True)
    (link,) = wrapped.links

    def opens(spoilt: crypto.WrappedKeys, *, lowest_epoch: int = 0, account: str = ACCOUNT) -> bool:
        kek = made()[2]
        found = crypto.unlock_by_former(spoilt, account=account, kind="recovery", kek=kek, lowest_epoch=lowest_epoch)
        return found is not None

    assert opens(wrapped)
    assert not opens(wrapped, lowest_epoch=3)
    assert not opens(wrapped, account="another")
    planted = replace(link, statement=replace(link.statement, signature=bytes(64)))
    pairs = zip(link.former, reversed(link.former), strict=True)
    swapped = tuple(replace(each, master=other.master) for each, other in pairs)
    for spoilt in (planted, replace(link, forward=None), replace(link, former=()), replace(link, former=swapped)):
        assert not opens(replace(wrapped, links=(spoilt,)))
    assert not opens(replace(wrapped, signing=replace(wrapped.signing, public_key=bytes(32))))


def test_a_device_that_was_away_follows_several_links(world: TurningWorld, device: Turning) -> None:
    away = world.device()
    before = keys_of(away)
    for _ in range(3):
        run(device.turn())
    assert keys_of(away) == before
    assert away.keys.epoch == 4
    assert away.pins.sequence == 3


def test_a_manifest_follows_the_one_before(world: TurningWorld, device: Turning) -> None:
    def send(manifest: crypto.Manifest) -> None:
        named = [{"method_id": each, "public_hash": hashed} for each, hashed in manifest.methods]
        body = to_wire({**vars(manifest), "methods": named})
        world.rotating.put_manifest(device.session, SignedManifest.model_validate(body))

    def make(before: crypto.Manifest | None, *, epoch: int = 1, seed: bytes = b"") -> crypto.Manifest:
        seed = seed or device.keys.signing_seed
        methods = device.wrapped().methods
        return crypto.make_manifest(account=ACCOUNT, epoch=epoch, methods=methods, signing_seed=seed, before=before)

    first = make(None)
    send(first)
    with pytest.raises(errors.ManifestConflict):
        send(first)
    second = make(first)
    for wrong in (make(first, epoch=2), make(first, seed=bytes(32)), replace(second, signature=bytes(64))):
        with pytest.raises((errors.InvalidKeys, errors.ManifestConflict)):
            send(wrong)
    send(second)
    device.catch_up()
    assert (device.pins.sequence, device.wrapped().manifest) == (2, second)
    run(device.turn())
    assert device.pins.sequence == 3
