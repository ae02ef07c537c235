"""An account's keys made anew by terminals on a whole stack: everything at once after somebody else was in, and quietly when it is due."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.local.ports import ROOT
from sealmate.accounts.records import App
from sealmate_cli import crypto
from sealmate_cli.client import Client
from sealmate_cli.errors import ClientError
from sealmate_cli.wire.http import WrappedKeysAnswer
from sealmate_cli.wire.shape import from_base64url, to_base64url
from tests.e2e.hearing import ask
from tests.e2e.person import Person
from tests.e2e.playbook import unique
from tests.e2e.rest import Rest
from tests.e2e.stack import Stack
from tests.fakes.app_devices import make_app, open_settings

DARK = b'{"theme":"dark"}'
SETTINGS = "/apps/web/settings"
NEW_PASSWORD = "everything is new, and long enough"
TWO_WEEKS = 14 * 86_400


class Typing:
    """The command in a process of its own; what it asks for is answered when it asks."""

    def __init__(self, person: Person, home: Path, *words: str) -> None:
        command = [sys.executable, "-m", "sealmate_cli.main", "--server", person.url, "--home", str(home), "--json"]
        self._process = subprocess.Popen(
            [*command, *words],
            env={**os.environ, "PYTHONPATH": str(ROOT / "cli")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.told: dict[str, dict[str, Any]] = {}

    def answer(self, answers: dict[str, Callable[[str], str]]) -> None:
        """By the name of what is asked for, given the question; returns when the command has ended well."""
        assert self._process.stdin
        assert self._process.stdout
        for line in self._process.stdout:
            told = json.loads(line)
            self.told[told["type"]] = told
            if told["type"] == "input_needed":
                self._process.stdin.write(answers[told["name"]](told["prompt"]) + "\n")
                self._process.stdin.flush()
        _, failed = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, failed

    def part_of_recovery_key(self, prompt: str) -> str:
        """As in: type group 3 of 14."""
        number = int(prompt.rpartition("group ")[2].partition(" of ")[0])
        return str(self.told["recovery_key"]["recovery_key"].split("-")[number - 1])


def keys_of(device: Client) -> crypto.MasterKeys:
    identity = device.identity()
    wrapped = device._session.get(WrappedKeysAnswer, "/account/keys").keys()
    return crypto.prove_master(wrapped, identity.master_key, identity.signing_public_key)


def keep_settings(device: Client) -> None:
    """As the web app does."""
    app = make_app(keys_of(device), bytes(range(32)), DARK)
    with Rest(device) as rest:
        put = {"revision": 0, "settings": to_base64url(app.settings), "key": to_base64url(app.key)}
        assert rest("PUT", SETTINGS, put).status_code == 200


def settings_of(device: Client) -> bytes:
    with Rest(device) as rest:
        shown = rest("GET", SETTINGS).json()
    app = App(
        name="web",
        revision=shown["revision"],
        key=from_base64url(shown["key"]),
        settings=from_base64url(shown["settings"]),
    )
    return open_settings(app, keys_of(device))


def texts(device: Client) -> set[str | None]:
    return {turn.text for chat in device.chats() for turn in device.turns(chat.chat_id)}


def refusal(device: Client, email: str, secret: str, code: str) -> str:
    with pytest.raises(ClientError) as error:
        device.login(email, secret, read_totp=lambda: code)
    return error.value.code


def test_an_account_is_secured_in_the_terminal(newcomer: Callable[[], Person], tmp_path: Path) -> None:
    person = newcomer()
    thief, old_password, old_codes = person.device(), person.password, list(person.backup_codes)
    said = {unique("Said before"), unique("Said elsewhere")}
    chats = [ask(person.laptop, text).chat for text in sorted(said)]
    keep_settings(person.laptop)

    typing = Typing(person, person.home / "device-0", "secure")
    passwords = iter([old_password, NEW_PASSWORD])
    typing.answer(
        {
            "password": lambda _: next(passwords),
            "totp_code": lambda _: old_codes.pop(),
            "recovery_key_part": typing.part_of_recovery_key,
        }
    )
    assert typing.told["secured"]["epoch"] == 2
    codes = typing.told["backup_codes"]["codes"]

    with pytest.raises(ClientError, match="this session has ended"):
        thief.whoami()
    assert texts(person.laptop) == said
    second = Client(person.url, tmp_path / "second")
    second.login(person.email, NEW_PASSWORD, read_totp=codes.pop)
    third = Client(person.url, tmp_path / "third")
    third.login(person.email, typing.told["recovery_key"]["recovery_key"], read_totp=person.next_code)
    for device in (second, third):
        assert texts(device) == said
        assert settings_of(device) == DARK
        assert device.whoami().epoch == 2
    refused = Client(person.url, tmp_path / "refused")
    for secret, code, reason in (
        (old_password, codes[0], "wrong_credentials"),
        (person.recovery_key, codes[0], "wrong_credentials"),
        (NEW_PASSWORD, old_codes[0], "wrong_code"),
    ):
        assert refusal(refused, person.email, secret, code) == reason

    later = unique("Said later")
    ask(second, later, chat=chats[0])
    assert second.chat_keys(chats[0]).current().generation == 2
    assert texts(person.laptop) == texts(third) == {*said, later}
    for device in (second, third, refused):
        device.close()


def test_a_terminal_turns_the_key_when_it_is_due_and_another_follows(
    stack: Stack, newcomer: Callable[[], Person]
) -> None:
    person = newcomer()
    phone, before = person.device(), person.laptop.identity()
    said = {unique("Said before"), unique("Said elsewhere")}
    for text in sorted(said):
        ask(person.laptop, text)
    keep_settings(person.laptop)
    turn_back_the_clock(stack, person)

    later = unique("Said as it turned")
    ask(person.laptop, later)
    assert person.laptop.identity().epoch == person.laptop.whoami().epoch == 2
    assert person.laptop.identity().master_key != before.master_key
    assert phone.identity().epoch == 1
    assert texts(phone) == {*said, later}
    assert phone.identity().epoch == 2
    assert phone.identity().master_key == person.laptop.identity().master_key
    assert texts(person.device()) == texts(person.laptop) == {*said, later}
    assert settings_of(phone) == DARK
    ask(phone, unique("And again"))
    assert phone.whoami().epoch == 2, "it isn't due any more"


def turn_back_the_clock(stack: Stack, person: Person) -> None:
    """The account's key was made more than two weeks ago."""
    (row,) = (
        row
        for row in stack.rows("AccountsTable")
        if "email_key" in row and "commitment" in row and person.account in str(row["pk"])
    )
    stack.client("dynamodb").update_item(
        TableName=stack.outputs["AccountsTable"],
        Key={"pk": row["pk"], "sk": row["sk"]},
        UpdateExpression="SET rotated_at = :then",
        ExpressionAttributeValues={":then": {"N": str(int(time.time()) - TWO_WEEKS - 60)}},
    )
