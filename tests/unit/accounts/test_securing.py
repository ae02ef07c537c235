"""Securing an account: everything that opened it ends in one transaction, killed anywhere, and against requests that don't fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sealmate import errors
from sealmate.accounts.app_shapes import RenewedApp
from sealmate.accounts.records import App, SeenDevice
from sealmate.accounts.rotation_shapes import Stage
from sealmate.accounts.securing_shapes import SecureAccount
from sealmate_cli import crypto
from tests.fakes.app_devices import make_app, open_settings
from tests.fakes.apps import FakeApps
from tests.fakes.turning import ACCOUNT, SecuredAccount, Turning, run
from tests.unit.accounts.turning_world import TurningWorld, chat_id

APP_KEY = b"k" * 32
STEPS = ["lease", "chat", "chat", "chat", "flip"]


@pytest.fixture
def world() -> TurningWorld:
    return TurningWorld()


@pytest.fixture
def device(world: TurningWorld) -> Turning:
    """One with three chats, and a manifest."""
    made = world.device()
    for number in range(3):
        made.begin_chat(chat_id(number))
    made.name_methods()
    made.catch_up()
    return made


def test_everything_that_opened_the_account_is_replaced(world: TurningWorld, device: Turning) -> None:
    before, chats = device.wrapped(), device.open_all()
    world.rows.backups |= {(ACCOUNT, b"old"), ("another", b"kept")}
    assert run(device.secure(world.securing)) == STEPS
    after = device.wrapped()
    assert world.epoch == after.epoch == 2
    assert device.open_all() == chats
    assert after.signing.public_key != before.signing.public_key
    assert not {m.method_id for m in after.methods} & {m.method_id for m in before.methods}
    assert after.links == ()
    assert (ACCOUNT, b"old") not in world.rows.backups
    assert ("another", b"kept") in world.rows.backups
    assert sum(owner == ACCOUNT for owner, _ in world.rows.backups) == 10


def test_every_chat_goes_on_with_a_new_key(world: TurningWorld, device: Turning) -> None:
    run(device.secure(world.securing))
    for number in range(3):
        chat = world.chats.chat(ACCOUNT, chat_id(number))
        assert (chat.generation, set(chat.keys), chat.staged) == (2, {1, 2}, {})
        keys = [crypto.open_wrapped(chat.keys[g], device.keys, chat=chat.chat_id, generation=g).key for g in (1, 2)]
        assert keys[0] != keys[1]


def test_who_holds_the_old_master_key_follows_nowhere(world: TurningWorld, device: Turning) -> None:
    stolen = world.device()
    run(device.secure(world.securing))
    with pytest.raises(crypto.CryptoError):
        stolen.catch_up()
    with pytest.raises(IndexError):
        stolen.open_all()
    with pytest.raises(crypto.CryptoError):
        stolen.sign_in()


def test_other_devices_follow_by_what_opens_it_now(world: TurningWorld, device: Turning) -> None:
    other = world.device()
    other.catch_up()
    chats = device.open_all()
    run(device.secure(world.securing))
    assert {session for _, session in world.rows.sessions} == {device.session.session_id}
    other.kek = device.kek
    other.sign_in()
    assert other.open_all() == chats
    assert (other.pins.epoch, other.pins.sequence) == (2, 2)


def test_a_device_that_has_seen_the_epoch_before_takes_no_other_next_one(device: Turning) -> None:
    """Whoever has the old signing key, and the database, can make an epoch of their own; it doesn't follow what was seen."""
    wrapped = device.wrapped()
    forged = SecuredAccount(replace(wrapped, statement=replace(wrapped.statement, previous=bytes(32))))
    body = forged.body(0)
    statement = crypto.EpochStatement(**dict(body.statement))
    with pytest.raises(crypto.CryptoError, match="epoch_forked"):
        device.pins.advanced(ACCOUNT, statement, None, body.signing.public_key)


@pytest.mark.parametrize("last", range(len(STEPS)))
def test_killed_after_any_step_it_is_begun_anew(world: TurningWorld, device: Turning, last: int) -> None:
    chats, kek = device.open_all(), device.kek
    steps = iter(device.secure(world.securing))
    for _ in range(last + 1):
        next(steps)
    flipped = last >= STEPS.index("flip")
    assert world.epoch == (2 if flipped else 1)
    other = world.device()
    other.kek = device.kek if flipped else kek
    other.sign_in()
    assert other.open_all() == chats
    world.clock.advance(601)
    assert run(other.secure(world.securing))[-1] == "flip"
    assert other.open_all() == chats


def test_devices_of_before_are_asked_about_no_more_unless_they_come_back(world: TurningWorld, device: Turning) -> None:
    def seen(key: str, *, answered: bool, owner: str = ACCOUNT) -> SeenDevice:
        return SeenDevice(account_id=owner, key=key, name=key, place="", first_seen_at=1, answered=answered)

    own, known, stranger = device.session.device_key, "known", "stranger"
    kept = [seen(own, answered=False), seen(known, answered=True), seen(stranger, answered=False, owner="another")]
    for each in (*kept, seen(stranger, answered=False)):
        world.rows.devices[each.account_id, each.key] = each
    steps = iter(device.secure(world.securing))
    for _ in STEPS[:-1]:
        next(steps)
    assert (ACCOUNT, stranger) in world.rows.devices, "before all is replaced they may still have a way in"
    run(steps)
    assert list(world.rows.devices.values()) == kept


def test_of_two_at_once_one_wins(world: TurningWorld, device: Turning) -> None:
    other = world.device()
    other.catch_up()
    mine, theirs = device.secure(world.securing), other.turn()
    next(theirs)
    with pytest.raises(errors.RotationUnderWay):
        next(mine)
    run(theirs)
    device.catch_up()
    assert run(device.secure(world.securing))[-1] == "flip"
    assert world.epoch == 3


def test_a_chat_begun_meanwhile_is_staged_too(world: TurningWorld, device: Turning) -> None:
    other = world.device()
    other.catch_up()
    steps = iter(device.secure(world.securing))
    for _ in STEPS[:-1]:
        next(steps)
    other.begin_chat(chat_id(3))
    assert list(steps) == ["again", "chat", "flip"]
    assert len(device.open_all()) == 4


def _begin_app(world: TurningWorld, device: Turning, settings: bytes = b"dark") -> App:
    app = make_app(device.keys, APP_KEY, settings)
    assert FakeApps(world.rows).begin(ACCOUNT, app, epoch=1)
    return app


def test_who_holds_an_apps_old_key_reads_no_more_of_it(world: TurningWorld, device: Turning) -> None:
    _begin_app(world, device)
    assert run(device.secure(world.securing)) == STEPS
    (app,) = world.rows.apps.values()
    assert (app.revision, open_settings(app, device.keys)) == (2, b"dark")
    (wrapped,) = device.wrapped().apps
    assert crypto.open_app_key(wrapped, device.keys) != APP_KEY


def test_an_app_begun_meanwhile_gets_another_key_too(world: TurningWorld, device: Turning) -> None:
    steps = iter(device.secure(world.securing))
    for _ in STEPS[:-1]:
        next(steps)
    app = _begin_app(world, device)
    assert list(steps) == ["flip"]
    (stored,) = world.rows.apps.values()
    assert stored.key != app.key


def _no_app(_: RenewedApp, __: Turning) -> tuple[RenewedApp, ...]:
    return ()


def _twice(app: RenewedApp, _: Turning) -> tuple[RenewedApp, ...]:
    return (app, app)


def _as_seen_before(app: RenewedApp, _: Turning) -> tuple[RenewedApp, ...]:
    return (app.model_copy(update={"revision": app.revision - 1}),)


def _old_key(app: RenewedApp, device: Turning) -> tuple[RenewedApp, ...]:
    return (app.model_copy(update={"settings": make_app(device.keys, APP_KEY, revision=2).settings}),)


def _old_master(app: RenewedApp, device: Turning) -> tuple[RenewedApp, ...]:
    return (app.model_copy(update={"key": make_app(device.keys, bytes(32)).key}),)


def _another_master(app: RenewedApp, device: Turning) -> tuple[RenewedApp, ...]:
    other = replace(device.keys, epoch=2)
    return (app.model_copy(update={"key": make_app(other, bytes(32)).key}),)


def _a_key_for_settings(app: RenewedApp, _: Turning) -> tuple[RenewedApp, ...]:
    return (app.model_copy(update={"settings": app.key}),)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (_no_app, errors.KeysChanged),
        (_twice, errors.KeysChanged),
        (_as_seen_before, errors.KeysChanged),
        (_old_key, errors.InvalidKeys),
        (_old_master, errors.InvalidKeys),
        (_another_master, errors.InvalidKeys),
        (_a_key_for_settings, errors.InvalidKeys),
    ],
)
def test_an_app_that_does_not_fit_changes_nothing(
    world: TurningWorld,
    device: Turning,
    change: Callable[[RenewedApp, Turning], tuple[RenewedApp, ...]],
    error: type[errors.SealmateError],
) -> None:
    stored = _begin_app(world, device)
    made, lease_id = _staged(world, device)
    apps = change(made.app(stored, device.keys), device)
    with pytest.raises(error):
        world.securing(device.session, lease_id, made.body(world.rotations.ring(ACCOUNT), apps=apps))
    assert world.epoch == 1
    assert world.rows.apps == {(ACCOUNT, "web"): stored}


Change = Callable[[SecureAccount, SecuredAccount], SecureAccount]


def _with(**changes: object) -> Change:
    return lambda body, _: body.model_copy(update=changes)


def _same_signing_key(body: SecureAccount, made: SecuredAccount) -> SecureAccount:
    signing = body.signing.model_copy(update={"public_key": made.before.signing.public_key})
    return body.model_copy(update={"signing": signing})


def _known_method(body: SecureAccount, made: SecuredAccount) -> SecureAccount:
    known = made.before.methods[0].method_id
    return body.model_copy(update={"recovery": body.recovery.model_copy(update={"method_id": known})})


def _other_master(body: SecureAccount, made: SecuredAccount) -> SecureAccount:
    other = SecuredAccount(made.before).body(body.ring)
    return body.model_copy(update={"recovery": other.recovery})


def _unsigned(body: SecureAccount, _: SecuredAccount) -> SecureAccount:
    return body.model_copy(update={"statement": body.statement.model_copy(update={"signature": bytes(64)})})


def _unchained(body: SecureAccount, _: SecuredAccount) -> SecureAccount:
    return body.model_copy(update={"manifest": body.manifest.model_copy(update={"previous": bytes(32)})})


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (_with(password=None), errors.InvalidKeys),
        (_same_signing_key, errors.InvalidKeys),
        (_known_method, errors.InvalidKeys),
        (_other_master, errors.InvalidKeys),
        (_unsigned, errors.InvalidKeys),
        (_unchained, errors.ManifestConflict),
        (_with(ring=7), errors.KeysChanged),
    ],
)
def test_what_does_not_fit_changes_nothing(
    world: TurningWorld, device: Turning, change: Change, error: type[errors.SealmateError]
) -> None:
    made, lease_id = _staged(world, device)
    with pytest.raises(error):
        world.securing(device.session, lease_id, change(made.body(world.rotations.ring(ACCOUNT)), made))
    assert world.epoch == 1
    assert device.wrapped() == made.before
    assert world.rows.sessions


def _staged(world: TurningWorld, device: Turning) -> tuple[SecuredAccount, str]:
    """All chats staged; what is left is the flip."""
    made = SecuredAccount(device.wrapped())
    lease_id = world.rotating.take(device.session, expected_epoch=1, lease_id=None).lease_id
    page = world.rotating.staged(device.session, lease_id, cursor=None)
    chats = tuple(made.chat(chat, device.keys) for chat in page.chats)
    world.rotating.stage(device.session, lease_id, Stage(chats=chats))
    return made, lease_id


def test_a_chat_without_a_new_generation_keeps_it_from_ending(world: TurningWorld, device: Turning) -> None:
    made, lease_id = _staged(world, device)
    page = world.rotating.staged(device.session, lease_id, cursor=None)
    only_old = made.chat(page.chats[0], device.keys)
    only_old = only_old.model_copy(update={"keys": only_old.keys[:1]})
    world.rotating.stage(device.session, lease_id, Stage(chats=(only_old,)))
    with pytest.raises(errors.KeysChanged):
        world.securing(device.session, lease_id, made.body(world.rotations.ring(ACCOUNT)))
    assert world.epoch == 1


def test_a_session_that_has_ended_secures_nothing(world: TurningWorld, device: Turning) -> None:
    made, lease_id = _staged(world, device)
    world.rows.sessions.clear()
    with pytest.raises(errors.KeysChanged):
        world.securing(device.session, lease_id, made.body(world.rotations.ring(ACCOUNT)))
    assert world.epoch == 1
