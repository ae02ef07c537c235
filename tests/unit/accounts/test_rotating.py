"""The master key turns whole or not at all: killed at every step, with others at work, and against requests that don't fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealmate import errors
from sealmate.accounts.records import Method
from sealmate.accounts.rotation_shapes import SignedManifest, Stage, StagedChat, WrappedAnew
from sealmate_cli import crypto
from sealmate_cli.crypto.keys import derive
from sealmate_cli.wire.shape import to_wire
from tests.fakes.turning import ACCOUNT, Turning, run
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


def test_old_wraps_and_the_way_forward_go_when_every_device_has_followed(world: TurningWorld, device: Turning) -> None:
    def leads_on() -> list[bool]:
        return [link.forward is not None for link in device.wrapped().links]

    other, third = world.device(), world.device()
    run(device.turn())
    assert leads_on() == [True]
    other.catch_up()
    other.acknowledge()
    assert leads_on() == [True]
    third.catch_up()
    third.acknowledge()
    assert leads_on() == [False]
    assert not any(chat.staged for chat in world.tables.chats.values())
    assert len(keys_of(third)) == 3


def test_who_was_signed_out_during_a_turn_still_opens_what_it_kept(world: TurningWorld, device: Turning) -> None:
    """Nobody with a session needs the link any more; a browser that kept its drafts does, for as long as links live."""
    away = replace(world.device(), session=device.session)
    kept_under = derive(away.keys.master_key, b"sealmate v1 device store")
    run(device.turn())
    (link,) = device.wrapped().links
    assert link.forward is not None
    for session in world.sessions.of_account(ACCOUNT):
        world.rotating.acknowledge(session, epoch=2)
    (link,) = away.sign_in().links
    assert link.forward is None
    assert crypto.open_device_link(link, away.keys) == kept_under
    world.clock.advance(30 * 86_400)
    assert device.wrapped().links == ()


def test_a_link_that_has_expired_is_not_told(world: TurningWorld, device: Turning) -> None:
    other = world.device()
    run(device.turn())
    world.clock.advance(30 * 86_400)
    assert device.wrapped().links == ()
    assert len(keys_of(other)) == 3
    other.acknowledge()
    assert [link.forward for link in world.rows.links.values()] == [None]


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
