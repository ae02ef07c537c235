"""Who has lost every way in: told what else to try, made to wait, stopped by a sign-in, and given the address anew."""

from __future__ import annotations

import json

import pytest

from functions.job_send_reminders.handler import handle as send_reminders
from sealmate_cli.client import Client
from tests.unit.cli.household import EMAIL, PASSWORD, Household, Line, ok, refused

WEEK = 7 * 86_400


def pass_week(lena: Household) -> None:
    """With the job that mails the warnings."""
    for _ in range(28):
        lena.world.clock.advance(WEEK // 28)
        assert send_reminders({}, None)["failed"] == 0


def mailed(lena: Household) -> Line:
    return lambda: lena.world.code_for(EMAIL)


def reset(lena: Household, *after: Line) -> list[Line]:
    return [EMAIL, mailed(lena), *after]


@pytest.mark.usefixtures("laptop")
def test_it_waits_a_week_and_then_the_address_has_a_new_account(lena: Household) -> None:
    (before,) = lena.world.rows.accounts
    result = lena.command("new", "reset", typed=[EMAIL, "000000", mailed(lena), EMAIL.upper()])
    assert "`sealmate login` takes it in place of the password" in ok(result)
    assert "all credits, bought ones too" in result.stdout
    assert "isn't right" in result.stderr
    assert "The waiting time runs until" in result.stdout
    again = ok(lena.command("new", "reset", typed=reset(lena)))
    assert "The waiting time runs until" in again
    pass_week(lena)
    # The clock of the authenticator's codes isn't asked: the new account shows its own secret, which nobody has typed here.
    result = lena.command("new", "reset", typed=reset(lena, EMAIL, mailed(lena), PASSWORD, PASSWORD))
    assert "The account is gone. Its receipt: http://localhost:8410/erased/" in result.stdout
    assert "Authenticator secret" in result.stdout
    assert before not in lena.world.rows.accounts
    lena.sign_up(lena.device("new"))
    assert before not in lena.world.rows.accounts
    assert len(lena.world.rows.accounts) == 1


@pytest.mark.usefixtures("laptop")
def test_without_the_address_typed_nothing_begins_and_nothing_ends(lena: Household) -> None:
    assert "That is another address" in lena.command("new", "reset", typed=reset(lena, "yes")).stderr
    assert lena.world.rows.resets == {}
    ok(lena.command("new", "reset", typed=reset(lena, EMAIL)))
    pass_week(lena)
    assert "That is another address" in lena.command("new", "reset", typed=reset(lena, "yes")).stderr
    assert len(lena.world.rows.accounts) == 1


def test_whoever_gets_in_after_all_stops_it(lena: Household, laptop: Client) -> None:
    ok(lena.command("new", "reset", typed=reset(lena, EMAIL)))
    laptop.logout()
    lena.log_in("laptop", password=lena.recovery_key)
    assert lena.world.rows.resets == {}
    assert lena.device("laptop").whoami().email == EMAIL


@pytest.mark.usefixtures("laptop")
def test_a_script_is_told_how_it_stands(lena: Household) -> None:
    words = ("--json", "reset", "--email", EMAIL)
    told = [
        json.loads(line)
        for line in ok(lena.command("new", *words, typed=[mailed(lena), EMAIL], person=False)).splitlines()
    ]
    assert [each["type"] for each in told] == ["input_needed", "input_needed", "reset_waiting"]
    assert told[-1]["ready_at"] == lena.world.clock.now() + WEEK
    pass_week(lena)
    told = [
        json.loads(line)
        for line in ok(lena.command("new", *words, typed=[mailed(lena), EMAIL], person=False)).splitlines()
    ]
    assert (told[-1]["type"], told[-1]["email"]) == ("account_gone", EMAIL)


def test_a_device_that_is_signed_in_has_lost_nothing(laptop: Client) -> None:
    assert refused(lambda: laptop.lose_account(EMAIL)) == "already_signed_in"


def test_an_address_without_an_account_looks_the_same(lena: Household) -> None:
    lost = lena.device("new").lose_account("nobody@example.org")
    assert refused(lambda: lost.look("000000")) == "wrong_code"


@pytest.mark.usefixtures("laptop")
def test_a_code_that_was_mailed_counts_for_another_command(lena: Household) -> None:
    lena.device("new").lose_account(EMAIL)
    code = lena.world.code_for(EMAIL)
    result = lena.command("new", "reset", "--code", "000000", typed=[code, EMAIL])
    assert "isn't right" in result.stderr
    assert "The waiting time runs until" in ok(result)
    assert "The waiting time runs until" in ok(lena.command("new", "reset", "--code", code, typed=[]))
    lena.world.clock.advance(1800)
    result = lena.command("new", "reset", "--code", code, typed=[])
    assert "it has a new one mailed" in result.stderr


@pytest.mark.usefixtures("laptop")
def test_a_code_of_another_address_or_device_belongs_to_none(lena: Household) -> None:
    lena.device("new").lose_account(EMAIL)
    words = ("reset", "--code", lena.world.code_for(EMAIL))
    assert "was asked for from here" in lena.command("other", *words, typed=[]).stderr
    assert "was asked for from here" in lena.command("new", *words, "--email", "bo@example.org", typed=[]).stderr


@pytest.mark.usefixtures("laptop")
def test_after_the_end_no_code_is_left(lena: Household) -> None:
    ok(lena.command("new", "reset", typed=reset(lena, EMAIL)))
    pass_week(lena)
    lost = lena.device("new").lose_account(EMAIL)
    lost.look(lena.world.code_for(EMAIL))
    lost.finish()
    assert lena.device("new").lost_account() is None
