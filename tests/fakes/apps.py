"""Apps of accounts in memory, under the conditions that DynamoDB checks."""

from __future__ import annotations

from dataclasses import replace

from sealmate.accounts.records import App
from tests.fakes.accounts import Rows


class FakeApps:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def app(self, account_id: str, name: str) -> App | None:
        return self._rows.apps.get((account_id, name))

    def begin(self, account_id: str, app: App, *, epoch: int) -> bool:
        rows = self._rows
        with rows.lock:
            account, before = rows.accounts.get(account_id), rows.apps.get((account_id, app.name))
            seen = before.revision if before else 0
            if account is None or account.statement.epoch != epoch or seen != app.revision - 1:
                return False
            rows.accounts[account_id] = replace(account, ways_in=account.ways_in + 1)
            rows.apps[account_id, app.name] = app
            return True

    def change(self, account_id: str, name: str, settings: bytes, *, seen: int) -> bool:
        with self._rows.lock:
            stored = self.app(account_id, name)
            if stored is None or stored.revision != seen:
                return False
            self._rows.apps[account_id, name] = replace(stored, settings=settings, revision=seen + 1)
            return True
