"""Several devices of one person before the real handlers, with fakes only behind those."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from pyotp import TOTP
from typer.testing import CliRunner, Result

from sealmate_cli import crypto
from sealmate_cli.client import Client
from sealmate_cli.crypto import Random, system_random
from sealmate_cli.errors import ClientError
from sealmate_cli.invocation import Surroundings
from sealmate_cli.main import app
from sealmate_cli.wire.http import WrappedKeysAnswer
from sealmate_cli.wire.shape import to_wire
from tests.fakes.in_process import Alter, in_process
from tests.unit.accounts.world import World
from tests.unit.cli.breaking import Breaking, Through

EMAIL, PASSWORD = "lena@example.org", "a seal on the beach"
ORIGIN = "http://localhost:8410"


Line = str | Callable[[], str]
"""What is typed, or what finds it out when it is asked for."""


class Keyboard(io.RawIOBase):
    """Each line is typed when it is read."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = iter(lines)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        for line in self._lines:
            typed = f"{line if isinstance(line, str) else line()}\n".encode()
            buffer[: len(typed)] = typed
            return len(typed)
        return 0


@dataclass
class Household:
    world: World
    home: Path
    made: list[Client] = field(default_factory=list)
    totp_secret: str = ""
    recovery_key: str = ""
    backup_codes: list[str] = field(default_factory=list)

    def device(
        self, name: str, *, alter: Alter | None = None, through: Through = Breaking, random: Random = system_random
    ) -> Client:
        transport = through(in_process(self.world.api, alter=alter) if alter else in_process(self.world.api))
        self.made.append(
            Client(
                ORIGIN,
                self.home / name,
                transport=transport,
                now=self.world.clock.now,
                pause=lambda _seconds: time.sleep(0.001),
                random=random,
            )
        )
        return self.made[-1]

    def sign_up(self, client: Client) -> Client:
        def read_totp(secret: str, _uri: str) -> str:
            self.totp_secret = secret
            return self.totp()

        done = client.signup(EMAIL, PASSWORD, read_code=lambda: self.world.code_for(EMAIL), read_totp=read_totp)
        self.recovery_key, self.backup_codes = done.recovery_key, done.backup_codes
        return client

    def log_in(self, name: str, *, password: str = PASSWORD, email: str = EMAIL, code: str = "") -> Client:
        device = self.device(name)
        device.login(email, password, read_totp=lambda: code or self.totp())
        return device

    def totp(self) -> str:
        """A fresh one: the clock moves on."""
        self.world.clock.sleep(30)
        return TOTP(self.totp_secret).at(self.world.clock.now())

    def command(
        self,
        device: str,
        *words: str,
        typed: Sequence[Line],
        person: bool = True,
        random: Random = system_random,
        through: Through = Breaking,
    ) -> Result:
        """`sealmate` on that device, with what is typed there line by line."""
        surroundings = Surroundings(
            make_client=lambda _server, _home: self.device(device, random=random, through=through), interactive=person
        )
        keyboard = io.BufferedReader(Keyboard(typed))
        # The runner takes only what is known before the command begins.
        with patch("typer.testing.make_input_stream", return_value=keyboard):
            return CliRunner().invoke(app, list(words), obj=surroundings, catch_exceptions=False)

    @property
    def proof(self) -> list[str]:
        """What the question for a fresh proof asks for."""
        return [PASSWORD, self.totp()]

    def close(self) -> None:
        for client in self.made:
            client.close()


def ok(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(action: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as error:
        action()
    return error.value.code


def sign_manifest(client: Client) -> dict[str, Any]:
    """The account's next one, as it travels."""
    session, identity = client._session, client.identity()
    wrapped = session.get(WrappedKeysAnswer, "/account/keys").keys()
    master = crypto.prove_master(wrapped, identity.master_key, identity.signing_public_key)
    made = crypto.make_manifest(
        account=identity.account,
        epoch=identity.epoch,
        methods=wrapped.methods,
        signing_seed=master.signing_seed,
        before=wrapped.manifest,
    )
    named = [{"method_id": method_id, "public_hash": hashed} for method_id, hashed in made.methods]
    told: dict[str, Any] = to_wire({**vars(made), "methods": named})
    session.tell("POST", "/account/manifest", {"manifest": told})
    return told
