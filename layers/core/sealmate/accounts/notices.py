"""Mails that tell the owner of an account what was changed. Nothing in them opens or confirms anything."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

from sealmate.accounts.owner import email_of
from sealmate.accounts.records import Account
from sealmate.ports import DataSeal, Mailer

_log = logging.getLogger(__name__)

Change = Literal[
    "password",
    "recovery",
    "backup_codes",
    "authenticator",
    "email",
    "way_added",
    "way_removed",
    "device_added",
    "device_paired",
    "secured",
]
_CHANGED: dict[Change, str] = {
    "password": "Your Sealmate password was changed",
    "recovery": "Your Sealmate recovery key was replaced",
    "backup_codes": "Your Sealmate backup codes were replaced",
    "authenticator": "Your Sealmate authenticator was replaced",
    "email": "Your Sealmate e-mail address was changed",
    "way_added": "A passkey or security key was added to your Sealmate account",
    "way_removed": "A way into your Sealmate account was removed",
    "device_added": "A new device signed in to your Sealmate account",
    "device_paired": "A device was added to your Sealmate account",
    "secured": "Your Sealmate account was secured: its keys are new, and so is what opens it",
}
_FOLLOWS: dict[Change, str] = {
    "way_added": "It signs in from now on.",
    "way_removed": "It opens nothing any more.",
    "device_added": "Which one, you see on every other device of yours.",
    "device_paired": "Another of your devices gave it your keys.",
    "secured": (
        "Every other device was signed out, and no password, recovery key or backup code of before works any more.\n"
        "An authenticator, if you have one, is still the same: if it was on a device that you lost, replace it too."
    ),
}
_REPLACED = "What you had before no longer works."
_SECURE = """sign in at once, {by}, and choose “Secure the account” under Settings, Account, or
`sealmate secure` in the terminal. It signs all other devices out and makes your keys, password, recovery key and codes anew."""
_OTHERWISE = _SECURE.format(by="with your recovery key if need be")
_REMEDIES: dict[Change, str] = {
    "recovery": _SECURE.format(by="with your password or a passkey"),
    "secured": (
        "nothing that you have opens it any more. On the sign-in page choose “I have lost everything that opens my\n"
        "account”, or `sealmate reset` in the terminal: after a waiting time the account is erased, with all that is in it,\n"
        "and your address is free for a new one."
    ),
}
_TEXT = """{what}. {follows}

If that was you, there is nothing to do.
If it wasn't: {remedy}

This mail has no link, so that nobody can teach you to press one.
"""


@dataclass(frozen=True, kw_only=True)
class Notices:
    seal: DataSeal
    mailer: Mailer

    def tell(self, account: Account, change: Change, *, place: str = "") -> None:
        """`place`: where a device is. What a device calls itself isn't told: whoever signs in chooses those words.

        The change is made, so a mail that can't be sent must not tell the person otherwise: it is logged."""
        try:
            what, follows = _CHANGED[change], _FOLLOWS.get(change, _REPLACED)
            where = f", in or near {place}" if place else ""
            text = _TEXT.format(what=what + where, follows=follows, remedy=_REMEDIES.get(change, _OTHERWISE))
            self.mailer.send(to=email_of(account, self.seal), subject=what, text=text)
        except Exception as error:  # noqa: BLE001 - whatever it is, the change is made
            _log.error(
                "notice not sent",
                extra={"account_id": account.account_id, "change": change, "error": type(error).__name__},
            )
