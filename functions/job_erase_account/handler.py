"""Erases what is left of one account for `erase_account`, and hourly of those that no execution came to an end with."""

from collections.abc import Mapping
from typing import Any

from sealmate import entry, wiring


@entry.job("job_erase_account")
def handle(event: Mapping[str, Any]) -> Mapping[str, int]:
    account_id = event.get("account_id")
    return wiring.erase_remains()(account_id if isinstance(account_id, str) else None)
