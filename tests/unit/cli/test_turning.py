"""The terminal turns an account's key when that is due, over the real handlers: killed anywhere, several at once, and lied to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from sealmate_cli import crypto
from sealmate_cli.client import Client
from sealmate_cli.crypto.keys import derive
from sealmate_cli.errors import Tampered
from sealmate_cli.unreadable_chats import UnreadableChats
from sealmate_cli.wire.shape import from_base64url, to_base64url
from tests.unit.accounts.world import ROTATE_EVERY
from tests.unit.cli.breaking import Killed, Watched, killed_after, once_after, reply_lost
from tests.unit.cli.chats_at_home import (
    THEME,
    begin_chat,
    bent,
    damage,
    furnished,
    keys_of,
    messages,
    read,
    theme,
    wrapped_of,
)
from tests.unit.cli.household import Household, ok, refused

LEASE = "POST /account/rotation"
FIRST, STRANGER = "01900001-0000-7000-8000-000000000000", "22222222-0000-4000-8000-000000000000"
STAGED, FLIP = "PUT /account/rotation/*/staged", "POST /account/rotation/*/flip"


@pytest.fixture
def owner(lena: Household, laptop: Client) -> Client:
    return furnished(lena, laptop)


@pytest.fixture
def phone(lena: Household, owner: Client) -> Client:  # noqa: ARG001 - signs up first
    return lena.log_in("phone")


def be_due(lena: Household, *devices: Client) -> None:
    """After two weeks; the devices' sessions are alive."""
    for _ in range(14):
        lena.world.clock.advance(ROTATE_EVERY // 14)
        for device in devices:
            device.whoami()


def epoch_of(lena: Household, device: Client) -> int:
    return lena.world.rows.accounts[device.identity().account].statement.epoch


def test_before_it_is_due_nothing_is_asked_for(lena: Household, owner: Client) -> None:
    lena.world.clock.advance(ROTATE_EVERY - 100)
    watched = Watched()
    lena.device("laptop", through=watched).arrive()
    assert not [call for call in watched.line.calls if "/account/rotation" in call]
    assert epoch_of(lena, owner) == 1


def test_when_it_is_due_the_key_is_turned_and_every_device_reads_on(
    lena: Household, owner: Client, phone: Client
) -> None:
    be_due(lena, owner, phone)
    before = owner.identity()
    owner.arrive()
    assert owner.identity().epoch == epoch_of(lena, owner) == 2
    assert owner.identity().master_key != before.master_key
    assert owner.identity().signing_public_key == before.signing_public_key
    for device in (owner, phone, lena.log_in("tablet"), lena.log_in("watch", password=lena.recovery_key)):
        assert read(device) == messages(3)
        assert device.whoami().epoch == device.identity().epoch == 2
        assert theme(lena, device) == THEME
    # All who could have been left behind have followed: the old wraps are gone.
    account = owner.identity().account
    assert not any(chat.staged for (own, _), chat in lena.world.tables.chats.items() if own == account)


def test_it_is_not_turned_again_before_it_is_due_again(lena: Household, owner: Client) -> None:
    for epoch in (2, 3):
        be_due(lena, owner)
        for _ in range(2):
            owner.arrive()
            assert epoch_of(lena, owner) == epoch


def test_more_chats_than_a_page_holds(lena: Household, owner: Client) -> None:
    for number in range(3, 130):
        begin_chat(lena, owner, number)
    be_due(lena, owner)
    owner.arrive()
    assert read(owner) == messages(130)
    assert owner.identity().epoch == 2


def test_killed_anywhere_it_is_begun_again_or_followed(lena: Household, owner: Client, phone: Client) -> None:
    """Each time it lives one call longer, until it is done."""
    asked, killed = 0, True
    while killed:
        be_due(lena, owner, phone)
        epoch, asked = epoch_of(lena, owner), asked + 1
        try:
            lena.device("laptop", through=killed_after(asked)).arrive()
            killed = False
        except Killed:
            assert epoch_of(lena, owner) in (epoch, epoch + 1)
            assert read(phone) == read(lena.device("laptop")) == messages(3)
        lena.device("laptop").arrive()
        assert epoch_of(lena, owner) == owner.identity().epoch == epoch + 1
        assert read(owner) == read(phone) == messages(3)
    assert asked > 8
    assert read(lena.log_in("tablet")) == messages(3)


@pytest.mark.parametrize("call", [LEASE, STAGED])
def test_of_two_at_once_one_wins_and_the_other_follows(
    lena: Household, owner: Client, phone: Client, call: str
) -> None:
    be_due(lena, owner, phone)
    seen: list[int] = []

    def beside() -> None:
        phone.arrive()
        seen.append(phone.identity().epoch)

    lena.device("laptop", through=once_after(call, beside)).arrive()
    assert seen == [1], "it goes on with the keys it has"
    phone.arrive()
    assert epoch_of(lena, owner) == owner.identity().epoch == phone.identity().epoch == 2
    assert owner.identity().master_key == phone.identity().master_key
    assert read(owner) == read(phone) == messages(3)


def test_who_was_held_up_for_too_long_follows_who_was_not(lena: Household, owner: Client, phone: Client) -> None:
    be_due(lena, owner, phone)

    def beside() -> None:
        lena.world.clock.advance(700)
        phone.arrive()

    lena.device("laptop", through=once_after(STAGED, beside)).arrive()
    assert owner.identity().epoch == phone.identity().epoch == 2
    assert owner.identity().master_key == phone.identity().master_key
    assert read(owner) == messages(3)


def test_two_windows_of_one_device(lena: Household, owner: Client) -> None:
    be_due(lena, owner)
    window = lena.device("laptop")
    lena.device("laptop", through=once_after(STAGED, window.arrive)).arrive()
    assert owner.identity().epoch == epoch_of(lena, owner) == 2
    assert read(owner) == read(window) == messages(3)


def test_a_chat_that_is_begun_meanwhile_is_handed_on(lena: Household, owner: Client, phone: Client) -> None:
    be_due(lena, owner, phone)
    lena.device("laptop", through=once_after(STAGED, lambda: begin_chat(lena, phone, 3))).arrive()
    assert owner.identity().epoch == 2
    assert read(owner) == read(phone) == messages(4)


def test_a_lost_reply_to_the_last_step_is_no_failure(lena: Household, owner: Client) -> None:
    be_due(lena, owner)
    lena.device("laptop", through=once_after(FLIP, reply_lost)).arrive()
    assert owner.identity().epoch == 2
    assert read(owner) == messages(3)


def test_a_method_that_nobody_signed_for_is_sealed_nothing(lena: Household, owner: Client) -> None:
    be_due(lena, owner)

    def plant(_method: str, path: str, told: Any) -> Any:
        if path == "/account/keys":
            told["methods"].append({**told["methods"][0], "method_id": "33333333-0000-4000-8000-000000000000"})
        return told

    assert refused(lambda: lena.device("laptop", alter=plant).arrive()) == "method_not_named"
    assert epoch_of(lena, owner) == 1


def holding_up(device: Client) -> UnreadableChats:
    """What keeps its arrival from turning the key."""
    device.arrive()
    told = device.held_up
    assert told is not None
    return told


def bent_text(envelope: str) -> str:
    return to_base64url(bent(from_base64url(envelope)))


def staged_lie(lie: Callable[[dict[str, Any]], None]) -> Callable[[str, str, Any], Any]:
    """About one chat."""

    def alter(method: str, path: str, told: Any) -> Any:
        if method == "GET" and path.endswith("/staged"):
            lie(told["chats"][0])
        return told

    return alter


def test_staged_keys_that_are_lost_end_it(lena: Household, owner: Client) -> None:
    be_due(lena, owner)
    alter = staged_lie(lambda chat: chat["keys"].__delitem__(slice(1, None)))
    with pytest.raises(Tampered) as error:
        lena.device("laptop", alter=alter).arrive()
    assert error.value.code == "no_such_generation"
    assert epoch_of(lena, owner) == owner.identity().epoch == 1
    assert read(owner) == messages(3)


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (lambda chat: chat["keys"].clear(), "no_such_generation"),
        (lambda chat: chat["keys"][0].update(envelope="AAAA"), "no_such_generation"),
        (lambda chat: chat["keys"][0].update(envelope=bent_text(chat["keys"][0]["envelope"])), "not_authentic"),
        (lambda chat: chat.update(chat_id=STRANGER), "not_authentic"),
    ],
    ids=["keys withheld", "no envelope", "a bit flipped", "another chat's keys"],
)
def test_a_chat_whose_key_opens_nowhere_is_told_and_what_was_due_waits(
    lena: Household, owner: Client, lie: Callable[[dict[str, Any]], None], reason: str
) -> None:
    be_due(lena, owner)
    watched = Watched()
    told = holding_up(lena.device("laptop", alter=staged_lie(lie), through=watched))
    assert told.code == reason
    assert told.chats in ((FIRST,), (STRANGER,))
    assert FLIP not in watched.line.calls
    assert epoch_of(lena, owner) == owner.identity().epoch == 1
    assert read(owner) == messages(3), "the rest goes on, and so does that chat where its key comes back"
    # Of its own accord no device drops the chat: it was kept back, and is there again.
    owner.arrive()
    assert (owner.held_up, epoch_of(lena, owner)) == (None, 2)
    assert read(owner) == messages(3)


def test_a_chat_with_a_damaged_key_is_deleted_by_its_owner_and_then_the_key_turns(
    lena: Household, owner: Client
) -> None:
    damage(lena, owner, FIRST)
    be_due(lena, owner)
    told = holding_up(owner)
    assert told.chats == (FIRST,)
    assert f"sealmate delete {FIRST}" in told.next_step
    result = lena.command("laptop", "delete", FIRST, typed=["no"])
    assert (result.exit_code, "Nothing was deleted." in result.stderr) == (1, True)
    owner.arrive()
    assert epoch_of(lena, owner) == 1
    ok(lena.command("laptop", "delete", FIRST, typed=["yes"]))
    owner.arrive()
    assert (owner.held_up, epoch_of(lena, owner)) == (None, 2)
    assert read(owner) == messages(3)[1:]


def test_what_holds_it_up_is_named_with_its_date_and_the_evidence_kept_once(lena: Household, owner: Client) -> None:
    damage(lena, owner, FIRST)
    be_due(lena, owner)
    files = set()
    for _ in range(2):
        lena.world.clock.advance(5)
        told = holding_up(owner)
        files.add(owner.keep_evidence(told, once=True))
        assert re.search(rf"{FIRST} \(begun \d{{4}}-\d\d-\d\d", told.message)
        assert told.as_json()["chats"] == [FIRST]
    assert files == set((lena.home / "laptop").glob("evidence-*.json"))
    (kept,) = files
    assert kept is not None
    assert "GET /account/rotation/" in kept.read_text()


def test_the_link_leads_a_browser_to_what_it_kept(lena: Household, owner: Client) -> None:
    """Which the terminal has no use for: the device key of the epoch before."""
    before = owner.identity().master_key
    be_due(lena, owner)
    owner.arrive()
    (link,) = wrapped_of(owner).links
    assert crypto.open_device_link(link, keys_of(owner)) == derive(before, b"sealmate v1 device store")
