"""The ends of accounts: resets, erasures, their receipts, and what reminds of what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealmate.settings import settings
from sealmate.wiring.account_rows import (
    account_store,
    erasures,
    overdue_store,
    receipt_store,
    remains,
    reset_store,
    try_store,
)
from sealmate.wiring.made import once
from sealmate.wiring.platform import clock, data_seal, keys, mailer, random
from sealmate.wiring.signed_in import sessions

if TYPE_CHECKING:
    from sealmate.accounts.closing import CloseErasure
    from sealmate.accounts.erasing import EraseAccount, EraseRemains
    from sealmate.accounts.overdue import RemindingOverdue
    from sealmate.accounts.receipts import Receipts
    from sealmate.accounts.reminding import Reminding
    from sealmate.accounts.reset_mails import ResetMails
    from sealmate.accounts.resetting import Resetting


@once
def erase_account() -> EraseAccount:
    from sealmate.accounts.erasing import EraseAccount

    return EraseAccount(
        clock=clock(),
        random=random(),
        keys=keys(),
        seal=data_seal(),
        accounts=account_store(),
        counters=try_store(),
        sessions=sessions(),
        erasures=erasures(),
    )


@once
def reset_mails() -> ResetMails:
    from sealmate.accounts.reset_mails import ResetMails

    return ResetMails(
        clock=clock(),
        seal=data_seal(),
        mailer=mailer(),
        accounts=account_store(),
        resets=reset_store(),
        waiting=settings().reset_seconds,
    )


@once
def resetting() -> Resetting:
    from sealmate.accounts.resetting import Resetting

    return Resetting(
        clock=clock(),
        random=random(),
        keys=keys(),
        mailer=mailer(),
        accounts=account_store(),
        resets=reset_store(),
        counters=try_store(),
        progress=reset_mails(),
        erase=erase_account(),
        remains=remains(),
        receipts=receipt_store(),
        waiting=settings().reset_seconds,
    )


@once
def reminding_overdue() -> RemindingOverdue:
    from sealmate.accounts.overdue import RemindingOverdue

    return RemindingOverdue(
        clock=clock(),
        seal=data_seal(),
        mailer=mailer(),
        accounts=account_store(),
        store=overdue_store(),
        every=settings().rotation_days * 86_400,
    )


@once
def reminding() -> Reminding:
    from sealmate.accounts.reminding import Reminding

    return Reminding(clock=clock(), resets=reset_store(), progress=reset_mails(), overdue=reminding_overdue())


@once
def erase_remains() -> EraseRemains:
    from sealmate.accounts.erasing import EraseRemains

    return EraseRemains(clock=clock(), remains=remains(), close=close_erasure())


@once
def receipts() -> Receipts:
    from sealmate.accounts.receipts import Receipts

    return Receipts(clock=clock(), keys=keys, store=receipt_store())


@once
def close_erasure() -> CloseErasure:
    from sealmate.accounts.closing import CloseErasure

    return CloseErasure(
        clock=clock(), remains=remains(), receipts=receipt_store(), keys=keys, seal=data_seal, mailer=mailer
    )
