"""Every fifteen minutes: what is due for accounts without anyone asking."""

from collections.abc import Mapping
from typing import Any

from sealmate import entry, wiring


@entry.job("job_send_reminders")
def handle(_event: Mapping[str, Any]) -> Mapping[str, int]:
    return wiring.reminding()()
