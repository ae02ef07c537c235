"""The end of an erasure: its receipt is closed, mailed to where the account had its address, and then the address is forgotten too."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sealmate import errors
from sealmate.accounts.receipts import Receipt, ReceiptStore, mac_of
from sealmate.accounts.records import Erasure
from sealmate.accounts.stores import Remains
from sealmate.model import to_base64url
from sealmate.ports import Clock, DataSeal, KeyService, Mailer

_log = logging.getLogger(__name__)

# A mail that was claimed and not sent is tried again after this time.
_CLAIM = 600
# An address that can't be reached so long isn't kept for it any longer; whoever has the erasure's id sees the receipt all the same.
_MAIL_FOR = 3 * 86_400
_SUBJECT = "Your Sealmate account is erased"
_TEXT = """Your Sealmate account and what was kept of it are erased since {erased_at}.
This is the receipt. It names nobody; keep it if you like.

{receipt}

The numbers count rows of our tables. "kept" are rows of amounts and times that bookkeeping wants, without a name. "mac" is a keyed
hash of all the rest: with it the server knows this receipt as its own, for as long as it runs.

Your address was kept for this mail, and is forgotten now.
"""


@dataclass(frozen=True, kw_only=True)
class CloseErasure:
    """What only the end needs comes as functions."""

    clock: Clock
    remains: Remains
    receipts: ReceiptStore
    keys: Callable[[], KeyService]
    seal: Callable[[], DataSeal]
    mailer: Callable[[], Mailer]

    def __call__(self, erasure: Erasure) -> int:
        """Seconds until it is to be tried again; 0 if all is over. A crash between mail and forgetting repeats the mail."""
        receipt, now = self._closed(erasure), self.clock.now()
        if not self.remains.claim_mail(erasure, now=now, until=now + _CLAIM):
            return _CLAIM
        if not self._mailed(erasure, receipt) and now < erasure.shredded_at + _MAIL_FOR:
            return _CLAIM
        self.remains.forget(erasure.account_id)
        return 0

    def _closed(self, erasure: Erasure) -> Receipt:
        """The same whenever it is asked for: of two that close it one does."""
        receipt = self.receipts.get(erasure.erasure_id)
        if receipt is None:
            raise errors.Internal()
        if receipt.erased_at is None:
            done = replace(receipt, kept=self.remains.kept(erasure.account_id), erased_at=self.clock.now())
            done = replace(done, mac=mac_of(done, keys=self.keys()))
            if self.receipts.close(done):
                return done
            receipt = self.receipts.get(erasure.erasure_id) or done
        return receipt

    def _mailed(self, erasure: Erasure, receipt: Receipt) -> bool:
        try:
            email = self.seal().open(erasure.email_sealed, purpose="email", owner=erasure.account_id).decode()
            self.mailer().send(to=email, subject=_SUBJECT, text=_words(receipt))
        except errors.SealmateError as error:
            _log.error("receipt not mailed", extra={"account_id": erasure.account_id, "error": error.code})
            return False
        return True


def _words(receipt: Receipt) -> str:
    told = {
        "erasure_id": receipt.erasure_id,
        "requested_at": receipt.requested_at,
        "erased_at": receipt.erased_at,
        "deleted": dict(receipt.deleted),
        "kept": receipt.kept,
        "mac": to_base64url(receipt.mac or b""),
    }
    day = time.strftime("%d %B %Y, %H:%M UTC", time.gmtime(receipt.erased_at))
    return _TEXT.format(erased_at=day, receipt=json.dumps(told, indent=2))
