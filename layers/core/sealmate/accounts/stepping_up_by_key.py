"""Stepping up by a passkey or a security key that unlocks: its holder was verified, so one assertion is both proofs."""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts.answers import CeremonyOptions, SteppedUp
from sealmate.accounts.asserting import prove_assertion
from sealmate.accounts.challenges import Challenges
from sealmate.accounts.records import Method, Session
from sealmate.accounts.requests import Assertion
from sealmate.accounts.stepping_up import LASTS
from sealmate.accounts.stores import AccountStore, MethodStore
from sealmate.accounts.webauthn import RelyingParty
from sealmate.ports import Clock


@dataclass(frozen=True, kw_only=True)
class SteppingUpByKey:
    clock: Clock
    party: RelyingParty
    accounts: AccountStore
    methods: MethodStore
    challenges: Challenges

    def start(self, session: Session) -> CeremonyOptions:
        """MethodNotFound if the account has no such method."""
        allowed = [method.credential for method in self._methods(session) if method.credential]
        if not allowed:
            raise errors.MethodNotFound()
        made = self.challenges.make("step_up", account_id=session.account_id, bound_to=session.session_id)
        options = self.party.request(challenge=made.challenge, allowed=allowed)
        return CeremonyOptions(challenge_id=made.challenge_id, options=options)

    def __call__(self, session: Session, *, challenge_id: str, assertion: Assertion) -> SteppedUp:
        """StepExpired, WrongCredentials."""
        challenge = self.challenges.spend(
            challenge_id, "step_up", account_id=session.account_id, bound_to=session.session_id
        )
        now = self.clock.now()
        use = prove_assertion(
            assertion,
            account_id=session.account_id,
            methods=self._methods(session),
            challenge=challenge,
            party=self.party,
            now=now,
        )
        if not self.methods.prove(session, use=use, until=now + LASTS):
            raise errors.WrongCredentials()
        return SteppedUp(proved_until=now + LASTS)

    def _methods(self, session: Session) -> list[Method]:
        return [method for method in self.accounts.methods(session.account_id) if method.unlocks]
