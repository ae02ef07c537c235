"""What is left of shredded accounts: found by the tables' keys alone, whatever kind of row it is, and deleted in batches.

A row that leads to others goes after them, so that an interruption leaves nothing that can't be found.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition

from sealmate.adapters.dynamodb.account_items import ERASING, ErasureItem
from sealmate.adapters.dynamodb.conditional import applied
from sealmate.adapters.dynamodb.items import ChatItem, LedgerItem, chat_records_key, turn_key
from sealmate.adapters.dynamodb.table import Item, settled

_ROWS = 100
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

    def shredded_at(self, account_id: str) -> int | None:
        try:
            return int(ErasureItem.get(ERASING, account_id, consistent_read=True).shredded_at)
        except DoesNotExist:
            return None

    def forget(self, account_id: str) -> None:
        ErasureItem(ERASING, account_id).delete()

    def erase_some(self, account_id: str) -> int:
        return (
            _erase(AccountsRow, _rows(AccountsRow, account_id))
            or self._connections(account_id)
            or self._chats(account_id)
            or _erase(ChatsRow, _rows(ChatsRow, account_id, ChatsRow.sk == "RING"))
            or _erase(TurnsRow, _rows(TurnsRow, f"{account_id}#ASKED"))
            or _erase(TurnsRow, _rows(TurnsRow, f"{account_id}#IMPORTED"))
            or _erase(TurnsRow, _rows(TurnsRow, f"{account_id}#CACHE"))
            or self._wallet(account_id)
            or self._ledger(account_id)
        )

    @staticmethod
    def _connections(account_id: str) -> int:
        found = _rows(ConnectionsRow, f"ACCOUNT#{account_id}")
        _erase(ConnectionsRow, [(connection, "CONNECTION") for _, connection in found])
        return _erase(ConnectionsRow, found)

    @staticmethod
    def _chats(account_id: str) -> int:
        """Of each record its turn, then the record; the chat when none is left and none was added while we looked."""
        erased = 0
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
            erased += _erase(ChatsRow, records)
            if len(records) < _ROWS:
                applied(partial(chat.delete, condition=ChatItem.updated_at == chat.updated_at))
                erased += 1
            if erased >= _ROWS:
                break
        return erased

    @staticmethod
    def _wallet(account_id: str) -> int:
        holds = _rows(WalletsRow, account_id, WalletsRow.sk.startswith("HOLD#"))
        _erase_turns(account_id, (hold.removeprefix("HOLD#") for _, hold in holds))
        return _erase(WalletsRow, holds) or _erase(WalletsRow, _rows(WalletsRow, account_id, WalletsRow.sk == "WALLET"))

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
    _erase(TurnsRow, [(turn_key(account_id, turn_id), row) for turn_id in set(turn_ids) for row in _TURN_ROWS])


def _erase(table: type[Item], keys: list[Key]) -> int:
    if keys:
        with table.batch_write() as batch:
            for pk, sk in keys:
                batch.delete(table(pk, sk))
    return len(keys)
