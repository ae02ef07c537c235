"""A new password or recovery key: the old one ends in the transaction in which it begins, and all other sessions with it.

The device makes all of it and has opened the master key with it before it is sent; here only what needs no key is checked.
It takes a session that was proved lately; the edge asks for that (`Sessions.proved`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts import manifests, proofs
from sealmate.accounts.account_keys import check_replacement
from sealmate.accounts.notices import Notices
from sealmate.accounts.owner import account_of
from sealmate.accounts.records import Account, Method, Session
from sealmate.accounts.requests import MethodKeys, PasswordKeys
from sealmate.accounts.sessions import Sessions
from sealmate.accounts.stores import AccountStore, Renewals
from sealmate.ports import Clock, KeyService


@dataclass(frozen=True, kw_only=True)
class Replacing:
    clock: Clock
    keys: KeyService
    accounts: AccountStore
    renewals: Renewals
    sessions: Sessions
    notices: Notices

    def __call__(self, session: Session, keys: PasswordKeys | MethodKeys) -> None:
        """Safe to repeat, as its reply may be lost. InvalidKeys, ManifestConflict, ChangedMeanwhile."""
        account = account_of(self.accounts, session.account_id)
        known = self.accounts.methods(account.account_id)
        new = self._made(account, keys)
        if not any(_same(new, method) for method in known):
            check_replacement(keys, new, known, account=account)
            manifests.check_named(account, new)
            self._replace(session, account, known, new)
            self.notices.tell(account, "password" if new.kind == "password" else "recovery")
        self.sessions.revoke_others(session)

    def _replace(self, session: Session, account: Account, known: list[Method], new: Method) -> None:
        old = next((method for method in known if method.kind == new.kind), None)
        epoch, sequence = account.statement.epoch, account.manifest_sequence
        if not self.renewals.method(session, old=old, new=new, epoch=epoch, sequence=sequence):
            raise errors.ChangedMeanwhile()

    def _made(self, account: Account, keys: PasswordKeys | MethodKeys) -> Method:
        password = keys if isinstance(keys, PasswordKeys) else None
        return Method(
            method_id=keys.method_id,
            kind="password" if password else "recovery",
            auth_mac=proofs.auth_mac(account.account_id, keys.auth, keys=self.keys),
            secret=keys.secret,
            master=keys.master,
            public=keys.public,
            salt=password.salt if password else None,
            kdf_profile=password.kdf_profile if password else None,
            created_at=self.clock.now(),
        )


def _same(new: Method, stored: Method) -> bool:
    """Sent before: its reply was lost."""
    return (new.method_id, new.auth_mac, new.secret) == (stored.method_id, stored.auth_mac, stored.secret)
