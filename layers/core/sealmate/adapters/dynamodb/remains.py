"""What is left of shredded accounts: found by the tables' keys alone, whatever kind of row it is, and deleted in batches.

A row that leads to others goes after them, so that an interruption leaves nothing that can't be found.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from sealmate.accounts.receipts import Kind
from sealmate.accounts.records import Erasure
from sealmate.adapters.dynamodb.account_items import ERASING, ErasureItem
from sealmate.adapters.dynamodb.conditional import applied
from sealmate.adapters.dynamodb.items import ChatItem, LedgerItem, chat_records_key, turn_key
from sealmate.adapters.dynamodb.receipts import count_deleted
from sealmate.adapters.dynamodb.table import Item, committed, settled

# With the row that counts them no more than the hundred writes of a transaction.
_ROWS = 90
_ACCOUNTS = 10
_TURN_ROWS = ("TURN", "MESSAGE", "STREAM")


class AccountsRow(Item):
    class Meta:
        pass


class ChatsRow(Item):
    class Meta:
        pass


class TurnsRow(Item):
    class Meta:
        pass


class WalletsRow(Item):
    class Meta:
        pass


class ConnectionsRow(Item):
    class Meta:
        pass


Key = tuple[str, str]


class DynamoRemains:
    def pending(self) -> list[str]:
        return [item.sk for item in ErasureItem.query(ERASING, consistent_read=True, limit=_ACCOUNTS)]

    def erasure(self, account_id: str) -> Erasure | None:
        try:
            item = ErasureItem.get(ERASING, account_id, consistent_read=True)
        except DoesNotExist:
            return None
        return Erasure(
            account_id=account_id,
            erasure_id=item.erasure_id,
            shredded_at=int(item.shredded_at),
            email_sealed=item.email_sealed,
        )

    def kept(self, account_id: str) -> int:
        return LedgerItem.count(account_id, LedgerItem.sk.startswith("LEDGER#"), consistent_read=True)

    def claim_mail(self, erasure: Erasure, *, now: int, until: int) -> bool:
        item = ErasureItem(ERASING, erasure.account_id)
        free = ErasureItem.mail_from.does_not_exist() | (ErasureItem.mail_from <= now)
        claimed = partial(item.update, actions=[ErasureItem.mail_from.set(until)])
        return applied(partial(claimed, condition=ErasureItem.pk.exists() & free))

    def forget(self, account_id: str) -> None:
        ErasureItem(ERASING, account_id).delete()

    def erase_some(self, erasure: Erasure) -> int:
        account_id, erase = erasure.account_id, partial(_erase, erasure.erasure_id)
        return (
            erase("other", AccountsRow, _rows(AccountsRow, account_id))
            or self._connections(erasure)
            or self._chats(erasure)
            or erase("other", ChatsRow, _rows(ChatsRow, account_id, ChatsRow.sk == "RING"))
            or erase("other", TurnsRow, _rows(TurnsRow, f"{account_id}#ASKED"))
            or erase("other", TurnsRow, _rows(TurnsRow, f"{account_id}#IMPORTED"))
            or erase("other", TurnsRow, _rows(TurnsRow, f"{account_id}#CACHE"))
            or self._wallet(erasure)
            or self._ledger(account_id)
        )

    @staticmethod
    def _connections(erasure: Erasure) -> int:
        found = _rows(ConnectionsRow, f"ACCOUNT#{erasure.account_id}")
        _sweep(ConnectionsRow, [(connection, "CONNECTION") for _, connection in found])
        return _erase(erasure.erasure_id, "other", ConnectionsRow, found)

    @staticmethod
    def _chats(erasure: Erasure) -> int:
        """Of each record its turn, then the record; the chat when none is left and none was added while we looked."""
        account_id, erased = erasure.account_id, 0
        chats = ChatItem.query(
            account_id,
            ChatItem.sk.startswith("CHAT#"),
            consistent_read=True,
            limit=_ROWS,
            attributes_to_get=["pk", "sk", "updated_at"],
        )
        for chat in chats:
            records = _rows(ChatsRow, chat_records_key(account_id, chat.sk.removeprefix("CHAT#")))
            _erase_turns(account_id, (record.removeprefix("TURN#") for _, record in records))
            erased += _erase(erasure.erasure_id, "messages", ChatsRow, records)
            if len(records) < _ROWS:
                committed(partial(_erase_chat, erasure.erasure_id, chat))
                erased += 1
            if erased >= _ROWS:
                break
        return erased

    @staticmethod
    def _wallet(erasure: Erasure) -> int:
        account_id, erase = erasure.account_id, partial(_erase, erasure.erasure_id, "other", WalletsRow)
        holds = _rows(WalletsRow, account_id, WalletsRow.sk.startswith("HOLD#"))
        _erase_turns(account_id, (hold.removeprefix("HOLD#") for _, hold in holds))
        return erase(holds) or erase(_rows(WalletsRow, account_id, WalletsRow.sk == "WALLET"))

    @staticmethod
    def _ledger(account_id: str) -> int:
        """Ids and amounts stay, for the books; what says anything of an answer goes."""
        told = list(
            LedgerItem.query(
                account_id,
                LedgerItem.sk.startswith("LEDGER#"),
                filter_condition=LedgerItem.model.exists(),
                consistent_read=True,
                limit=_ROWS,
                page_size=10 * _ROWS,
            )
        )
        _erase_turns(account_id, (row.turn_id for row in told if row.turn_id))
        for row in told:
            settled(partial(_forget_the_answer, row))
        return len(told)


def _forget_the_answer(row: LedgerItem) -> None:
    row.update(
        actions=[LedgerItem.model.remove(), LedgerItem.input_tokens.remove(), LedgerItem.output_tokens.remove()],
        condition=LedgerItem.pk.exists(),
    )


def _rows(table: type[Item], partition: str, of: Condition | None = None) -> list[Key]:
    """Keys of a partition, `_ROWS` at most: fewer means that these are all."""
    found = table.query(partition, of, consistent_read=True, limit=_ROWS, attributes_to_get=["pk", "sk"])
    return [(item.pk, item.sk) for item in found]


def _erase_turns(account_id: str, turn_ids: Iterable[str]) -> None:
    _sweep(TurnsRow, [(turn_key(account_id, turn_id), row) for turn_id in set(turn_ids) for row in _TURN_ROWS])


def _erase_chat(erasure_id: str, chat: ChatItem, transaction: TransactWrite) -> None:
    transaction.delete(chat, condition=ChatItem.updated_at == chat.updated_at)
    count_deleted(erasure_id, "chats", 1, transaction)


def _erase(erasure_id: str, kind: Kind, table: type[Item], keys: list[Key]) -> int:
    """All of them, counted once whoever else is at it: if one is gone already none is deleted, and they are looked for again."""

    def write(transaction: TransactWrite) -> None:
        for pk, sk in keys:
            transaction.delete(table(pk, sk), condition=table.pk.exists())
        count_deleted(erasure_id, kind, len(keys), transaction)

    if keys:
        committed(write)
    return len(keys)


def _sweep(table: type[Item], keys: list[Key]) -> None:
    """Rows that may be there or not; nobody counts them."""
    if keys:
        with table.batch_write() as batch:
            for pk, sk in keys:
                batch.delete(table(pk, sk))
