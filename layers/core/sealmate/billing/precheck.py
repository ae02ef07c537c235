"""BillingPrecheck: reserves the most a turn can cost, or says how much is missing. Nothing is asked of a model before."""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import catalog
from sealmate.billing.ports import Hold, Wallets
from sealmate.billing.prices import most
from sealmate.events import CreditsReserved
from sealmate.ports import Clock
from sealmate.turns.audience import Audience
from sealmate.turns.stages import BillingPrecheck, Reserved


@dataclass(frozen=True, kw_only=True)
class Precheck:
    wallets: Wallets
    clock: Clock
    model_set: str

    def __call__(self, stage: BillingPrecheck, audience: Audience) -> Reserved:
        """InsufficientCredits, TurnAlreadyRunning."""
        now = self.clock.now()
        hold = self.wallets.reserve(
            Hold(
                account_id=stage.account_id,
                turn_id=stage.turn_id,
                credits=most(self.model_set, characters=stage.characters),
                reserved_at=now,
            ),
            execution_id=stage.execution_id,
            deadline=now + catalog.limits().hold_seconds,
        )
        audience.tell(CreditsReserved(turn_id=stage.turn_id, chat_id=stage.chat_id, credits=hold.credits))
        return Reserved(credits=hold.credits, reserved_at=hold.reserved_at)
