"""State Billing: settles the hold by the tokens that were used."""

from sealmate import entry, wiring
from sealmate.turns.stages import Billing, Charged


@entry.stage("turn_billing", Billing)
def handle(stage: Billing) -> Charged:
    return wiring.settle()(stage, wiring.audience_of(stage))
