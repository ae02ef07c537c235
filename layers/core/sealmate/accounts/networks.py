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

    def count(self, source: str) -> None:
        """Before a proof is looked at. A success takes nothing back: else whoever has one account could try all others. TooManyTries."""
        key = proofs.source_key(source, keys=self.keys)
        tries.count_try(key, policy=tries.SIGN_INS_FROM_SOURCE, counters=self.counters, clock=self.clock)
