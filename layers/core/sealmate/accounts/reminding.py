"""What is done for accounts without anyone asking: the mails of resets, and reminders of keys that nobody turns."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sealmate.accounts.overdue import RemindingOverdue
from sealmate.accounts.reset_mails import ResetMails
from sealmate.accounts.resets import ResetStore
from sealmate.ports import Clock

_log = logging.getLogger(__name__)

_MAILS = 50
_MARKS = 200
# So that a run is done long before its time is up; the next one goes on where this one stopped.
_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Reminding:
    """Safe to repeat, to interrupt anywhere and to run twice at once."""

    clock: Clock
    resets: ResetStore
    progress: ResetMails
    overdue: RemindingOverdue

    def __call__(self) -> dict[str, int]:
        """How many of each kind were looked at, and how many failed; those are due again later."""
        until = self.clock.monotonic() + _SECONDS
        counts = Counter(resets=0, reminders=0, rotations=0, failed=0)
        for kind, account_id, act in self._waiting():
            if self.clock.monotonic() >= until:
                break
            counts[kind] += 1
            counts["failed"] += not _attempt(act, account_id)
        return dict(counts)

    def _waiting(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        """What people wait for most comes first."""
        for account_id in self.resets.due(before=self.clock.now(), limit=_MAILS):
            yield "resets", account_id, partial(self._drive, account_id)
        for each in self.overdue.forgotten(_MAILS):
            yield "reminders", each.account_id, partial(self.overdue.remind, each)
        for each in self.overdue.due(_MARKS):
            yield "rotations", each.account_id, partial(self.overdue.mark, each)

    def _drive(self, account_id: str) -> None:
        reset = self.resets.get(account_id)
        if reset is not None:
            self.progress.catch_up(reset)


def _attempt(act: Callable[[], object], account_id: str) -> bool:
    """One account's trouble must not keep the others waiting."""
    try:
        act()
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        _log.error("left to the next run", extra={"account_id": account_id, "error": type(error).__name__})
        return False
    return True
