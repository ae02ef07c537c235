"""What the REST API answers about credits, in the shapes of docs/protocol.md."""

from __future__ import annotations

from typing import Literal

from sealmate.billing.ports import LedgerRow, Wallet
from sealmate.model import Shape


class WalletReply(Shape):
    """Whole credits: free to spend, and set aside for answers under way."""

    available: int
    held: int

    @classmethod
    def of(cls, wallet: Wallet) -> WalletReply:
        return cls(available=wallet.available, held=wallet.held)


class LedgerRowReply(Shape):
    row_id: str
    kind: Literal["grant", "charge"]
    credits: int
    at: int
    turn_id: str | None
    model: str | None
    input_tokens: int | None
    output_tokens: int | None

    @classmethod
    def of(cls, row: LedgerRow) -> LedgerRowReply:
        return cls(**vars(row))


class LedgerReply(Shape):
    rows: list[LedgerRowReply]
    cursor: str | None
