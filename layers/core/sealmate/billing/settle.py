"""Billing: a hold becomes a charge by the tokens that were really used, exactly once."""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.billing.ports import Charge, Hold, Wallets
from sealmate.events import TurnCharged
from sealmate.turns.audience import Audience
from sealmate.turns.ports import Turn, Turns
from sealmate.turns.stages import Billing, Charged


@dataclass(frozen=True, kw_only=True)
class Settle:
    wallets: Wallets
    turns: Turns

    def __call__(self, stage: Billing, audience: Audience) -> Charged:
        turn = self.turns.turn(stage.account_id, stage.turn_id)
        hold = Hold(
            account_id=stage.account_id,
            turn_id=stage.turn_id,
            credits=stage.credits,
            reserved_at=stage.reserved_at,
        )
        return self.settled(turn, hold, audience)

    def settled(self, turn: Turn, hold: Hold, audience: Audience) -> Charged:
        """Settles, or finds that it was settled before. TurnInterrupted if the hold was released instead."""
        charge = _charge(turn, hold)
        if not self.wallets.settle(turn, hold, charge):
            before = self.wallets.charge_of(hold)
            if before is None:
                raise errors.TurnInterrupted(turn_id=turn.turn_id)
            charge = before
        available = self.wallets.wallet(turn.account_id).available
        audience.tell(
            TurnCharged(
                turn_id=turn.turn_id,
                chat_id=turn.chat_id,
                credits=charge.credits,
                available=available,
                input_tokens=charge.input_tokens,
                output_tokens=charge.output_tokens,
            )
        )
        return Charged(credits=charge.credits, available=available)


def _charge(turn: Turn, hold: Hold) -> Charge:
    """The price was fixed with the answer, whatever the catalog says by now. Never more than was held."""
    return Charge(
        credits=min(hold.credits, turn.credits or 0),
        input_tokens=turn.input_tokens or 0,
        output_tokens=turn.output_tokens or 0,
        model=turn.model or "",
    )
