"""Resets in memory; each operation happens at once or not at all."""

from __future__ import annotations

from dataclasses import replace

from sealmate.accounts.resets import Reset, ResetRequest
from tests.fakes.accounts import Rows, under_way


class FakeResets:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def put_request(self, request: ResetRequest) -> None:
        self._rows.reset_requests[request.request_id] = request

    def count_try(self, request_id: str, *, limit: int, now: int) -> ResetRequest | None:
        with self._rows.lock:
            stored = self._rows.reset_requests.get(request_id)
            if stored is None or stored.tries >= limit or stored.expires_at <= now:
                return None
            self._rows.reset_requests[request_id] = replace(stored, tries=stored.tries + 1)
            return self._rows.reset_requests[request_id]

    def get(self, account_id: str) -> Reset | None:
        return self._rows.resets.get(account_id)

    def start(self, reset: Reset) -> bool:
        with self._rows.lock:
            if reset.account_id in self._rows.resets or reset.account_id not in self._rows.accounts:
                return False
            self._rows.resets[reset.account_id] = reset
            return True

    def claim(self, reset: Reset, *, until: int) -> bool:
        with self._rows.lock:
            if self.get(reset.account_id) != reset:
                return False
            self._rows.resets[reset.account_id] = replace(reset, due_at=until)
            return True

    def note(self, reset: Reset, *, mailed: Reset) -> bool:
        with self._rows.lock:
            if not under_way(self._rows, reset):
                return False
            self._rows.resets[reset.account_id] = mailed
            return True

    def stop(self, reset: Reset) -> bool:
        with self._rows.lock:
            stored = self.get(reset.account_id)
            if stored is None or stored.reset_id != reset.reset_id:
                return False
            del self._rows.resets[reset.account_id]
            return True

    def due(self, *, before: int, limit: int) -> list[str]:
        waiting = sorted((reset.due_at, reset.account_id) for reset in self._rows.resets.values())
        return [account_id for due_at, account_id in waiting if due_at <= before][:limit]
