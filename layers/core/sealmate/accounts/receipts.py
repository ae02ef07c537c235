"""The receipt of an erasure: what was deleted, in numbers, and a keyed hash by which we know it as ours for ever after.

It names no person: an id of its own, times and counts. Whoever has the id may see it, for a month; whoever has the receipt may have it
verified at any time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from sealmate import errors
from sealmate.accounts import proofs
from sealmate.accounts.answers import ErasureAnswer, ReceiptVerified
from sealmate.accounts.requests import VerifyReceipt
from sealmate.ports import Clock, KeyService

Kind = Literal["ways_in", "backup_codes", "sessions", "chats", "messages", "other"]
Counts = Mapping[str, int]
"""By kind."""
KEPT_FOR = 30 * 86_400


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """`deleted`: rows by kind. `kept`: rows of the ledger, which bookkeeping wants. `erased_at` and `mac` come when all is done."""

    erasure_id: str
    requested_at: int
    deleted: Counts
    kept: int = 0
    erased_at: int | None = None
    mac: bytes | None = None


class ReceiptStore(Protocol):
    def get(self, erasure_id: str) -> Receipt | None:
        """Readers look at `erased_at` themselves: it is deleted some time after its month."""

    def close(self, receipt: Receipt) -> bool:
        """Writes end, hash and what was kept. False if it was closed before, and then it stays as it was."""


def mac_of(receipt: Receipt, *, keys: KeyService) -> bytes:
    told = {
        "erasure_id": receipt.erasure_id,
        "requested_at": receipt.requested_at,
        "erased_at": receipt.erased_at,
        "deleted": {kind: count for kind, count in receipt.deleted.items() if count},
        "kept": receipt.kept,
    }
    return proofs.receipt_mac(json.dumps(told, sort_keys=True), keys=keys)


@dataclass(frozen=True, kw_only=True)
class Receipts:
    """`keys` comes as a function: only verifying needs it."""

    clock: Clock
    keys: Callable[[], KeyService]
    store: ReceiptStore

    def show(self, erasure_id: str) -> ErasureAnswer:
        """How far it is, and the receipt once it is done. NotFound."""
        receipt = self.store.get(erasure_id)
        if receipt is None or (receipt.erased_at or self.clock.now()) + KEPT_FOR <= self.clock.now():
            raise errors.NotFound()
        return ErasureAnswer(
            erasure_id=receipt.erasure_id,
            requested_at=receipt.requested_at,
            deleted=dict(receipt.deleted),
            kept=receipt.kept,
            erased_at=receipt.erased_at,
            mac=receipt.mac,
        )

    def verify(self, shown: VerifyReceipt) -> ReceiptVerified:
        """Whether these very numbers were said by us."""
        receipt = Receipt(
            erasure_id=shown.erasure_id,
            requested_at=shown.requested_at,
            deleted=shown.deleted,
            kept=shown.kept,
            erased_at=shown.erased_at,
        )
        return ReceiptVerified(genuine=proofs.matches(shown.mac, mac_of(receipt, keys=self.keys())))
