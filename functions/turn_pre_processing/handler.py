"""State PreProcessing: reads the message with a cheap model and chooses how it is answered."""

from sealmate import entry, wiring
from sealmate.turns.stages import Choices, PreProcessing


@entry.stage("turn_pre_processing", PreProcessing)
def handle(stage: PreProcessing) -> Choices:
    return wiring.pre_process()(stage, wiring.audience_of(stage))
