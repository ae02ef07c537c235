"""Renewing what opens an account: each piece ends in the transaction in which the one that takes its place begins.

All of it takes a session that was proved lately; the edge asks for that (`Sessions.proved`). A mail tells of each change.
"""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts import backup, proofs, totp, tries
from sealmate.accounts.answers import BackupCodes, TotpSetup
from sealmate.accounts.notices import Notices
from sealmate.accounts.owner import account_of, email_of
from sealmate.accounts.records import PendingTotp, Session
from sealmate.accounts.stores import AccountStore, Renewals, TryStore
from sealmate.ports import Clock, DataSeal, KeyService, Random

_TOTP_LIFETIME = 600


@dataclass(frozen=True, kw_only=True)
class Renewing:
    clock: Clock
    random: Random
    keys: KeyService
    seal: DataSeal
    accounts: AccountStore
    renewals: Renewals
    counters: TryStore
    notices: Notices

    def backup_codes(self, session: Session) -> BackupCodes:
        """Ten new ones; those before are void. If the reply is lost, so are these: they are asked for once more."""
        account = account_of(self.accounts, session.account_id)
        codes = backup.make(self.random)
        macs = proofs.backup_macs(account.account_id, map(backup.read, codes), keys=self.keys)
        if not self.renewals.backup_codes(session, macs=macs):
            raise errors.ChangedMeanwhile()
        self.notices.tell(account, "backup_codes")
        return BackupCodes(codes=codes)

    def start_totp(self, session: Session) -> TotpSetup:
        """A seed for a new authenticator; the old one stays good until the new one has shown a code."""
        account, seed = account_of(self.accounts, session.account_id), totp.make_seed(self.random)
        self.renewals.put_totp(
            PendingTotp(
                account_id=account.account_id,
                session_id=session.session_id,
                totp_sealed=self.seal.seal(seed, purpose="totp", owner=account.account_id),
                expires_at=self.clock.now() + _TOTP_LIFETIME,
            )
        )
        email = email_of(account, self.seal)
        return TotpSetup(secret=totp.as_text(seed), uri=totp.provisioning_uri(seed, email=email))

    def totp(self, session: Session, *, code: str) -> None:
        """The authenticator that shows `code` takes the old one's place. StepExpired, TooManyTries, WrongCode."""
        account = account_of(self.accounts, session.account_id)
        pending = self.renewals.pending_totp(account.account_id)
        mine = pending is not None and pending.session_id == session.session_id
        if pending is None or not mine or pending.expires_at <= self.clock.now():
            raise errors.StepExpired()
        tries.count_try(account.account_id, policy=tries.CODE, counters=self.counters, clock=self.clock)
        seed = self.seal.open(pending.totp_sealed, purpose="totp", owner=account.account_id)
        step = totp.step_of(code, seed=seed, now=self.clock.now())
        if step is None:
            raise errors.WrongCode()
        if not self.renewals.totp(session, pending=pending, step=step, old=account.totp_sealed):
            raise errors.ChangedMeanwhile()
        tries.forget(account.account_id, policy=tries.CODE, counters=self.counters)
        self.notices.tell(account, "authenticator")
