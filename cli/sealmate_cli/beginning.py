"""A session begins on this device: signed by the device's own key, then kept with the account's keys, or ended."""

import contextlib
import platform
import time
from typing import Any

from sealmate_cli import crypto
from sealmate_cli.api import Answer, Api
from sealmate_cli.device_keys import signer
from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.profile import Identity, ProfileFile
from sealmate_cli.wire import http as wire

DEVICE = f"Terminal, {platform.system()}"


class Beginning:
    """One session of `account`; its device key is the one that there is, or a new one."""

    def __init__(self, api: Api, profile: ProfileFile, account: str) -> None:
        self._api, self._profile, self._account = api, profile, account
        self._device_key = profile.device_key(account)

    def call(self, answer: type[Answer], path: str, body: dict[str, Any], *, step: str) -> Answer:
        """`step`: the id of what this completes; it is what is signed."""
        sign = signer(self._device_key, time.time)
        return self._api.call(answer, "POST", path, body=body | {"transport": "bearer"}, sign=sign, step=step)

    def remember(self, email: str, session: wire.Session, master: crypto.MasterKeys, pins: crypto.Pins) -> Identity:
        if not session.account_id == master.account == self._account:
            raise Tampered("session", "wrong_account")
        identity = Identity(
            email=email,
            session=session,
            epoch=master.epoch,
            master_key=master.master_key,
            signing_public_key=crypto.signing_public_key(master.signing_seed),
        )
        with self._profile.locked():
            known = self._profile.load().with_device_key(self._account, self._device_key)
            self._profile.save(known.signed_in(self._api.server, identity, pins))
        return identity


def end_session(api: Api, session: wire.Session) -> None:
    """One whose keys can't be trusted is no use to anyone."""
    with contextlib.suppress(ClientError):
        api.tell("POST", "/auth/logout", token=session.token)
