"""The mails of a reset, each at its time; nothing in them opens, confirms or stops anything."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts.owner import email_of
from sealmate.accounts.resets import Reset, ResetStore
from sealmate.accounts.stores import AccountStore
from sealmate.ports import Clock, DataSeal, Mailer

_log = logging.getLogger(__name__)

# A mail that was claimed and not sent is tried again after this time.
_CLAIM = 600
_HOW_TO_STOP = """If that wasn't you, or you can get in after all: sign in to Sealmate on any device before then. Signing in stops it,
and so does the notice on a device that is signed in. Then change the password of this mailbox: somebody could read it.

This mail has no link, so that nobody can teach you to press one.
"""
_MAILS = (
    (
        "Your Sealmate account is to be erased on {ready}",
        "Someone with access to this mailbox, perhaps you, has said that every way into your Sealmate account is lost.\n"
        "Nothing is erased yet. From {ready} on, the account can be erased with a fresh code from this mailbox, with all its\n"
        "chats and credits; after that a new one can be made with this address.\n\n",
    ),
    (
        "Reminder: your Sealmate account is to be erased on {ready}",
        "Half of the waiting time is over. From {ready} on, your Sealmate account can be erased with a fresh code from this mailbox.\n\n",
    ),
    (
        "Last reminder: your Sealmate account is to be erased on {ready}",
        "The waiting time ends on {ready}. From then on, your Sealmate account can be erased with a fresh code from this mailbox.\n\n",
    ),
    (
        "Your Sealmate account can be erased now",
        "The waiting time is over. If you still want it, ask for a code where you began, and confirm: the account ends then, and\n"
        "not before. If nobody does by {ends}, nothing is erased and all stays as it was.\n\n",
    ),
)
_ENDED = (
    "Your Sealmate account stays as it is",
    "It was to be erased because every way into it was lost, and nobody confirmed that in time. Nothing was erased.\n"
    "If you still need it, ask for it again.\n",
)
_STOPPED = (
    "Your Sealmate account will not be erased",
    "Someone who is signed in to your account, perhaps you, has stopped its being erased. Nothing was erased.\n\n"
    "If it wasn't you, and all your ways in are lost: someone else is in your account. Ask again for it to be erased.\n",
)


@dataclass(frozen=True, kw_only=True)
class ResetMails:
    """`waiting`: seconds of the waiting period."""

    clock: Clock
    seal: DataSeal
    mailer: Mailer
    accounts: AccountStore
    resets: ResetStore
    waiting: int

    def catch_up(self, reset: Reset) -> Reset | None:
        """Sends what is due and ends what nobody finished in time; the reset as it is then, None if there is none.

        Each mail is sent by one caller and noted after it, so a crash between the two repeats it and never leaves it out. One that
        can't be sent is tried again later; without it the account doesn't end.
        """
        while reset.due_at <= self.clock.now():
            if self.clock.now() >= reset.ends_at:
                if self.resets.stop(reset):
                    self._tell(reset, *_ENDED)
                return None
            if not self._mail_next(reset):
                return self.resets.get(reset.account_id)
            following = self.resets.get(reset.account_id)
            if following is None:
                return None
            reset = following
        return reset

    def tell_stopped(self, reset: Reset) -> None:
        self._tell(reset, *_STOPPED)

    def _mail_next(self, reset: Reset) -> bool:
        """False if it isn't the caller's to send, or couldn't be sent."""
        if reset.mailed >= len(_MAILS) or not self.resets.claim(reset, until=self.clock.now() + _CLAIM):
            return False
        if not self._tell(reset, *_MAILS[reset.mailed]):
            return False
        mailed = reset.after_mail(sent_at=self.clock.now(), waiting=self.waiting)
        return self.resets.note(reset, mailed=mailed)

    def _tell(self, reset: Reset, subject: str, text: str) -> bool:
        account = self.accounts.get(reset.account_id)
        if account is None:
            return False
        email = email_of(account, self.seal)
        days = {"ready": _day(reset.ready_at), "ends": _day(reset.ends_at)}
        whole = text + _HOW_TO_STOP if text.endswith("\n\n") else text
        try:
            self.mailer.send(to=email, subject=subject.format(**days), text=whole.format(**days))
        except errors.MailNotSent as error:
            _log.error("mail of a reset not sent", extra={"account_id": reset.account_id, **error.details})
            return False
        return True


def _day(at: int) -> str:
    return time.strftime("%d %B %Y, %H:%M UTC", time.gmtime(at))
