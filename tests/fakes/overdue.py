"""Whose key waits to be turned, in memory."""

from __future__ import annotations

from typing import Literal

from sealmate.accounts.overdue import Overdue
from tests.fakes.accounts import Rows


class FakeOverdue:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def waiting(self, step: Literal["rotation", "reminder"], *, before: int, limit: int) -> list[Overdue]:
        found = [each for each in self._rows.overdue.values() if each.step == step and each.at <= before]
        return sorted(found, key=lambda each: (each.at, each.account_id))[:limit]

    def move(self, overdue: Overdue, *, to: Overdue | None) -> bool:
        with self._rows.lock:
            if self._rows.overdue.get(overdue.account_id) != overdue:
                return False
            if to is None:
                del self._rows.overdue[overdue.account_id]
            else:
                self._rows.overdue[overdue.account_id] = to
            return True
