"""Receipts of erasures: begun with the end of the account, counted up in each transaction that deletes, closed once."""

from __future__ import annotations

from functools import partial
from typing import get_args

from pynamodb.attributes import NumberAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.transactions import TransactWrite

from sealmate.accounts.receipts import KEPT_FOR, Counts, Kind, Receipt
from sealmate.adapters.dynamodb.account_items import ReceiptItem
from sealmate.adapters.dynamodb.conditional import applied
from sealmate.adapters.dynamodb.table import settled

_ROW = "RECEIPT"


class DynamoReceipts:
    def get(self, erasure_id: str) -> Receipt | None:
        try:
            item = ReceiptItem.get(_key(erasure_id), _ROW, consistent_read=True)
        except DoesNotExist:
            return None
        kinds: tuple[Kind, ...] = get_args(Kind)
        counted = {kind: int(item.attribute_values.get(kind) or 0) for kind in kinds}
        return Receipt(
            erasure_id=erasure_id,
            requested_at=int(item.requested_at),
            deleted={kind: count for kind, count in counted.items() if count},
            kept=int(item.kept or 0),
            erased_at=None if item.erased_at is None else int(item.erased_at),
            mac=item.mac,
        )

    def close(self, receipt: Receipt) -> bool:
        erased_at = receipt.erased_at or 0
        item = ReceiptItem(_key(receipt.erasure_id), _ROW)
        closed = partial(
            item.update,
            actions=[
                ReceiptItem.erased_at.set(erased_at),
                ReceiptItem.kept.set(receipt.kept),
                ReceiptItem.mac.set(receipt.mac or b""),
                ReceiptItem.ttl.set(erased_at + KEPT_FOR),
            ],
            condition=ReceiptItem.requested_at.exists() & ReceiptItem.erased_at.does_not_exist(),
        )
        return applied(lambda: settled(closed))


def receipt_item(erasure_id: str, *, requested_at: int, deleted: Counts) -> ReceiptItem:
    item = ReceiptItem(_key(erasure_id), _ROW, requested_at=requested_at)
    for kind, count in deleted.items():
        setattr(item, kind, count)
    return item


def count_deleted(erasure_id: str, kind: Kind, number: int, transaction: TransactWrite) -> None:
    counted: NumberAttribute = getattr(ReceiptItem, kind)
    transaction.update(ReceiptItem(_key(erasure_id), _ROW), actions=[counted.add(number)])


def _key(erasure_id: str) -> str:
    return f"ERASURE#{erasure_id}"
