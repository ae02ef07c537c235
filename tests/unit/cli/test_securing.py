"""Securing an account in the terminal, over the real handlers: whole, killed anywhere, raced, with replies lost, and lied to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from sealmate_cli import crypto
from sealmate_cli.client import Client
from sealmate_cli.crypto import SecuredAccount
from sealmate_cli.errors import ClientError, ServerRefused, Tampered
from tests.fakes.app_devices import make_app
from tests.unit.cli.breaking import Breaking, Killed, Watched, killed_after, once_after, reply_lost
from tests.unit.cli.chats_at_home import (
    THEME,
    begin_chat,
    damage,
    furnished,
    generations,
    keys_of,
    messages,
    read,
    theme,
)
from tests.unit.cli.household import EMAIL, PASSWORD, Household, Line, ok, refused, sign_manifest
from tests.vectors.fixed import FixedRandom, identifier

NEW_PASSWORD = "kelp forest at dusk"
PASSKEY = identifier("passkey")
STAGED, SECURE = "PUT /account/rotation/*/staged", "POST /account/rotation/*/secure"


class FirstOfAll:
    """In place of chance: what is drawn to pick one of several picks the first."""

    def __init__(self) -> None:
        self._drawn = FixedRandom("securing")

    def __call__(self, length: int) -> bytes:
        return bytes(1) if length == 1 else self._drawn(length)


@pytest.fixture
def owner(lena: Household, laptop: Client) -> Client:
    return furnished(lena, laptop)


def secure(
    lena: Household, device: Client, *, password: str = NEW_PASSWORD, secret: str = PASSWORD
) -> tuple[list[str], str]:
    """The new backup codes, and the new recovery key."""
    device.prove(secret, lena.totp())
    begun = device.securing.begin()
    made, recovery_key = device.securing.make(begun, password)
    codes = device.securing.replace(begun, made, told=lambda _chats: None)
    device.securing.settle(made)
    return codes, recovery_key


def foreseen(device: Client) -> tuple[SecuredAccount, str]:
    """What a device that draws as `FirstOfAll` makes."""
    keys = device._renew.opened()
    return crypto.secure_account(keys.wrapped, keys.master, password=NEW_PASSWORD, random=FirstOfAll())


def epoch_of(lena: Household, device: Client) -> int:
    return lena.world.rows.accounts[device.identity().account].statement.epoch


# --- the command ---


def first_code(watched: Watched, call: str = SECURE, of: str = "backup_codes") -> Callable[[], str]:
    """Of the new backup codes, once they have come."""
    return lambda: str(watched.line.told[call][of][0])


def typed(lena: Household, watched: Watched, recovery_key: str) -> list[Line]:
    return [*lena.proof, NEW_PASSWORD, NEW_PASSWORD, recovery_key[:4], first_code(watched)]


def test_everything_that_opened_the_account_is_made_anew(lena: Household, owner: Client) -> None:
    thief, watched = lena.log_in("thief"), Watched()
    _, recovery_key = foreseen(owner)
    answers = typed(lena, watched, recovery_key)
    result = lena.command("laptop", "secure", typed=answers, random=FirstOfAll(), through=watched)
    told = ok(result)
    assert recovery_key in told
    assert told.index(recovery_key) < told.index("backup codes; each works once") < told.index("Done.")
    assert "chats done: 3" in result.stderr
    codes = watched.line.told[SECURE]["backup_codes"]
    assert all(code in told for code in codes)
    assert refused(thief.whoami) == "not_signed_in"
    assert owner.account.new_devices() == []
    mail = next(mail for mail in lena.world.mailer.sent if "was secured" in mail.subject)
    assert "with your recovery key" not in mail.text, "none of before works"
    assert "I have lost everything that opens my account" in " ".join(mail.text.split())

    assert owner.whoami().epoch == owner.identity().epoch == 2
    assert read(owner) == messages(3)
    assert generations(owner) == {2}
    assert theme(lena, owner) == THEME
    for secret in (NEW_PASSWORD, recovery_key):
        device = lena.log_in(f"by {secret[:4]}", password=secret, code=codes.pop())
        assert read(device) == messages(3)
    with pytest.raises(ClientError, match="E-mail and recovery key don't match") as old_key:
        lena.log_in("third", password=lena.recovery_key)
    assert old_key.value.code == "wrong_credentials"
    assert refused(lambda: lena.log_in("fourth")) == "wrong_credentials"
    old = lena.backup_codes[0]
    assert refused(lambda: lena.log_in("fifth", password=NEW_PASSWORD, code=old)) == "wrong_code"


def test_that_a_device_is_not_mine_leads_there(lena: Household, owner: Client) -> None:
    thief, watched = lena.log_in("thief"), Watched()
    _, recovery_key = foreseen(owner)
    (new,) = owner.account.new_devices()
    answers = ["yes", *typed(lena, watched, recovery_key)]
    words = ("devices", "not-mine", new.device_id)
    told = ok(lena.command("laptop", *words, typed=answers, random=FirstOfAll(), through=watched))
    assert told.index("is signed out") < told.index("Done. Only what you chose now opens your account.")
    assert refused(thief.whoami) == "not_signed_in"
    assert owner.identity().epoch == 2


def test_nothing_is_replaced_before_the_recovery_key_was_shown_to_be_saved(lena: Household, owner: Client) -> None:
    watched = Watched()
    answers = [*lena.proof, "short", NEW_PASSWORD, NEW_PASSWORD, "nope"]
    result = lena.command("laptop", "secure", typed=answers, through=watched)
    assert result.exit_code == 1
    assert "at least 8" in result.stderr
    assert "That is not group" in result.stdout
    assert not [call for call in watched.line.calls if "/account/rotation" in call]
    assert epoch_of(lena, owner) == 1
    lena.log_in("phone")


def test_a_script_is_asked_line_by_line(lena: Household, owner: Client) -> None:
    _, recovery_key = foreseen(owner)
    lines = [*lena.proof, NEW_PASSWORD, recovery_key.split("-")[0]]
    result = lena.command("laptop", "--json", "secure", typed=lines, person=False, random=FirstOfAll())
    assert '"type": "secured", "epoch": 2' in ok(result).splitlines()[-1]


@pytest.fixture
def with_passkey(lena: Household, owner: Client) -> Client:
    rows, account_id = lena.world.rows, owner.identity().account
    passkey = replace(rows.methods[account_id][0], method_id=PASSKEY, kind="passkey", auth_mac=None, name="Phone")
    rows.methods[account_id].append(passkey)
    sign_manifest(owner)
    return owner


def test_it_says_which_passkeys_go_and_asks_before(lena: Household, with_passkey: Client) -> None:
    phone = lena.log_in("phone")
    rows, account_id = lena.world.rows, with_passkey.identity().account
    rows.methods[account_id][-1] = replace(rows.methods[account_id][-1], secret=b"")
    result = lena.command("laptop", "secure", typed=["no"])
    assert "Phone (passkey), as a second factor only" in result.stdout
    rows.methods[account_id][-1] = replace(rows.methods[account_id][-1], secret=rows.methods[account_id][0].secret)
    result = lena.command("laptop", "secure", typed=["no"])
    assert "Phone (passkey)\n" in result.stdout
    assert "Nothing was changed." in result.stderr
    assert phone.whoami().email == EMAIL
    watched = Watched()
    _, recovery_key = foreseen(with_passkey)
    answers = ["yes", *typed(lena, watched, recovery_key)]
    ok(lena.command("laptop", "secure", typed=answers, random=FirstOfAll(), through=watched))
    assert sorted(way.kind for way in with_passkey.account.ways_in()) == ["password", "recovery"]


def test_an_account_without_a_password_gets_one(lena: Household, with_passkey: Client) -> None:
    methods, account_id = lena.world.rows.methods, with_passkey.identity().account
    methods[account_id] = [method for method in methods[account_id] if method.kind != "password"]
    sign_manifest(with_passkey)
    codes, _ = secure(lena, with_passkey, secret=lena.recovery_key)
    assert read(lena.log_in("phone", password=NEW_PASSWORD, code=codes[0])) == messages(3)


# --- left by Ctrl-C ---


def leaving() -> NoReturn:
    raise KeyboardInterrupt


def test_who_leaves_before_all_is_replaced_hears_that_nothing_was(lena: Household, owner: Client) -> None:
    result = lena.command("laptop", "secure", typed=[*lena.proof, leaving])
    assert result.exit_code != 0
    assert "Nothing was replaced: what opened your account still does." in result.stdout
    assert epoch_of(lena, owner) == 1
    lena.log_in("phone")


def test_who_leaves_while_all_is_replaced_hears_what_counts_by_then(lena: Household, owner: Client) -> None:
    _, recovery_key = foreseen(owner)
    leave = once_after(SECURE, leaving)
    answers = [*lena.proof, NEW_PASSWORD, NEW_PASSWORD, recovery_key[:4]]
    result = lena.command("laptop", "secure", typed=answers, random=FirstOfAll(), through=leave)
    assert result.exit_code != 0
    assert "All was replaced: only your new password and recovery key open your account" in result.stdout
    assert "Nothing was replaced" not in result.stdout
    assert epoch_of(lena, owner) == 2


def test_who_leaves_while_the_server_is_away_is_told_nothing_untrue(lena: Household, owner: Client) -> None:
    def after(call: str, _count: int) -> None:
        if call == SECURE:
            raise KeyboardInterrupt
        if call == "GET /account/keys" and epoch_of(lena, owner) == 2:
            reply_lost()

    _, recovery_key = foreseen(owner)
    answers = [*lena.proof, NEW_PASSWORD, NEW_PASSWORD, recovery_key[:4]]
    through = lambda inner: Breaking(inner, after)  # noqa: E731 - as the others pass it
    result = lena.command("laptop", "secure", typed=answers, random=FirstOfAll(), through=through)
    assert "Whether anything was replaced isn't known" in result.stdout


# --- killed, raced, lost ---


def test_killed_anywhere_the_old_account_is_whole_or_the_new_one(lena: Household, owner: Client) -> None:
    """Begun anew each time, and let live one call longer, until it is done."""
    asked = 0
    while epoch_of(lena, owner) == 1:
        assert read(owner) == messages(3)
        asked += 1
        device = lena.device("laptop", through=killed_after(asked))
        try:
            codes, recovery_key = secure(lena, device)
        except Killed:
            codes, recovery_key = [], ""
    assert asked > 8, "before the flip there are calls enough to die after"
    # Right after the flip: this device has the old keys still, and its owner what was saved before.
    assert (codes, recovery_key) == ([], "")
    assert refused(owner.whoami) == "keys_rotated"
    owner.logout()
    again = lena.log_in("laptop", password=NEW_PASSWORD)
    assert read(again) == messages(3)
    assert theme(lena, again) == THEME


def test_what_comes_meanwhile_is_staged_too(lena: Household, owner: Client) -> None:
    begin = once_after(STAGED, lambda: begin_chat(lena, owner, 3))
    secure(lena, lena.device("laptop", through=begin))
    assert read(owner) == messages(4)
    assert generations(owner) == {2}


def test_a_chat_that_comes_after_all_was_staged_makes_it_go_round_again(lena: Household, owner: Client) -> None:
    begin = once_after("GET /apps/web/settings", lambda: begin_chat(lena, owner, 3))
    device = lena.device("laptop", through=begin)
    secure(lena, device)
    assert read(owner) == messages(4)


def test_a_setting_that_was_chosen_meanwhile_stays(lena: Household, owner: Client) -> None:
    def choose() -> None:
        account_id, apps = owner.identity().account, lena.world.rows.apps
        apps[account_id, "web"] = make_app(keys_of(owner), b"k" * 32, b'{"theme":"light"}', revision=2)

    secure(lena, lena.device("laptop", through=once_after("GET /apps/web/settings", choose)))
    assert theme(lena, owner) == b'{"theme":"light"}'


def test_settings_that_nobody_can_open_do_not_keep_it_from_being_secured(lena: Household, owner: Client) -> None:
    account_id, apps = owner.identity().account, lena.world.rows.apps
    apps[account_id, "web"] = replace(apps[account_id, "web"], revision=7)
    secure(lena, owner)
    assert theme(lena, owner) == b"{}"


def test_a_lost_reply_is_no_failure_and_the_codes_are_made_anew(lena: Household, owner: Client) -> None:
    lost = once_after(SECURE, reply_lost)
    watched = Watched()
    _, recovery_key = foreseen(owner)

    code = first_code(watched, "POST /account/backup-codes", "codes")
    answers: list[Line] = [*lena.proof, NEW_PASSWORD, NEW_PASSWORD, recovery_key.split("-")[0], code]
    told = ok(
        lena.command("laptop", "secure", typed=answers, random=FirstOfAll(), through=lambda inner: watched(lost(inner)))
    )
    assert "backup codes didn't come" in told
    assert owner.identity().epoch == 2
    codes = watched.line.told["POST /account/backup-codes"]["codes"]
    assert read(lena.log_in("phone", password=NEW_PASSWORD, code=codes[1])) == messages(3)


@pytest.mark.parametrize("spoil", [lambda codes: codes.clear(), lambda codes: codes.__setitem__(0, codes[1])])
def test_codes_that_are_not_ten_different_ones_are_told_and_made_anew(
    lena: Household, owner: Client, spoil: Callable[[list[str]], None]
) -> None:
    def alter(_method: str, path: str, told: Any) -> Any:
        if path.endswith("/secure"):
            spoil(told["backup_codes"])
        return told

    device = lena.device("laptop", alter=alter)
    device.prove(PASSWORD, lena.totp())
    begun = device.securing.begin()
    made, _ = device.securing.make(begun, NEW_PASSWORD)
    assert refused(lambda: device.securing.replace(begun, made, told=lambda _: None)) == "unexpected_answer"
    assert epoch_of(lena, owner) == 2
    assert device.securing.replace(begun, made, told=lambda _: None) == []
    device.securing.settle(made)
    assert len(device.account.new_backup_codes()) == 10


def test_codes_are_shown_even_where_the_network_goes_right_after(lena: Household, owner: Client) -> None:
    def after(call: str, _count: int) -> None:
        if call == SECURE:
            away.append(call)
        elif away and away.pop():
            reply_lost()

    away: list[str] = []
    watched = Watched()
    _, recovery_key = foreseen(owner)
    answers = typed(lena, watched, recovery_key)
    answers.insert(-1, "yes")
    result = lena.command(
        "laptop", "secure", typed=answers, random=FirstOfAll(), through=lambda inner: watched(Breaking(inner, after))
    )
    told = ok(result)
    assert told.index(watched.line.told[SECURE]["backup_codes"][9]) < told.index("try again") < told.index("Done.")
    assert "can't be reached" in result.stderr
    assert owner.identity().epoch == 2


def test_what_broke_off_is_tried_again_with_the_same_recovery_key(lena: Household, owner: Client) -> None:
    broken = once_after("POST /account/rotation", reply_lost)
    watched = Watched()
    _, recovery_key = foreseen(owner)
    answers = typed(lena, watched, recovery_key)
    answers.insert(-1, "yes")
    result = lena.command(
        "laptop", "secure", typed=answers, random=FirstOfAll(), through=lambda inner: watched(broken(inner))
    )
    assert "can't be reached" in result.stderr
    assert "Done." in ok(result)
    assert read(lena.log_in("phone", password=recovery_key)) == messages(3)


def test_a_proof_that_has_grown_old_is_asked_for_again(lena: Household, owner: Client) -> None:
    owner.prove(PASSWORD, lena.totp())
    begun = owner.securing.begin()
    made, _ = owner.securing.make(begun, NEW_PASSWORD)
    lena.world.clock.advance(3600)
    assert refused(lambda: owner.securing.replace(begun, made, told=lambda _: None)) == "step_up_needed"
    owner.prove(PASSWORD, lena.totp())
    assert len(owner.securing.replace(begun, made, told=lambda _: None)) == 10


# --- lied to; more of it in test_hostile_server.py ---


def test_chats_that_change_without_an_end_are_given_up_on(lena: Household, owner: Client) -> None:
    number = iter(range(3, 100))

    def after(call: str, _count: int) -> None:
        if call == "GET /apps/web/settings":
            begin_chat(lena, owner, next(number))

    with pytest.raises(ServerRefused) as error:
        secure(lena, lena.device("laptop", through=lambda inner: Breaking(inner, after)))
    assert error.value.code == "keys_changed"
    assert epoch_of(lena, owner) == 1


def staged_lie(lie: Callable[[dict[str, Any]], None]) -> Callable[[str, str, Any], Any]:
    def alter(method: str, path: str, told: Any) -> Any:
        if method == "GET" and path.endswith("/staged"):
            for chat in told["chats"]:
                lie(chat)
        return told

    return alter


FIRST = "01900001-0000-7000-8000-000000000000"


def test_a_chat_with_a_damaged_key_is_given_up_by_a_person_and_the_rest_is_secured(
    lena: Household, owner: Client
) -> None:
    damage(lena, owner, FIRST)
    watched = Watched()
    _, recovery_key = foreseen(owner)
    answers = typed(lena, watched, recovery_key)
    answers.insert(-1, "yes")
    result = lena.command("laptop", "secure", typed=answers, random=FirstOfAll(), through=watched)
    assert ok(result).index(f"Delete chat {FIRST}") < result.stdout.index("Done.")
    assert f"The key of this chat opens nowhere (not_authentic), so your account's keys can't be replaced: {FIRST}" in (
        " ".join(result.stderr.split())
    )
    assert list((lena.home / "laptop").glob("evidence-*-not_authentic.json"))
    assert owner.identity().epoch == 2
    assert read(owner) == messages(3)[1:]


def test_nothing_is_given_up_without_a_yes_and_nothing_replaced(lena: Household, owner: Client) -> None:
    damage(lena, owner, FIRST)
    watched = Watched()
    _, recovery_key = foreseen(owner)
    answers = [*typed(lena, watched, recovery_key)[:-1], "later"]
    result = lena.command("laptop", "secure", typed=answers, random=FirstOfAll(), through=watched)
    assert result.exit_code == 1
    assert "Your keys were not replaced" in result.stderr
    assert epoch_of(lena, owner) == owner.identity().epoch == 1
    assert FIRST in [chat.chat_id for chat in owner.chats()]


def test_a_script_is_told_which_chats_hold_it_up(lena: Household, owner: Client) -> None:
    damage(lena, owner, FIRST)
    _, recovery_key = foreseen(owner)
    lines = [*lena.proof, NEW_PASSWORD, recovery_key.split("-")[0]]
    result = lena.command("laptop", "--json", "secure", typed=lines, person=False, random=FirstOfAll())
    told = json.loads(result.stderr.splitlines()[-1])["error"]
    assert (told["code"], told["chats"]) == ("not_authentic", [FIRST])


@pytest.mark.parametrize("what", ["staged keys", "present keys"])
def test_keys_that_are_withheld_while_securing(lena: Household, owner: Client, what: str) -> None:
    def withhold(chat: dict[str, Any]) -> None:
        chat["keys"] = chat["keys"][:1] if what == "staged keys" else chat["keys"][1:]

    with pytest.raises(Tampered) as error:
        secure(lena, lena.device("laptop", alter=staged_lie(withhold)))
    assert error.value.code == "no_such_generation"
    assert epoch_of(lena, owner) == owner.identity().epoch == 1
    assert owner.identity().signing_public_key == crypto.signing_public_key(keys_of(owner).signing_seed)
