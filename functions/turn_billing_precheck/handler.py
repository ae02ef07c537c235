"""State BillingPrecheck: reserves the credits a turn may cost."""

from sealmate import entry, wiring
from sealmate.turns.stages import BillingPrecheck, Reserved


@entry.stage("turn_billing_precheck", BillingPrecheck)
def handle(stage: BillingPrecheck) -> Reserved:
    return wiring.precheck()(stage, wiring.audience_of(stage))
