"""At every opening the owner hears of devices nobody knows yet, and of a reset that somebody began."""

from __future__ import annotations

import json

from sealmate_cli.client import Client
from tests.unit.cli.household import EMAIL, Household, ok, refused


def only_new(client: Client) -> str:
    (device,) = client.account.new_devices()
    return device.device_id


def test_a_new_device_is_asked_about_until_it_is_answered(lena: Household, laptop: Client) -> None:
    lena.log_in("phone")
    short = only_new(laptop)[:8]
    for _ in range(2):
        result = lena.command("laptop", "whoami", typed=[])
        assert "Was that you?" in result.stderr
        assert "A new device" not in ok(result), "what was asked for stays alone"
        assert f"`sealmate devices not-mine {short}`" in result.stderr
    listed = ok(lena.command("laptop", "devices", "new", typed=[]))
    assert "Terminal, " in listed
    assert "known as yours" in ok(lena.command("laptop", "devices", "mine", short, typed=[]))
    assert lena.command("laptop", "whoami", typed=[]).stderr == ""
    assert "No device is new." in ok(lena.command("laptop", "devices", "new", typed=[]))
    assert "no new device of this id" in lena.command("laptop", "devices", "mine", short, typed=[]).stderr


def test_one_that_is_not_mine_is_out_at_once_and_what_to_do_next_is_said(lena: Household, laptop: Client) -> None:
    thief = lena.log_in("thief")
    told = ok(lena.command("laptop", "devices", "not-mine", only_new(laptop), typed=["later"]))
    assert "is signed out" in told
    assert "`sealmate secure`" in told
    assert refused(thief.whoami) == "not_signed_in"
    assert laptop.account.new_devices() == []


def test_a_device_that_is_new_itself_vouches_only_with_a_proof(lena: Household, laptop: Client) -> None:
    first, second = lena.log_in("phone"), lena.log_in("tablet")
    (mine,) = [each.device_id for each in first.account.new_devices() if each in second.account.new_devices()] or [""]
    assert mine == "", "neither is asked about itself"
    other = only_new(first)
    assert refused(lambda: first.account.answer_device(other, mine=True)) == "step_up_needed"
    assert "known as yours" in ok(lena.command("phone", "devices", "mine", other, typed=lena.proof))
    assert len(laptop.account.new_devices()) == 1


def test_a_script_is_told_only_if_it_asks(lena: Household, laptop: Client) -> None:
    lena.log_in("phone")
    result = lena.command("laptop", "--json", "whoami", typed=[], person=False)
    assert [json.loads(line)["type"] for line in ok(result).splitlines()] == ["account"]
    assert result.stderr == ""
    told = json.loads(ok(lena.command("laptop", "--json", "devices", "new", typed=[], person=False)))
    assert (told["type"], told["device_id"]) == ("new_device", only_new(laptop))


def test_a_reset_that_somebody_began_is_told_and_stopped(lena: Household, laptop: Client) -> None:
    thief = lena.device("elsewhere").lose_account(EMAIL)
    code = lena.world.code_for(EMAIL)
    assert thief.look(code).state == "none"
    thief.start()
    result = lena.command("laptop", "whoami", typed=[])
    assert "every way into your account is lost" in result.stderr
    assert "`sealmate account stop-reset`" in result.stderr
    assert "nothing was erased" in ok(lena.command("laptop", "account", "stop-reset", typed=[]))
    assert thief.look(code).state == "none"
    assert lena.command("laptop", "whoami", typed=[]).stderr == ""
    assert laptop.account.reset_ready_at() is None


def test_an_id_may_begin_like_an_option(lena: Household, laptop: Client) -> None:
    assert laptop.account.new_devices() == []
    for answer in ("mine", "not-mine"):
        assert "no new device of this id" in lena.command("laptop", "devices", answer, "-kAbc", typed=[]).stderr
