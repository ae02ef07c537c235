"""Every minute: ends holds whose execution died. `{"died_before": seconds}` ends all that were reserved before a restart."""

from collections.abc import Mapping
from typing import Any

from sealmate import entry, wiring


@entry.job("job_sweep_holds")
def handle(event: Mapping[str, Any]) -> Mapping[str, int]:
    died_before = event.get("died_before")
    return wiring.sweep()(died_before=died_before if isinstance(died_before, int) else None)
