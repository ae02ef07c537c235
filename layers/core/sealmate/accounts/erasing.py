"""Erasing an account: at once what opens it, in one transaction; then, in the background, all else that is kept of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sealmate import errors
from sealmate.accounts import tries
from sealmate.accounts.owner import account_of
from sealmate.accounts.proving import prove_both
from sealmate.accounts.records import Account, Erasure, SecondFactor, Session
from sealmate.accounts.resets import Reset
from sealmate.accounts.sessions import Sessions
from sealmate.accounts.stores import AccountStore, Erasures, Remains, TryStore
from sealmate.ports import Clock, DataSeal, KeyService, Random

_log = logging.getLogger(__name__)

# Turns that were being answered have ended by then: a state machine runs five minutes at most.
_TURNS_HAVE_ENDED = 360
# So that a function is done long before its time is up.
_BATCHES = 10


@dataclass(frozen=True, kw_only=True)
class EraseAccount:
    clock: Clock
    random: Random
    keys: KeyService
    seal: DataSeal
    accounts: AccountStore
    counters: TryStore
    sessions: Sessions
    erasures: Erasures

    def __call__(self, session: Session, *, proofs: tuple[bytes, str] | None) -> str:
        """The erasure's id. `proofs`: the auth of any unlock method, and a code as at sign-in; None if the session itself is proved.

        TooManyTries, WrongCredentials, WrongCode; then nothing is erased.
        """
        account = account_of(self.accounts, session.account_id)
        factor = SecondFactor() if proofs is None else self._prove(account, *proofs)
        erasure_id = self.random.uuid()
        if not self._shred(account, factor, erasure_id=erasure_id, reset=None):
            raise errors.WrongCode()
        return erasure_id

    def by_reset(self, account: Account, reset: Reset, *, erasure_id: str) -> bool:
        """By a reset that is ready, instead of proofs. False if it was stopped, or the account had ended, and then nothing is erased."""
        return self._shred(account, SecondFactor(), erasure_id=erasure_id, reset=reset)

    def _shred(self, account: Account, factor: SecondFactor, *, erasure_id: str, reset: Reset | None) -> bool:
        now = self.clock.now()
        if not self.accounts.shred(account, factor=factor, now=now, erasure_id=erasure_id, reset=reset):
            return False
        self._follow(account.account_id)
        return True

    def _follow(self, account_id: str) -> None:
        # WebSockets first: once their rows are erased, nobody knows which to close.
        _attempt(partial(self.sessions.revoke_all, account_id), account_id)
        _attempt(partial(self._start, account_id), account_id)
        _attempt(partial(tries.forget, account_id, policy=tries.CODE, counters=self.counters), account_id)

    def _prove(self, account: Account, auth: bytes, code: str) -> SecondFactor:
        return prove_both(
            account,
            auth=auth,
            code=code,
            keys=self.keys,
            seal=self.seal,
            accounts=self.accounts,
            counters=self.counters,
            clock=self.clock,
        )

    def _start(self, account_id: str) -> None:
        if not self.erasures.start(account_id):
            _log.error("erasure not started", extra={"account_id": account_id})


def _attempt(step: Callable[[], None], account_id: str) -> None:
    """The account is gone, so no failure may tell the person otherwise: what is left undone is left to EraseRemains, hourly if need be."""
    try:
        step()
    except Exception as error:  # noqa: BLE001 - whatever it is, the account is gone
        _log.error("erasure left to the schedule", extra={"account_id": account_id, "error": type(error).__name__})


@dataclass(frozen=True, kw_only=True)
class EraseRemains:
    """Safe to repeat, to interrupt anywhere and to run twice at once. `close` ends it, and says when to try again if it can't."""

    clock: Clock
    remains: Remains
    close: Callable[[Erasure], int]

    def __call__(self, account_id: str | None = None) -> dict[str, int]:
        """Of one account, or of some that wait. `more`: something is left now; `wait`: look again after so many seconds."""
        if account_id is not None:
            return self._erase(account_id)
        done = [self._erase(each) for each in self.remains.pending()]
        return {count: sum(each[count] for each in done) for count in ("erased", "more")}

    def _erase(self, account_id: str) -> dict[str, int]:
        """Never anything of an account that wasn't shredded."""
        erasure = self.remains.erasure(account_id)
        if erasure is None:
            return {"erased": 0, "more": 0, "wait": 0}
        erased = 0
        for _ in range(_BATCHES):
            batch = self.remains.erase_some(erasure)
            erased += batch
            if not batch:
                return {"erased": erased, "more": 0, "wait": self._finish(erasure)}
        return {"erased": erased, "more": 1, "wait": 0}

    def _finish(self, erasure: Erasure) -> int:
        """Seconds until nothing can be written any more, or until its end is to be tried again; 0 if all is over."""
        wait = max(0, erasure.shredded_at + _TURNS_HAVE_ENDED - self.clock.now())
        return wait or self.close(erasure)
