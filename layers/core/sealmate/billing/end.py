"""Ends a turn whatever happened to it: one that was answered is settled, any other gets its credits back and the client is told why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sealmate import errors
from sealmate.billing.ports import Wallets
from sealmate.billing.settle import Settle
from sealmate.ports import Clock
from sealmate.turns.audience import Audience
from sealmate.turns.endings import event_of, outcome_of
from sealmate.turns.ports import Turn, Turns


@dataclass(frozen=True, kw_only=True)
class End:
    wallets: Wallets
    turns: Turns
    settle: Settle
    clock: Clock
    audience_of: Callable[[Turn], Audience]

    def __call__(self, turn: Turn, error: errors.SealmateError) -> str:
        """The code it ended with: the error's, an earlier one's, or `settled`. Safe to repeat, and to race with Billing."""
        audience = self.audience_of(turn)
        hold = self.wallets.hold(turn.account_id, turn.turn_id)
        if turn.status in ("asked", "running") and self.wallets.release(
            turn, hold, outcome=outcome_of(error), code=error.code, at=self.clock.now()
        ):
            audience.tell(event_of(turn, error))
            return error.code
        turn = self.turns.turn(turn.account_id, turn.turn_id)
        if turn.status == "answered" and hold:
            self.settle.settled(turn, hold, audience)
            self.turns.forget(turn)
            return "settled"
        if turn.status in ("asked", "running"):
            # The hold was written or ended between our reading and our release: the next sweep finds it as it is then.
            raise errors.TurnAlreadyRunning(turn_id=turn.turn_id)
        return turn.code or "settled"
