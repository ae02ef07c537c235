"""Several devices of one person before the real handlers, with fakes only behind those."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from pyotp import TOTP
from typer.testing import CliRunner, Result

from sealmate_cli.client import Client
from sealmate_cli.invocation import Surroundings
from sealmate_cli.main import app
from tests.fakes.in_process import Alter, in_process
from tests.unit.accounts.world import World

EMAIL, PASSWORD = "lena@example.org", "a seal on the beach"
ORIGIN = "http://localhost:8410"


@dataclass
class Household:
    world: World
    home: Path
    made: list[Client] = field(default_factory=list)
    totp_secret: str = ""
    recovery_key: str = ""
    backup_codes: list[str] = field(default_factory=list)

    def device(self, name: str, *, alter: Alter | None = None) -> Client:
        transport = in_process(self.world.api, alter=alter) if alter else in_process(self.world.api)
        self.made.append(
            Client(
                ORIGIN,
                self.home / name,
                transport=transport,
                now=self.world.clock.now,
                pause=lambda _seconds: time.sleep(0.001),
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

    def totp(self) -> str:
        """A fresh one: the clock moves on."""
        self.world.clock.sleep(30)
        return TOTP(self.totp_secret).at(self.world.clock.now())

    def command(self, device: str, *words: str, typed: list[str], person: bool = True) -> Result:
        """`sealmate` on that device, with what is typed there line by line."""
        surroundings = Surroundings(make_client=lambda _server, _home: self.device(device), interactive=person)
        lines = "".join(f"{line}\n" for line in typed)
        return CliRunner().invoke(app, list(words), input=lines, obj=surroundings, catch_exceptions=False)

    @property
    def proof(self) -> list[str]:
        """What the question for a fresh proof asks for."""
        return [PASSWORD, self.totp()]

    def close(self) -> None:
        for client in self.made:
            client.close()
