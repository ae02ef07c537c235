"""What a signed-in person sees of the account: address, balance, keys, devices."""

from __future__ import annotations

from dataclasses import dataclass

from sealmate.accounts.answers import (
    AccountAnswer,
    SessionList,
    SessionListed,
    WalletAnswer,
    WrappedKeys,
    wrapped_keys,
)
from sealmate.accounts.owner import account_of, email_of
from sealmate.accounts.records import Session
from sealmate.accounts.resets import ResetStore
from sealmate.accounts.sessions import Sessions
from sealmate.accounts.stores import AccountStore, Balances, Renewals
from sealmate.accounts.whole_keys import read_whole
from sealmate.ports import Clock, DataSeal


@dataclass(frozen=True, kw_only=True)
class OwnAccount:
    """`rotate_every`: seconds after which the master key is due to be turned."""

    clock: Clock
    seal: DataSeal
    accounts: AccountStore
    renewals: Renewals
    wallets: Balances
    sessions: Sessions
    resets: ResetStore
    rotate_every: int

    def show(self, session: Session) -> AccountAnswer:
        account, wallet = account_of(self.accounts, session.account_id), self.wallets.wallet(session.account_id)
        reset = self.resets.get(session.account_id)
        return AccountAnswer(
            account_id=account.account_id,
            email=email_of(account, self.seal),
            created_at=account.created_at,
            epoch=account.statement.epoch,
            rotation_due_at=(account.rotated_at or account.created_at) + self.rotate_every,
            backup_codes_left=self.renewals.backup_codes_left(account.account_id),
            wallet=WalletAnswer(available=wallet.available, held=wallet.held),
            reset_ready_at=reset and reset.ready_at,
        )

    def keys(self, session: Session, *, former: bool = False) -> WrappedKeys:
        """`former`: with what the methods had in the epochs before, for whom the present envelopes don't let in."""
        whole = read_whole(self.accounts, session.account_id)
        live = [link for link in whole.links if link.expires_at > self.clock.now()]
        return wrapped_keys(whole.account, whole.methods, links=live, apps=whole.apps, former=former)

    def list_sessions(self, session: Session) -> SessionList:
        return SessionList(
            sessions=[
                SessionListed(
                    session_id=other.session_id,
                    device=other.device,
                    created_at=other.created_at,
                    last_seen_at=other.last_seen_at,
                    place=other.place or None,
                    current=other.session_id == session.session_id,
                )
                for other in self.sessions.of_account(session.account_id)
            ]
        )

    def end_session(self, session: Session, *, session_id: str) -> None:
        """Safe to repeat: one that has ended is ended again. Someone else's is looked for under this account, and not found."""
        self.sessions.revoke(session.account_id, session_id)

    def end_other_sessions(self, session: Session) -> None:
        """Safe to repeat."""
        self.sessions.revoke_others(session)
