"""Wallets, holds and the ledger in memory, under the conditions that DynamoDB checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sealmate import errors
from sealmate.billing.ports import Charge, Hold, LedgerRow, Wallet
from sealmate.turns.ports import Turn
from tests.fakes.stores import HoldRow, Store, ledger_key, note


class FakeWallets(Store):
    def wallet(self, account_id: str) -> Wallet:
        return self._tables.wallets.get(account_id, Wallet(available=0, held=0))

    def reserve(self, hold: Hold, *, execution_id: str, deadline: int) -> Hold:
        tables, key = self._tables, (hold.account_id, hold.turn_id)
        with tables.lock:
            turn = tables.turns[key]
            if turn.status != "asked":
                mine = self.hold(*key)
                if turn.execution_id == execution_id and turn.status == "running" and mine:
                    return mine
                raise errors.TurnAlreadyRunning(turn_id=hold.turn_id)
            missing = hold.credits - self.wallet(hold.account_id).available
            if missing > 0:
                raise errors.InsufficientCredits(missing_credits=missing)
            tables.turns[key] = replace(turn, status="running", execution_id=execution_id)
            self._move(hold.account_id, available=-hold.credits, held=hold.credits)
            tables.holds[key] = HoldRow(hold=hold, deadline=deadline)
            return hold

    def hold(self, account_id: str, turn_id: str) -> Hold | None:
        row = self._tables.holds.get((account_id, turn_id))
        return row.hold if row else None

    def settle(self, turn: Turn, hold: Hold, charge: Charge) -> bool:
        tables, key = self._tables, (turn.account_id, turn.turn_id)
        row_key = (turn.account_id, ledger_key(hold.reserved_at, turn.turn_id))
        with tables.lock:
            stored = tables.turns[key]
            if self.hold(*key) != hold or row_key in tables.ledger or stored.status != "answered":
                return False
            del tables.holds[key]
            self._move(turn.account_id, available=hold.credits - charge.credits, held=-hold.credits)
            tables.ledger[row_key] = LedgerRow(
                row_id=turn.turn_id, kind="charge", at=hold.reserved_at, turn_id=turn.turn_id, **vars(charge)
            )
            tables.turns[key] = replace(stored, status="settled")
            note(tables, turn.account_id, turn.chat_id, turn.turn_id, credits=charge.credits)
            return True

    def charge_of(self, hold: Hold) -> Charge | None:
        row = self._tables.ledger.get((hold.account_id, ledger_key(hold.reserved_at, hold.turn_id)))
        if row is None:
            return None
        return Charge(
            credits=row.credits,
            input_tokens=row.input_tokens or 0,
            output_tokens=row.output_tokens or 0,
            model=row.model or "",
        )

    def release(self, turn: Turn, hold: Hold | None, *, outcome: str, code: str, at: int) -> bool:
        tables, key = self._tables, (turn.account_id, turn.turn_id)
        with tables.lock:
            stored = tables.turns[key]
            if self.hold(*key) != hold or stored.status not in ("asked", "running"):
                return False
            if hold:
                del tables.holds[key]
                self._move(turn.account_id, available=hold.credits, held=-hold.credits)
            tables.turns[key] = replace(stored, status="ended", code=code)
            note(tables, turn.account_id, turn.chat_id, turn.turn_id, at=at, outcome=outcome, code=code)
            tables.messages.pop(key, None)
            tables.streams.pop(key, None)
            return True

    def open_holds(self, *, deadline_before: int | None = None, reserved_before: int | None = None) -> Iterator[Hold]:
        for row in sorted(self._tables.holds.values(), key=lambda row: row.deadline):
            late = deadline_before is None or row.deadline < deadline_before
            if late and (reserved_before is None or row.hold.reserved_at < reserved_before):
                yield row.hold

    def ledger(self, account_id: str, *, cursor: str | None, limit: int) -> tuple[list[LedgerRow], str | None]:
        mine = {sort: row for (account, sort), row in self._tables.ledger.items() if account == account_id}
        left = sorted((sort for sort in mine if cursor is None or sort < cursor), reverse=True)
        return [mine[sort] for sort in left[:limit]], left[limit - 1] if len(left) > limit else None

    def _move(self, account_id: str, *, available: int, held: int) -> None:
        wallet = self.wallet(account_id)
        self._tables.wallets[account_id] = Wallet(available=wallet.available + available, held=wallet.held + held)
