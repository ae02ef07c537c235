"""Failed: what any stage raised comes here; the turn is ended, its credits are back, and the client knows why."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sealmate import errors
from sealmate.billing.end import End
from sealmate.turns.ports import Turns
from sealmate.turns.stages import Ended, Failed


@dataclass(frozen=True, kw_only=True)
class Fail:
    turns: Turns
    end: End

    def __call__(self, stage: Failed) -> Ended:
        turn = self.turns.turn(stage.account_id, stage.turn_id)
        cause = stage.failure.cause if isinstance(stage.failure.cause, str) else json.dumps(stage.failure.cause)
        return Ended(code=self.end(turn, errors.from_failure(stage.failure.error, cause)))
