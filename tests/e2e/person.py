"""A person with an authenticator, a password and as many devices as it takes; each device is the terminal client."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pyotp

from sealmate_cli.client import Client
from sealmate_cli.line import Patience
from sealmate_cli.socket import Dial
from tests.e2e.stack import wait_until

# Comes back soon, and waits long for what a busy machine takes its time with.
PATIENCE = Patience(waits=(0.1, 0.2, *(0.5,) * 400), silence=10, aftermath=5, aftermath_rounds=24, gap=0.5)
# Looks into storage instead, where nobody is left to send what follows an answer.
AFTER_CRASH = replace(PATIENCE, silence=5, aftermath=2, aftermath_rounds=4)


@dataclass(kw_only=True)
class Person:
    """`url` is the stack's front; signed up once `sign_up` has run."""

    url: str
    home: Path
    email: str = field(default_factory=lambda: f"mara-{secrets.token_hex(8)}@example.com")
    password: str = field(default_factory=lambda: f"a quite long password {secrets.token_hex(8)}")
    account: str = ""
    recovery_key: str = ""
    totp_secret: str = ""
    backup_codes: list[str] = field(default_factory=list)
    mailed_code: str = ""
    patience: Patience = PATIENCE
    devices: list[Client] = field(default_factory=list)
    _last_step: int = 0

    def sign_up(self) -> "Person":
        made = self._device().signup(
            self.email,
            self.password,
            read_code=self._read_mail,
            read_totp=lambda secret, _uri: self._first_code(secret),
        )
        self.account, self.recovery_key, self.backup_codes = made.account_id, made.recovery_key, made.backup_codes
        return self

    @property
    def laptop(self) -> Client:
        """The device that signed up."""
        return self.devices[0]

    def device(self, *, dial: Dial | None = None, read_code: Callable[[], str] | None = None) -> Client:
        """Another device, signed in with a backup code: those need not wait for the authenticator's next one."""
        device = self._device(dial=dial)
        device.login(self.email, self.password, read_totp=read_code or self.backup_codes.pop)
        return device

    def next_code(self) -> str:
        """The authenticator's; none is used twice."""
        self._last_step = max(self._last_step + 1, int(time.time()) // 30)
        return pyotp.TOTP(self.totp_secret).at(self._last_step * 30)

    def close(self) -> None:
        for device in self.devices:
            device.close()

    def _device(self, *, dial: Dial | None = None) -> Client:
        home = self.home / f"device-{len(self.devices)}"
        self.devices.append(Client(self.url, home, dial=dial, patience=self.patience))
        return self.devices[-1]

    def _first_code(self, secret: str) -> str:
        self.totp_secret = secret
        return self.next_code()

    def _read_mail(self) -> str:
        self.mailed_code = wait_until(self._mail, "the code comes by mail")
        return self.mailed_code

    def _mail(self) -> str:
        mails = httpx.get(f"{self.url}/mail", trust_env=False, timeout=30).json()
        mine = [mail["text"] for mail in mails if any(self.email in to for to in mail["to"])]
        found = re.search(r"\b\d{6}\b", mine[0]) if mine else None
        return found.group() if found else ""
