"""How often a network may try to sign in, whoever it says it is: a second limit beside that of each account."""

from __future__ import annotations

from dataclasses import dataclass

from sealmate.accounts import proofs, tries
from sealmate.accounts.stores import TryStore
from sealmate.ports import Clock, KeyService


@dataclass(frozen=True, kw_only=True)
class Networks:
    clock: Clock
    keys: KeyService
    counters: TryStore

    def count_start(self, source: str) -> None:
        """Before anything is made of it that we keep. TooManyTries."""
        self._count(source, tries.SIGN_IN_STARTS_FROM_SOURCE)

    def count(self, source: str) -> None:
        """Before a proof is looked at. A success takes nothing back: else whoever has one account could try all others. TooManyTries."""
        self._count(source, tries.SIGN_INS_FROM_SOURCE)

    def _count(self, source: str, policy: tries.Policy) -> None:
        key = proofs.source_key(source, keys=self.keys)
        tries.count_try(key, policy=policy, counters=self.counters, clock=self.clock)
