"""State Failed: ends a turn that could not be answered and tells the client why."""

from sealmate import entry, wiring
from sealmate.turns.stages import Ended, Failed


@entry.stage("turn_failed", Failed)
def handle(stage: Failed) -> Ended:
    return wiring.fail()(stage)
