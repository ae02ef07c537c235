"""State MainProcessing: streams the answer, seals it and stores it."""

from sealmate import entry, wiring
from sealmate.turns.stages import Answered, MainProcessing


@entry.stage("turn_main_processing", MainProcessing)
def handle(stage: MainProcessing) -> Answered:
    return wiring.respond()(stage, wiring.audience_of(stage))
