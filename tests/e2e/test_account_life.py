"""The terminal's commands of an account's life, whole: on the deployed stack, typed line by line, mails and all."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from sealmate_cli.client import Client
from sealmate_cli.errors import ClientError
from sealmate_cli.main import app
from tests.e2e.hearing import ask
from tests.e2e.person import Person
from tests.e2e.playbook import unique
from tests.e2e.stack import Stack, wait_until
from tests.e2e.wire import Wire

Json = dict[str, Any]


def sealmate(person: Person, home: Path, *words: str, typed: tuple[str, ...] = ()) -> list[Json]:
    """What a script is told, the last line last."""
    before = ["--server", person.url, "--home", str(home), "--json"]
    result = CliRunner().invoke(app, [*before, *words], input="".join(f"{line}\n" for line in typed))
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def at(person: Person, device: int, *words: str, typed: tuple[str, ...] = ()) -> Json:
    return sealmate(person, person.home / f"device-{device}", *words, typed=typed)[-1]


def proof(person: Person) -> tuple[str, str]:
    return person.password, person.backup_codes.pop()


def code_mailed_to(person: Person, email: str) -> str:
    def newest() -> str:
        mails = httpx.get(f"{person.url}/mail", trust_env=False, timeout=30).json()
        mine = [mail["text"] for mail in mails if any(email in to for to in mail["to"])]
        found = [code for text in mine for code in re.findall(r"\b\d{6}\b", text)]
        return found[0] if found else ""

    return wait_until(newest, "the code comes by mail")


def ended(device: Client) -> bool:
    try:
        device.whoami()
    except ClientError as error:
        return error.code == "not_signed_in"
    return False


def test_a_device_is_added_by_another_and_reads_what_was_said(newcomer: Callable[[], Person], tmp_path: Path) -> None:
    person = newcomer()
    text = unique("Said before the other device came")
    chat = ask(person.laptop, text).chat
    giving = person.laptop.give_keys()
    phone = Client(person.url, tmp_path)
    taking = phone.take_keys(giving.link)
    with ThreadPoolExecutor(1) as pool:
        meeting = pool.submit(giving.meet)
        assert taking.meet() == meeting.result().code
    with pytest.raises(ClientError) as unproved:
        giving.give(meeting.result())
    assert unproved.value.code == "step_up_needed"
    person.laptop.prove(*proof(person))
    giving.give(meeting.result())
    assert taking.enter().email == person.email
    giving.arrived()
    assert [turn.text for turn in phone.turns(chat)] == [text]
    assert len(sealmate(person, tmp_path, "devices", "list")) == 2
    phone.close()


def test_ways_in_are_renewed_one_after_the_other(stack: Stack, newcomer: Callable[[], Person]) -> None:
    person = newcomer()
    phone = person.device()
    listed = sealmate(person, person.home / "device-0", "ways", "list")
    assert sorted(way["kind"] for way in listed) == ["password", "recovery"]

    with Wire(phone, stack.url) as theirs:
        assert theirs.lives()
        new = f"{person.password}, renewed"
        at(person, 0, "account", "password", "--password-stdin", typed=(new, *proof(person)))
        assert theirs.hear_close() == 1000
    assert ended(phone)
    person.password = new

    codes = at(person, 0, "account", "backup-codes")["codes"]
    person.backup_codes = codes
    first = person.device()
    assert first.whoami().email == person.email

    way = next(way for way in listed if way["kind"] == "recovery")
    told = at(person, 0, "ways", "rename", way["method_id"], "In the safe")
    assert told["name"] == "In the safe"

    after = f"later-{person.email}"
    account = person.laptop.account
    account.begin_email(after)
    account.replace_email(after, code_new=code_mailed_to(person, after), code_old=code_mailed_to(person, person.email))
    assert person.laptop.identity().email == after


def test_all_other_devices_are_signed_out_at_once(stack: Stack, newcomer: Callable[[], Person]) -> None:
    person = newcomer()
    others = [person.device(), person.device()]
    with Wire(others[0], stack.url) as theirs:
        assert theirs.lives()
        assert at(person, 0, "devices", "end-others") == {"type": "other_devices_ended", "ended": 2}
        assert theirs.hear_close() == 1000
    assert all(ended(other) for other in others)
    assert len(sealmate(person, person.home / "device-0", "devices", "list")) == 1


def test_an_account_is_erased_from_the_terminal(newcomer: Callable[[], Person]) -> None:
    person = newcomer()
    told = at(person, 0, "account", "erase", typed=(person.email, *proof(person)))
    assert told == {"type": "erased", "email": person.email}
    with pytest.raises(ClientError) as gone:
        person.laptop.identity()
    assert gone.value.code == "not_signed_in"
