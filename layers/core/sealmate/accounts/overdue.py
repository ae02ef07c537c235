"""Accounts whose key no device has turned in time: marked when it is due, reminded once by mail a good while later."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from sealmate import errors
from sealmate.accounts.owner import email_of
from sealmate.accounts.stores import AccountStore
from sealmate.ports import Clock, DataSeal, Mailer

_log = logging.getLogger(__name__)

_DAY = 86_400
# For a device to come and turn the key by itself.
_PATIENCE = 14 * _DAY
_SUBJECT = "Your Sealmate keys wait for one of your devices"
_TEXT = """Your devices replace the account's master key from time to time. It has been due for two weeks, and none of them was there.

Open Sealmate on one of your devices: it does the rest by itself, in a moment. Until then all works as before.
If you have lost every device, sign in on another one with what you saved.

This is the only reminder. This mail has no link, so that nobody can teach you to press one.
"""


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """`step`: what comes next, the mark that it is due, or the reminder.

    `at`: when the key was last turned; later where a mail is tried again.
    """

    account_id: str
    step: Literal["rotation", "reminder"]
    at: int


class OverdueStore(Protocol):
    def waiting(self, step: Literal["rotation", "reminder"], *, before: int, limit: int) -> list[Overdue]:
        """The one that waits longest first. May lag behind; `move` doesn't."""

    def move(self, overdue: Overdue, *, to: Overdue | None) -> bool:
        """To its next step, or out of sight. False if its key was turned meanwhile, someone else moved it, or it is gone."""


@dataclass(frozen=True, kw_only=True)
class RemindingOverdue:
    """`every`: seconds after which a rotation is due. Safe to repeat, to interrupt anywhere and to run twice at once."""

    clock: Clock
    seal: DataSeal
    mailer: Mailer
    accounts: AccountStore
    store: OverdueStore
    every: int

    def due(self, limit: int) -> list[Overdue]:
        return self.store.waiting("rotation", before=self.clock.now() - self.every, limit=limit)

    def mark(self, overdue: Overdue) -> None:
        self.store.move(overdue, to=replace(overdue, step="reminder"))

    def forgotten(self, limit: int) -> list[Overdue]:
        return self.store.waiting("reminder", before=self._patience_ended(), limit=limit)

    def remind(self, overdue: Overdue) -> None:
        """Put off for a day first, so that one run alone sends it; a mail that fails is tried again then."""
        claimed = replace(overdue, at=self._patience_ended() + _DAY)
        if not self.store.move(overdue, to=claimed):
            return
        account = self.accounts.get(overdue.account_id)
        if account is None:
            return
        email = email_of(account, self.seal)
        try:
            self.mailer.send(to=email, subject=_SUBJECT, text=_TEXT)
        except errors.MailNotSent as error:
            _log.error("reminder not sent", extra={"account_id": overdue.account_id, **error.details})
            return
        self.store.move(claimed, to=None)

    def _patience_ended(self) -> int:
        """Whose key was turned before then is reminded now."""
        return self.clock.now() - self.every - _PATIENCE
