"""State PostProcessing: judges the answer and suggests six follow-ups."""

from sealmate import entry, wiring
from sealmate.turns.stages import PostProcessing, Reviewed


@entry.stage("turn_post_processing", PostProcessing)
def handle(stage: PostProcessing) -> Reviewed:
    return wiring.post_process()(stage, wiring.audience_of(stage))
