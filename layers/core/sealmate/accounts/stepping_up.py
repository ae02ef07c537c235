"""Stepping up: who is signed in proves once more that it is them, before the ways in are changed.

The proof is kept in the session, for minutes and for that session alone; `Sessions.proved` asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts import tries
from sealmate.accounts.answers import SteppedUp
from sealmate.accounts.owner import account_of
from sealmate.accounts.proving import prove_both
from sealmate.accounts.records import Session
from sealmate.accounts.stores import AccountStore, TryStore
from sealmate.ports import Clock, DataSeal, KeyService

LASTS = 300


@dataclass(frozen=True, kw_only=True)
class SteppingUp:
    clock: Clock
    keys: KeyService
    seal: DataSeal
    accounts: AccountStore
    counters: TryStore

    def __call__(self, session: Session, *, auth: bytes, code: str) -> SteppedUp:
        """`auth` of any unlock method, and a code as at sign-in. TooManyTries, WrongCredentials, WrongCode, NotSignedIn."""
        account = account_of(self.accounts, session.account_id)
        factor = prove_both(
            account,
            auth=auth,
            code=code,
            keys=self.keys,
            seal=self.seal,
            accounts=self.accounts,
            counters=self.counters,
            clock=self.clock,
        )
        until = self.clock.now() + LASTS
        if not self.accounts.prove(session, factor=factor, until=until):
            raise errors.WrongCode()
        tries.forget(account.account_id, policy=tries.CODE, counters=self.counters)
        return SteppedUp(proved_until=until)
