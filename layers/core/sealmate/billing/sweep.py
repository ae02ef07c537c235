"""Ends holds whose execution died: every minute those past their deadline, after a restart all that no execution survived."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sealmate import errors
from sealmate.billing.end import End
from sealmate.billing.ports import Hold, Wallets
from sealmate.ports import Clock
from sealmate.turns.ports import Turns

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    wallets: Wallets
    turns: Turns
    clock: Clock
    end: End

    def __call__(self, *, died_before: int | None = None) -> dict[str, int]:
        """`died_before`: no execution that began before this time is alive. Counts what was ended and what could not be."""
        holds = (
            self.wallets.open_holds(deadline_before=self.clock.now())
            if died_before is None
            else self.wallets.open_holds(reserved_before=died_before)
        )
        counts = {"ended": 0, "failed": 0}
        for hold in holds:
            counts["ended" if self._ended(hold) else "failed"] += 1
        return counts

    def _ended(self, hold: Hold) -> bool:
        """One hold that can't be ended must not keep the others waiting."""
        try:
            self.end(self.turns.turn(hold.account_id, hold.turn_id), errors.TurnInterrupted())
        except Exception as error:  # noqa: BLE001 - whatever it is, the others still wait
            _log.error("hold not ended", extra={"turn_id": hold.turn_id, "error": type(error).__name__})
            return False
        return True
