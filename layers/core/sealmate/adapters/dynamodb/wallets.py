"""Wallets, holds and the ledger: money moves in transactions whose conditions make each step happen once."""

from __future__ import annotations

from collections.abc import Iterator

from pynamodb.exceptions import DoesNotExist
from pynamodb.transactions import TransactWrite

from sealmate import errors
from sealmate.adapters.dynamodb.items import (
    HoldItem,
    LedgerItem,
    MessageItem,
    RecordItem,
    StreamItem,
    TurnItem,
    WalletItem,
    ledger_key,
    turn_key,
)
from sealmate.adapters.dynamodb.noting import commit_noting
from sealmate.adapters.dynamodb.table import Refused, commit
from sealmate.billing.ports import Charge, Hold, LedgerRow, Wallet
from sealmate.turns.ports import Turn


class DynamoWallets:
    def wallet(self, account_id: str) -> Wallet:
        try:
            item = WalletItem.get(account_id, "WALLET", consistent_read=True)
        except DoesNotExist:
            return Wallet(available=0, held=0)
        return Wallet(available=int(item.available), held=int(item.held))

    def reserve(self, hold: Hold, *, execution_id: str, deadline: int) -> Hold:
        turn = TurnItem(turn_key(hold.account_id, hold.turn_id), "TURN")

        def write(transaction: TransactWrite) -> None:
            transaction.update(
                turn,
                actions=[TurnItem.status.set("running"), TurnItem.execution_id.set(execution_id)],
                condition=TurnItem.status == "asked",
            )
            transaction.update(
                WalletItem(hold.account_id, "WALLET"),
                actions=[WalletItem.available.add(-hold.credits), WalletItem.held.add(hold.credits)],
                condition=WalletItem.available >= hold.credits,
            )
            transaction.save(_hold_item(hold, deadline), condition=HoldItem.pk.does_not_exist())

        try:
            commit(write)
        except Refused as refused:
            return self._reserved_before(hold, execution_id, refused)
        return hold

    def _reserved_before(self, hold: Hold, execution_id: str, refused: Refused) -> Hold:
        """A retry of the same step finds its own hold; everyone else is told why there is none."""
        turn_failed, wallet_failed, _ = refused.failed
        if turn_failed:
            turn = TurnItem.get(turn_key(hold.account_id, hold.turn_id), "TURN", consistent_read=True)
            mine = self.hold(hold.account_id, hold.turn_id)
            if turn.execution_id == execution_id and turn.status == "running" and mine:
                return mine
            raise errors.TurnAlreadyRunning(turn_id=hold.turn_id) from None
        if wallet_failed:
            available = self.wallet(hold.account_id).available
            raise errors.InsufficientCredits(missing_credits=max(1, hold.credits - available)) from None
        raise errors.TurnAlreadyRunning(turn_id=hold.turn_id) from None

    def hold(self, account_id: str, turn_id: str) -> Hold | None:
        try:
            return _hold(HoldItem.get(account_id, f"HOLD#{turn_id}", consistent_read=True))
        except DoesNotExist:
            return None

    def settle(self, turn: Turn, hold: Hold, charge: Charge) -> bool:
        row = LedgerItem(
            turn.account_id,
            ledger_key(hold.reserved_at, turn.turn_id),
            row_id=turn.turn_id,
            kind="charge",
            credits=charge.credits,
            at=hold.reserved_at,
            turn_id=turn.turn_id,
            model=charge.model,
            input_tokens=charge.input_tokens,
            output_tokens=charge.output_tokens,
        )

        def write(transaction: TransactWrite) -> None:
            self._end_hold(transaction, hold, back=hold.credits - charge.credits)
            transaction.save(row, condition=LedgerItem.pk.does_not_exist())
            transaction.update(
                TurnItem(turn_key(turn.account_id, turn.turn_id), "TURN"),
                actions=[TurnItem.status.set("settled")],
                condition=TurnItem.status == "answered",
            )

        try:
            commit_noting(turn, write, [RecordItem.credits.set(charge.credits)])
        except Refused:
            return False
        return True

    def charge_of(self, hold: Hold) -> Charge | None:
        try:
            row = LedgerItem.get(hold.account_id, ledger_key(hold.reserved_at, hold.turn_id), consistent_read=True)
        except DoesNotExist:
            return None
        return Charge(
            credits=int(row.credits),
            input_tokens=int(row.input_tokens or 0),
            output_tokens=int(row.output_tokens or 0),
            model=row.model or "",
        )

    def release(self, turn: Turn, hold: Hold | None, *, outcome: str, code: str, at: int) -> bool:
        key = turn_key(turn.account_id, turn.turn_id)

        def write(transaction: TransactWrite) -> None:
            if hold:
                self._end_hold(transaction, hold, back=hold.credits)
            else:
                transaction.condition_check(
                    HoldItem, turn.account_id, f"HOLD#{turn.turn_id}", condition=HoldItem.pk.does_not_exist()
                )
            transaction.update(
                TurnItem(key, "TURN"),
                actions=[TurnItem.status.set("ended"), TurnItem.code.set(code)],
                condition=TurnItem.status.is_in("asked", "running"),
            )
            transaction.delete(MessageItem(key, "MESSAGE"))
            transaction.delete(StreamItem(key, "STREAM"))

        try:
            commit_noting(turn, write, [RecordItem.outcome.set(outcome), RecordItem.code.set(code)], at=at)
        except Refused:
            return False
        return True

    @staticmethod
    def _end_hold(transaction: TransactWrite, hold: Hold, *, back: int) -> None:
        transaction.delete(
            HoldItem(hold.account_id, f"HOLD#{hold.turn_id}"),
            condition=(HoldItem.credits == hold.credits) & (HoldItem.reserved_at == hold.reserved_at),
        )
        transaction.update(
            WalletItem(hold.account_id, "WALLET"),
            actions=[WalletItem.available.add(back), WalletItem.held.add(-hold.credits)],
            condition=WalletItem.held >= hold.credits,
        )

    def open_holds(self, *, deadline_before: int | None = None, reserved_before: int | None = None) -> Iterator[Hold]:
        late = None if deadline_before is None else HoldItem.deadline < deadline_before
        for item in HoldItem.open_holds.query("open", late):
            if reserved_before is None or item.reserved_at < reserved_before:
                yield _hold(item)

    def ledger(self, account_id: str, *, cursor: str | None, limit: int) -> tuple[list[LedgerRow], str | None]:
        page = LedgerItem.query(
            account_id,
            LedgerItem.sk.startswith("LEDGER#"),
            scan_index_forward=False,
            limit=limit,
            last_evaluated_key={"pk": {"S": account_id}, "sk": {"S": f"LEDGER#{cursor}"}} if cursor else None,
        )
        rows = [_ledger_row(item) for item in page]
        last = page.last_evaluated_key
        return rows, last["sk"]["S"].removeprefix("LEDGER#") if last else None


def _hold_item(hold: Hold, deadline: int) -> HoldItem:
    return HoldItem(
        hold.account_id,
        f"HOLD#{hold.turn_id}",
        account_id=hold.account_id,
        turn_id=hold.turn_id,
        credits=hold.credits,
        reserved_at=hold.reserved_at,
        deadline=deadline,
    )


def _hold(item: HoldItem) -> Hold:
    return Hold(
        account_id=item.account_id,
        turn_id=item.turn_id,
        credits=int(item.credits),
        reserved_at=int(item.reserved_at),
    )


def _ledger_row(item: LedgerItem) -> LedgerRow:
    return LedgerRow(
        row_id=item.row_id,
        kind="grant" if item.kind == "grant" else "charge",
        credits=int(item.credits),
        at=int(item.at),
        turn_id=item.turn_id,
        model=item.model,
        input_tokens=None if item.input_tokens is None else int(item.input_tokens),
        output_tokens=None if item.output_tokens is None else int(item.output_tokens),
    )
