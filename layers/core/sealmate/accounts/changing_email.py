"""Another e-mail address: a code goes to both ends, and only who has both moves the account.

An address that has an account already looks the same from here: the same work and the same answer, but the code is told to nobody.
It takes a session that was proved lately; the edge asks for that (`Sessions.proved`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts import mails, proofs, tries
from sealmate.accounts.notices import Notices
from sealmate.accounts.owner import account_of, email_of
from sealmate.accounts.records import EmailChange, Session
from sealmate.accounts.stores import AccountStore, Renewals, TryStore
from sealmate.ports import Clock, DataSeal, KeyService, Mailer, Random

_LIFETIME = 1800
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class ChangingEmail:
    clock: Clock
    random: Random
    keys: KeyService
    seal: DataSeal
    mailer: Mailer
    accounts: AccountStore
    renewals: Renewals
    counters: TryStore
    notices: Notices

    def start(self, session: Session, *, email: str) -> None:
        """`email` is normalised. The last change that was begun is the one that counts. TooManyTries, MailNotSent."""
        account, email_key = account_of(self.accounts, session.account_id), proofs.email_key(email, keys=self.keys)
        self._count(account.account_id, tries.EMAIL_CHANGES)
        self._count(email_key, tries.MAILS_TO_ADDRESS)
        taken = self.accounts.id_of(email_key) is not None
        change_id, to_new, to_old = self.random.uuid(), mails.make_code(self.random), mails.make_code(self.random)
        self.renewals.put_email(
            EmailChange(
                account_id=account.account_id,
                session_id=session.session_id,
                change_id=change_id,
                email_key=email_key,
                email_sealed=self.seal.seal(email.encode(), purpose="email", owner=account.account_id),
                new_mac=proofs.mail_code_mac(f"{change_id}/new", to_new, keys=self.keys),
                old_mac=proofs.mail_code_mac(f"{change_id}/old", to_old, keys=self.keys),
                expires_at=self.clock.now() + _LIFETIME,
            )
        )
        before = email_of(account, self.seal)
        if taken:
            mails.send_known_change(self.mailer, to=email)
        else:
            mails.send_change_to_new(self.mailer, to=email, code=to_new)
        mails.send_change_to_old(self.mailer, to=before, code=to_old)

    def confirm(self, session: Session, *, code_new: str, code_old: str) -> None:
        """With the codes of both mails. WrongCode; StepExpired, also after five tries, and if the address was taken meanwhile."""
        account = account_of(self.accounts, session.account_id)
        change = self.renewals.count_email_try(account.account_id, limit=_TRIES, now=self.clock.now())
        if change is None or change.session_id != session.session_id:
            raise errors.StepExpired()
        given = [
            proofs.matches(proofs.mail_code_mac(f"{change.change_id}/{end}", code, keys=self.keys), expected)
            for end, code, expected in (("new", code_new, change.new_mac), ("old", code_old, change.old_mac))
        ]
        if not all(given):
            raise errors.WrongCode()
        if not self.renewals.email(session, change=change, old_key=account.email_key):
            raise errors.StepExpired()
        self.notices.tell(account, "email")

    def _count(self, whose: str, policy: tries.Policy) -> None:
        tries.count_try(whose, policy=policy, counters=self.counters, clock=self.clock)
