"""Signing in with the recovery key in place of the password, over the real handlers."""

from __future__ import annotations

import json

import pytest

from sealmate_cli.client import Client
from tests.unit.cli.household import EMAIL, PASSWORD, Household, Line, ok, refused

NEW_PASSWORD = "another seal, another beach"


def test_the_recovery_key_opens_the_account(lena: Household, laptop: Client) -> None:
    typed: list[Line] = [EMAIL, lena.recovery_key.lower(), "000000", lena.totp]
    result = lena.command("phone", "login", typed=typed)
    assert f"Signed in as {EMAIL}." in ok(result)
    assert "isn't right" in result.stderr, "the code that was mistyped"
    assert "make a new one: `sealmate account password`" in result.stdout
    assert lena.recovery_key.lower() not in result.output
    ours, theirs = laptop.identity(), lena.device("phone").identity()
    assert (theirs.master_key, theirs.signing_public_key) == (ours.master_key, ours.signing_public_key)


@pytest.mark.usefixtures("laptop")
def test_a_lost_password_is_replaced_with_it(lena: Household) -> None:
    lena.log_in("phone", password=lena.recovery_key)
    typed: list[Line] = [NEW_PASSWORD, NEW_PASSWORD, lena.recovery_key, lena.totp]
    assert "Your password is changed" in ok(lena.command("phone", "account", "password", typed=typed))
    assert refused(lambda: lena.log_in("third")) == "wrong_credentials"
    lena.log_in("fourth", password=NEW_PASSWORD)


@pytest.mark.usefixtures("laptop")
def test_a_script_signs_in_with_it(lena: Household) -> None:
    words = ("--json", "login", "--email", EMAIL, "--password-stdin", "--totp-code", lena.backup_codes[0])
    told = ok(lena.command("phone", *words, typed=[lena.recovery_key], person=False))
    assert json.loads(told)["type"] == "signed_in"


@pytest.mark.usefixtures("laptop")
def test_nothing_but_the_own_key_opens(lena: Household) -> None:
    another = lena.recovery_key[:-1] + ("0" if lena.recovery_key[-1] != "0" else "1")
    assert refused(lambda: lena.log_in("phone", password=another)) == "wrong_credentials"
    assert refused(lambda: lena.log_in("phone", password=lena.recovery_key, code="000000")) == "wrong_code"
    assert lena.device("phone")._profile.load().identity is None


@pytest.mark.usefixtures("laptop")
def test_the_password_needs_no_more_than_before(lena: Household) -> None:
    told = ok(lena.command("phone", "login", typed=[EMAIL, PASSWORD, lena.totp]))
    assert "account password" not in told
