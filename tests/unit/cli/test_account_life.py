"""What the commands do with an account's ways in, its devices and its end, over the real handlers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sealmate_cli import crypto
from sealmate_cli.client import Client
from sealmate_cli.errors import Tampered
from tests.unit.cli.household import EMAIL, PASSWORD, Household, Line, ok, refused, sign_manifest
from tests.vectors.fixed import FixedRandom, identifier

NEW_PASSWORD = "another seal, another beach"
PASSKEY = identifier("passkey")


# --- what opens the account ---


def test_a_new_password_opens_the_account_and_ends_the_other_devices(lena: Household, laptop: Client) -> None:
    other = lena.log_in("phone")
    typed = ["short", NEW_PASSWORD, "another", NEW_PASSWORD, NEW_PASSWORD, "not this", lena.totp(), *lena.proof]
    result = lena.command("laptop", "account", "password", typed=typed)
    assert "Your password is changed" in ok(result)
    assert "at least 8" in result.stderr
    assert "E-mail and password don't match" in result.stderr
    assert refused(other.whoami) == "not_signed_in"
    assert refused(lambda: lena.log_in("third")) == "wrong_credentials"
    assert lena.log_in("fourth", password=NEW_PASSWORD).identity().master_key == laptop.identity().master_key


def test_the_password_that_it_has_is_no_new_one(lena: Household, laptop: Client) -> None:
    before = laptop.account.ways_in()
    typed = [PASSWORD, PASSWORD, NEW_PASSWORD, NEW_PASSWORD, *lena.proof]
    result = lena.command("laptop", "account", "password", typed=typed)
    assert "This is your password already" in result.stderr
    assert "Your password is changed" in ok(result)
    assert laptop.account.ways_in() != before


def test_a_common_password_is_refused_and_nothing_is_changed(lena: Household, laptop: Client) -> None:
    result = lena.command(
        "laptop", "--json", "account", "password", "--password-stdin", typed=["password1"], person=False
    )
    assert result.exit_code == 1
    assert json.loads(result.stderr)["error"]["code"] == "weak_password"
    assert laptop.whoami().email == EMAIL
    lena.log_in("phone")


def test_a_new_recovery_key_counts_once_it_was_shown_to_be_saved(lena: Household, laptop: Client) -> None:
    other = lena.log_in("phone")
    made, text = laptop.account.make_recovery_key()
    assert refused(lambda: laptop.account.replace_recovery_key(made)) == "step_up_needed"
    assert text != lena.recovery_key
    result = lena.command("laptop", "account", "recovery-key", typed=["nope", "nope"])
    assert result.exit_code == 1
    laptop.prove(lena.recovery_key, lena.totp())
    laptop.account.replace_recovery_key(made)
    laptop.prove(text, lena.totp())
    assert refused(lambda: laptop.prove(lena.recovery_key, lena.totp())) == "wrong_credentials"
    assert refused(other.whoami) == "not_signed_in"


def test_a_new_recovery_key_is_shown_asked_for_and_counts(lena: Household, laptop: Client) -> None:
    before, foreseen = laptop.identity(), FixedRandom("key")
    _, text = crypto.make_recovery_key(laptop._renew.opened().master, random=foreseen)
    groups = text.split("-")
    asked = foreseen(1)[0] % len(groups)
    typed = [groups[asked - 1], groups[asked].lower(), *lena.proof]
    told = ok(lena.command("laptop", "account", "recovery-key", typed=typed, random=FixedRandom("key")))
    assert text in told
    assert told.count("That is not group") == 1
    assert "It counts from now on" in told
    laptop.logout()
    phone = lena.log_in("phone", password=text)
    assert phone.identity().master_key == before.master_key
    assert refused(lambda: lena.log_in("third", password=lena.recovery_key)) == "wrong_credentials"


def test_the_signed_list_names_what_there_is_and_no_more(lena: Household, laptop: Client) -> None:
    laptop.prove(PASSWORD, lena.totp())
    laptop.account.replace_password(laptop.account.make_password(NEW_PASSWORD))
    account = lena.world.rows.accounts[laptop.identity().account]
    known = {method.method_id for method in lena.world.rows.methods[account.account_id]}
    assert account.manifest is not None
    assert {method_id for method_id, _ in account.manifest.methods} == known
    assert account.manifest.sequence == 3


def test_no_list_is_signed_after_one_that_was_rolled_back(lena: Household, laptop: Client) -> None:
    laptop.prove(PASSWORD, lena.totp())
    laptop.account.replace_password(laptop.account.make_password(NEW_PASSWORD))
    laptop.account.make_recovery_key()  # has seen the list

    def hide(_method: str, path: str, told: Any) -> Any:
        return told | {"manifest": None} if path == "/account/keys" else told

    hostile = lena.device("laptop", alter=hide)
    with pytest.raises(Tampered) as error:
        hostile.account.make_recovery_key()
    assert error.value.code == "manifest_missing"


@pytest.mark.usefixtures("laptop")
def test_new_backup_codes_void_the_old_ones(lena: Household) -> None:
    told = lena.command("laptop", "--json", "account", "backup-codes", typed=lena.proof, person=False)
    codes = [json.loads(line) for line in ok(told).splitlines()][-1]["codes"]
    assert len(codes) == 10
    assert refused(lambda: lena.log_in("phone", code=lena.backup_codes[0])) == "wrong_code"
    lena.log_in("phone", code=codes[0])


def test_a_new_authenticator_takes_the_old_ones_place(lena: Household, laptop: Client) -> None:
    laptop.prove(PASSWORD, lena.totp())
    old, totp = lena.totp_secret, laptop.account.begin_authenticator()
    assert refused(lambda: laptop.account.replace_authenticator("000 000")) == "wrong_code"
    lena.totp_secret = totp.secret
    laptop.account.replace_authenticator(lena.totp())
    lena.log_in("phone")
    lena.totp_secret = old
    assert refused(lambda: lena.log_in("third")) == "wrong_code"


def test_a_new_authenticator_is_shown_and_asked_for_a_code(lena: Household, laptop: Client) -> None:
    assert laptop.whoami().email == EMAIL
    result = lena.command("laptop", "account", "authenticator", typed=[*lena.proof, "000000"])
    assert "█" in result.stdout
    assert "Authenticator secret" in result.stdout
    assert "isn't right" in result.stderr
    assert result.exit_code == 1, "no code, no new authenticator"
    lena.log_in("phone")


def test_what_lets_somebody_in_is_no_evidence(lena: Household, laptop: Client) -> None:
    laptop.prove(PASSWORD, lena.totp())
    codes, totp = laptop.account.new_backup_codes(), laptop.account.begin_authenticator()
    kept = laptop.keep_evidence(Tampered("account's keys", "wrong_key"))
    assert kept is not None
    told = kept.read_text()
    assert "/account/step-up" in told
    assert totp.secret not in told
    assert not any(code in told for code in codes)


# --- the address ---


def test_the_address_changes_when_both_ends_confirm(lena: Household, laptop: Client) -> None:
    account, after = laptop.account, "Lena.Later@example.org"
    laptop.prove(PASSWORD, lena.totp())
    account.begin_email(after)
    code_new, code_old = lena.world.code_for(after.lower()), lena.world.code_for(EMAIL)
    assert refused(lambda: account.replace_email(after, code_new=code_old, code_old=code_new)) == "wrong_code"
    account.replace_email(after, code_new=code_new, code_old=code_old)
    assert laptop.identity().email == laptop.whoami().email == after.lower()
    lena.log_in("phone", email=after)


def test_the_address_is_asked_for_and_confirmed_at_both_ends(lena: Household, laptop: Client) -> None:
    after, code_for = "lena.later@example.org", lena.world.code_for
    typed: list[Line] = [after, *lena.proof, "000000", "000000", lambda: code_for(after), lambda: code_for(EMAIL)]
    result = lena.command("laptop", "account", "email", typed=typed)
    assert f"on its way to {after}, and another one to {EMAIL}" in ok(result)
    assert "isn't right" in result.stderr
    assert f"Your account's address is {after} now." in result.stdout
    assert laptop.whoami().email == laptop.identity().email == after
    assert refused(lambda: lena.log_in("phone")) == "wrong_credentials"
    lena.log_in("third", email=after)


# --- ways in and devices ---


def test_ways_in_are_listed_named_and_kept(lena: Household, laptop: Client) -> None:
    password = next(way for way in laptop.account.ways_in() if way.kind == "password")
    listed = ok(lena.command("laptop", "ways", "list", typed=[]))
    assert "Password" in listed
    assert "Recovery key" in listed
    told = ok(lena.command("laptop", "ways", "rename", password.method_id[:8], "In my head", typed=lena.proof))
    assert "Now it is called In my head." in told
    assert "In my head (password)" in ok(lena.command("laptop", "ways", "list", typed=[]))
    result = lena.command("laptop", "ways", "remove", password.method_id, typed=lena.proof)
    assert "at least one more way" in result.stderr
    assert "no way in of this id" in lena.command("laptop", "ways", "remove", "x", typed=[]).stderr


def test_a_way_in_is_removed_and_struck_from_the_signed_list(lena: Household, laptop: Client) -> None:
    account_id, methods = laptop.identity().account, lena.world.rows.methods
    passkey = replace(methods[account_id][0], method_id=PASSKEY, kind="passkey", auth_mac=None, name="Phone")
    methods[account_id].append(passkey)
    sign_manifest(laptop)
    told = ok(lena.command("laptop", "ways", "remove", PASSKEY[:8], typed=lena.proof))
    assert "Phone (passkey) opens nothing any more." in told
    assert PASSKEY not in ok(lena.command("laptop", "ways", "list", typed=[]))
    manifest = lena.world.rows.accounts[account_id].manifest
    assert manifest is not None
    assert (manifest.sequence, len(manifest.methods)) == (3, 2)
    lena.log_in("phone")


def test_devices_are_listed_and_ended_one_by_one(lena: Household, laptop: Client) -> None:
    other = lena.log_in("phone")
    first, second = laptop.account.devices()
    assert (first.current, second.current) == (True, False)
    listed = ok(lena.command("laptop", "devices", "list", typed=[]))
    assert listed.count("(this one)") == 1
    assert "Use `sealmate logout`" in lena.command("laptop", "devices", "end", first.session_id, typed=[]).stderr
    assert "is signed out" in ok(lena.command("laptop", "devices", "end", second.session_id, typed=[]))
    assert refused(other.whoami) == "not_signed_in"


def test_all_others_are_ended_at_once(lena: Household, laptop: Client) -> None:
    others = [lena.log_in(name) for name in ("phone", "tablet")]
    assert "Signed out: 2." in ok(lena.command("laptop", "devices", "end-others", typed=[]))
    assert [refused(other.whoami) for other in others] == ["not_signed_in"] * 2
    assert "no other device" in ok(lena.command("laptop", "devices", "end-others", typed=[]))
    assert laptop.whoami().email == EMAIL


@pytest.mark.parametrize("what", ["ways", "devices"])
@pytest.mark.usefixtures("laptop")
def test_the_bare_word_lists_them(lena: Household, what: str) -> None:
    listed = ok(lena.command("laptop", what, typed=[]))
    assert "since" in listed
    assert listed == ok(lena.command("laptop", what, "list", typed=[]))
    told = json.loads(ok(lena.command("laptop", "--json", what, typed=[], person=False)).splitlines()[0])
    assert told["type"] == {"ways": "way_in", "devices": "device"}[what]
    result = lena.command("laptop", what, "nonsense", typed=[])
    assert (result.exit_code, result.stdout) == (2, "")


# --- the end ---


def test_an_account_is_erased_only_by_its_address_and_a_proof(lena: Household, laptop: Client) -> None:
    result = lena.command("laptop", "account", "erase", typed=["yes"])
    assert "Nothing was erased" in result.stderr
    assert laptop.whoami().email == EMAIL
    told = ok(lena.command("laptop", "account", "erase", typed=[EMAIL.upper(), *lena.proof]))
    assert "Your account is erased" in told
    assert lena.world.rows.accounts == {}
    assert refused(laptop.identity) == "not_signed_in"


def test_help_names_the_commands(lena: Household) -> None:
    told = ok(lena.command("laptop", "help", typed=[]))
    for word in ("devices", "ways", "account", "secure", "end-others", "recovery-key", "erase"):
        assert word in told


def test_help_with_a_command_tells_how_it_is_used(lena: Household) -> None:
    assert "recovery-key" in ok(lena.command("laptop", "help", "account", typed=[]))
    assert "--password-stdin" in ok(lena.command("laptop", "help", "account", "password", typed=[]))
    assert "there is no command nonsense" in lena.command("laptop", "help", "nonsense", typed=[]).stderr
