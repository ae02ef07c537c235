"""A chat's keys when the master key has turned: what was staged for the present epoch becomes what the chat has."""

from __future__ import annotations

from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from sealmate.adapters.dynamodb.items import ChatItem, EpochItem
from sealmate.adapters.dynamodb.noting import ALIVE
from sealmate.adapters.dynamodb.table import committed


def settle_staged(row: ChatItem) -> list[Action]:
    """The newest generation is for what is written from now on."""
    keys = row.staged["keys"]
    return [ChatItem.keys.set(keys), ChatItem.generation.set(max(map(int, keys)))]


def as_read(row: ChatItem) -> Condition:
    """So that no generation and no wrap that came meanwhile is lost."""
    keys: Condition = ChatItem.keys == row.keys
    staged: Condition = ChatItem.staged == row.staged if row.staged else ChatItem.staged.does_not_exist()
    same: Condition = keys & staged
    return same


def take_newest(account_id: str, chat_id: str, *, generation: int) -> bool:
    """The chat goes on with this generation, if it was staged for the account's present epoch and is the newest; False if not."""
    try:
        row = ChatItem.get(account_id, f"CHAT#{chat_id}", consistent_read=True)
    except DoesNotExist:
        return False
    if not row.staged or max(map(int, row.staged["keys"])) != generation or row.generation >= generation:
        return False

    def write(transaction: TransactWrite) -> None:
        present = EpochItem.epoch == row.staged["epoch"]
        transaction.condition_check(EpochItem, account_id, "ACCOUNT", condition=present)
        actions: list[Action] = [*settle_staged(row), ChatItem.staged.remove()]
        transaction.update(row, actions=actions, condition=ALIVE & as_read(row))

    return committed(write)
