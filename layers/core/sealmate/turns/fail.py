"""Failed: what any stage raised comes here; the turn is ended, its credits are back, and the client knows why."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sealmate import errors
from sealmate.billing.end import End
from sealmate.ports import Clock
from sealmate.turns.ports import Turns
from sealmate.turns.stages import Ended, Failed


@dataclass(frozen=True, kw_only=True)
class Fail:
    turns: Turns
    clock: Clock
    end: End

    def __call__(self, stage: Failed) -> Ended:
        """Ends the turn, unless another execution answers it: an Express execution may run twice.

        TurnAlreadyRunning while a stream's lease lasts. The state machine repeats that, so a lease whose holder was killed
        runs out and the turn is ended; one whose holder lives is left alone.
        """
        turn = self.turns.turn(stage.account_id, stage.turn_id)
        if turn.execution_id not in (None, stage.execution_id):
            return Ended(code=errors.TurnAlreadyRunning.code)
        stream = self.turns.stream(stage.account_id, stage.turn_id) if turn.status == "running" else None
        if stream and stream.lease_until >= self.clock.now():
            raise errors.TurnAlreadyRunning(turn_id=turn.turn_id)
        cause = stage.failure.cause if isinstance(stage.failure.cause, str) else json.dumps(stage.failure.cause)
        return Ended(code=self.end(turn, errors.from_failure(stage.failure.error, cause)))
