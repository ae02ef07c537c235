"""Everything is lost: the account is erased after a waiting period, so that its address may have a new one.

A mailed code is all it takes to begin, so it takes days, mails and a fresh code to finish, and anyone who is signed in can stop it.
An address that has no account looks the same from here: the same work and the same answer; only what the mail says differs.
docs/decisions/0017-lost-everything.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts import mails, proofs, tries
from sealmate.accounts.answers import ErasureBegun, ResetAnswer, ResetAsked
from sealmate.accounts.erasing import EraseAccount
from sealmate.accounts.receipts import ReceiptStore
from sealmate.accounts.records import Session
from sealmate.accounts.reset_mails import ResetMails
from sealmate.accounts.resets import Reset, ResetRequest, ResetStore, begun
from sealmate.accounts.stores import AccountStore, Remains, TryStore
from sealmate.ports import Clock, KeyService, Mailer, Random

_LIFETIME = 1800
# Of a code: it is shown when the reset is looked at, and again when it is begun or finished.
_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class Resetting:
    """`waiting`: seconds of the waiting period."""

    clock: Clock
    random: Random
    keys: KeyService
    mailer: Mailer
    accounts: AccountStore
    resets: ResetStore
    counters: TryStore
    progress: ResetMails
    erase: EraseAccount
    remains: Remains
    receipts: ReceiptStore
    waiting: int

    def ask(self, *, email: str, source: str) -> ResetAsked:
        """`email` is normalised; `source` is the network address it is asked from. TooManyTries, MailNotSent."""
        email_key = proofs.email_key(email, keys=self.keys)
        self._count(proofs.source_key(source, keys=self.keys), tries.RESETS_FROM_SOURCE)
        self._count(email_key, tries.RESETS_OF_ADDRESS)
        known = self.accounts.id_of(email_key)
        request_id, code = self.random.uuid(), mails.make_code(self.random)
        self.resets.put_request(
            ResetRequest(
                request_id=request_id,
                account_id=known or self.random.uuid(),
                code_mac=proofs.mail_code_mac(request_id, code, keys=self.keys),
                expires_at=self.clock.now() + _LIFETIME,
            )
        )
        if known:
            mails.send_reset_code(self.mailer, to=email, code=code)
        else:
            mails.send_nothing_to_reset(self.mailer, to=email)
        return ResetAsked(request_id=request_id)

    def look(self, *, request_id: str, code: str) -> ResetAnswer:
        """How it stands, for who has the mailed code. WrongCode; StepExpired, also after too many tries."""
        return self._answer(self._current(self._proved(request_id, code)))

    def start(self, *, request_id: str, code: str) -> ResetAnswer:
        """Begins the waiting period; one that runs goes on. WrongCode, StepExpired."""
        account_id = self._proved(request_id, code)
        if self.resets.get(account_id) is None:
            self.resets.start(begun(account_id, self.random.uuid(), now=self.clock.now(), waiting=self.waiting))
        if self.accounts.get(account_id) is None:
            raise errors.StepExpired()
        return self._answer(self._current(account_id))

    def finish(self, *, request_id: str, code: str) -> ErasureBegun:
        """Erases the account, in one transaction with the end of its reset. WrongCode, StepExpired, ResetNotReady.

        Again after a lost reply, while the code counts, the answer is the same: the erasure's id follows from the request.
        """
        account_id = self._proved(request_id, code)
        erasure_id = proofs.erasure_id(request_id, keys=self.keys)
        reset, account = self._current(account_id), self.accounts.get(account_id)
        if account is None:
            return self._begun(account_id, erasure_id)
        if reset is None or not reset.ready(self.clock.now()):
            raise errors.ResetNotReady()
        if not self.erase.by_reset(account, reset, erasure_id=erasure_id):
            raise errors.ResetNotReady()
        return ErasureBegun(erasure_id=erasure_id)

    def stop(self, session: Session) -> None:
        """By whoever is signed in, without more proof: it takes nothing away. Safe to repeat."""
        reset = self.resets.get(session.account_id)
        if reset is not None and self.resets.stop(reset):
            self.progress.tell_stopped(reset)

    def _begun(self, account_id: str, erasure_id: str) -> ErasureBegun:
        """By this request, also when all is done; else whichever erasure the account is in."""
        if self.receipts.get(erasure_id) is not None:
            return ErasureBegun(erasure_id=erasure_id)
        erasure = self.remains.erasure(account_id)
        if erasure is None:
            raise errors.StepExpired()
        return ErasureBegun(erasure_id=erasure.erasure_id)

    def _proved(self, request_id: str, code: str) -> str:
        """Whose account it is, counted before anything is compared."""
        request = self.resets.count_try(request_id, limit=_TRIES, now=self.clock.now())
        if request is None:
            raise errors.StepExpired()
        if not proofs.matches(proofs.mail_code_mac(request_id, code, keys=self.keys), request.code_mac):
            raise errors.WrongCode()
        return request.account_id

    def _current(self, account_id: str) -> Reset | None:
        reset = self.resets.get(account_id)
        return reset and self.progress.catch_up(reset)

    def _answer(self, reset: Reset | None) -> ResetAnswer:
        if reset is None:
            return ResetAnswer(state="none", waiting_seconds=self.waiting)
        return ResetAnswer(
            state="ready" if reset.ready(self.clock.now()) else "waiting",
            waiting_seconds=self.waiting,
            ready_at=reset.ready_at,
            ends_at=reset.ends_at,
        )

    def _count(self, whose: str, policy: tries.Policy) -> None:
        tries.count_try(whose, policy=policy, counters=self.counters, clock=self.clock)
