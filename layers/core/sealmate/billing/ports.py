"""What billing needs from storage. Every change is one transaction, conditional on the hold, so it happens exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from sealmate.turns.ports import Turn


@dataclass(frozen=True, kw_only=True)
class Wallet:
    """Whole credits."""

    available: int
    held: int


@dataclass(frozen=True, kw_only=True)
class Hold:
    account_id: str
    turn_id: str
    credits: int
    reserved_at: int


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A settled turn: what it cost, and what is left."""

    credits: int
    input_tokens: int
    output_tokens: int
    model: str


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    row_id: str
    kind: Literal["grant", "charge"]
    credits: int
    at: int
    turn_id: str | None = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


class Wallets(Protocol):
    def wallet(self, account_id: str) -> Wallet:
        """Strongly consistent; an account without one has nothing."""

    def reserve(self, hold: Hold, *, execution_id: str, deadline: int) -> Hold:
        """Claims the turn for this execution, lowers `available` and writes the hold, all or nothing.

        Repeated by the same execution it returns the hold that is there. InsufficientCredits(missing_credits) if there is
        too little; TurnAlreadyRunning if the turn belongs to another execution or has ended.
        """

    def hold(self, account_id: str, turn_id: str) -> Hold | None: ...

    def settle(self, turn: Turn, hold: Hold, charge: Charge) -> bool:
        """Hold → ledger row, remainder back to `available`, turn settled. False if the hold is no longer there."""

    def charge_of(self, hold: Hold) -> Charge | None:
        """The ledger row that `settle` wrote for this hold."""

    def release(self, turn: Turn, hold: Hold | None, *, outcome: str, code: str, at: int) -> bool:
        """Ends a turn that has no answer: hold back to `available`, turn ended with its code, message in flight deleted.

        False, and nothing changed, if the turn was answered, settled or ended meanwhile.
        """

    def open_holds(self, *, deadline_before: int | None = None, reserved_before: int | None = None) -> Iterator[Hold]:
        """Holds whose deadline has passed, or, for a restart that no execution survived, all reserved before a time."""

    def ledger(self, account_id: str, *, cursor: str | None, limit: int) -> tuple[list[LedgerRow], str | None]:
        """Newest first, with the next page's cursor."""
