"""Challenges for authenticators: random, short-lived, bound to one purpose, and good once."""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts.records import Challenge, ChallengePurpose
from sealmate.accounts.stores import ChallengeStore
from sealmate.ports import Clock, Random

_LIFETIME = 300
_SIZE = 32


@dataclass(frozen=True, kw_only=True)
class Challenges:
    clock: Clock
    random: Random
    store: ChallengeStore

    def make(self, purpose: ChallengePurpose, *, account_id: str = "", bound_to: str = "") -> Challenge:
        """`bound_to`: the session, login or sign-up it is for."""
        made = Challenge(
            challenge_id=self.random.uuid(),
            purpose=purpose,
            challenge=self.random.bytes(_SIZE),
            account_id=account_id,
            bound_to=bound_to,
            expires_at=self.clock.now() + _LIFETIME,
        )
        self.store.put(made)
        return made

    def spend(self, challenge_id: str, purpose: ChallengePurpose, *, account_id: str = "", bound_to: str = "") -> bytes:
        """Its bytes, once, whatever becomes of the answer. StepExpired if it is over or was made for anything else."""
        taken = self.store.take(challenge_id)
        if taken is None or taken.expires_at <= self.clock.now():
            raise errors.StepExpired()
        if (taken.purpose, taken.account_id, taken.bound_to) != (purpose, account_id, bound_to):
            raise errors.StepExpired()
        return taken.challenge
