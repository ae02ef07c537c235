"""The rows of chats, turns and wallets in memory, shared by the stores over them, and a lock that makes each change whole."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from sealmate.billing.ports import Hold, LedgerRow, Wallet
from sealmate.turns.ports import Chat, Record, Stream, Turn


@dataclass(frozen=True, kw_only=True)
class HoldRow:
    hold: Hold
    deadline: int


@dataclass(kw_only=True)
class Tables:
    """`staged_by`: the lease and the epoch of what a rotation staged.

    Keys are account and turn, account and chat, or all three; the ledger's are an account and a text that sorts by time.
    """

    epochs: dict[str, int] = field(default_factory=dict)
    turns: dict[tuple[str, str], Turn] = field(default_factory=dict)
    messages: dict[tuple[str, str], bytes] = field(default_factory=dict)
    asked: Counter[tuple[str, int]] = field(default_factory=Counter)
    imported: Counter[tuple[str, int]] = field(default_factory=Counter)
    streams: dict[tuple[str, str], Stream] = field(default_factory=dict)
    chats: dict[tuple[str, str], Chat] = field(default_factory=dict)
    rings: Counter[str] = field(default_factory=Counter)
    staged_by: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    records: dict[tuple[str, str, str], Record] = field(default_factory=dict)
    cache: dict[tuple[str, str], tuple[int, bytes]] = field(default_factory=dict)
    wallets: dict[str, Wallet] = field(default_factory=dict)
    holds: dict[tuple[str, str], HoldRow] = field(default_factory=dict)
    ledger: dict[tuple[str, str], LedgerRow] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def open_account(self, account_id: str, *, credits_: int, epoch: int = 1) -> None:
        """What sign-up leaves behind."""
        self.epochs[account_id] = epoch
        self.wallets[account_id] = Wallet(available=credits_, held=0)
        self.ledger[account_id, ledger_key(0, "grant")] = LedgerRow(
            row_id="grant", kind="grant", credits=credits_, at=0
        )


def ledger_key(at: int, row_id: str) -> str:
    return f"{at:020d}#{row_id}"


def note(tables: Tables, account: str, chat_id: str, turn: str, *, at: int | None = None, **changes: Any) -> bool:
    """What became of a turn, in its record and as a change of its chat; False if either is gone."""
    record, chat = tables.records.get((account, chat_id, turn)), tables.chats.get((account, chat_id))
    if record is None or record.outcome == "deleted":
        return False
    if at is not None:
        if chat is None or chat.deleted:
            return False
        tables.chats[account, chat_id] = replace(chat, updated_at=at)
    tables.records[account, chat_id, turn] = replace(record, **changes)
    return True


class Store:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables
