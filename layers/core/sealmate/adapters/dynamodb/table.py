"""What the five tables have in common: keys, names that are known only at run time, and transactions."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.connection import Connection, TableConnection
from pynamodb.exceptions import DeleteError, PutError, TransactWriteError, UpdateError
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from sealmate.settings import required, settings

_CONFLICTS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_TRIES = 8


@cache
def connection() -> Connection:
    """One client for all models and transactions: making one costs 90 ms of CPU, and PynamoDB would make one a model.

    Tests clear it (`connection.cache_clear()`) when they change what stands behind it.
    """
    return Connection(region=settings().region)


class Item(Model):
    """Base of all items: the tables' keys are `pk` and `sk`, both strings."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        table.connection._client = connection().client
        return table


def bind(*models: type[Item], table: str) -> None:
    """Gives models the table named by the environment variable `table`; PynamoDB reads it on first use."""
    for model in models:
        model.Meta.table_name = required(table)
        model.Meta.region = settings().region


class Refused(Exception):
    """A transaction that was not made: for each of its writes, in their order, whether its condition failed."""

    def __init__(self, failed: list[bool]) -> None:
        self.failed = failed
        super().__init__()


class _Writes(TransactWrite):
    """Remembers the order of its writes; PynamoDB sends them, and so DynamoDB answers, sorted by kind."""

    _SENT = ("check", "delete", "save", "update")

    def __init__(self) -> None:
        super().__init__(connection=connection())
        self._kinds: list[str] = []

    def condition_check(self, *args: Any, **kwargs: Any) -> None:
        self._kinds.append("check")
        super().condition_check(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> None:
        self._kinds.append("delete")
        super().delete(*args, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._kinds.append("save")
        super().save(*args, **kwargs)

    def update(self, *args: Any, **kwargs: Any) -> None:
        self._kinds.append("update")
        super().update(*args, **kwargs)

    def in_order(self, sent: list[bool]) -> list[bool]:
        """What was said of each write as it was sent, in the order in which they were given."""
        order = sorted(range(len(self._kinds)), key=lambda n: self._SENT.index(self._kinds[n]))
        given = [False] * len(order)
        for flag, place in zip(sent, order, strict=False):
            given[place] = flag
        return given


def settled(change: Callable[[], None]) -> None:
    """A single write, tried again while a transaction holds its row: DynamoDB refuses it for that moment."""
    for attempt in range(_TRIES):
        try:
            change()
            return
        except (UpdateError, PutError, DeleteError) as error:
            if error.cause_response_code != "TransactionConflictException" or attempt == _TRIES - 1:
                raise
        _pause(attempt)


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret


def committed(write: Callable[[TransactWrite], None]) -> bool:
    """As `commit`, for writes of which only the whole matters: False if a condition failed."""
    try:
        commit(write)
    except Refused:
        return False
    return True


def commit(write: Callable[[TransactWrite], None]) -> None:
    """Makes the writes of `write` all or nothing, over any of the tables.

    Two transactions that meet on one row are tried again, as DynamoDB's SDKs leave that to the caller. Refused if a
    condition fails. (DynamoDB's own token isn't used: it holds for ten minutes, conditions on our rows for ever.)
    """
    for attempt in range(_TRIES):
        writes = _Writes()
        try:
            with writes:
                write(writes)
            return
        except TransactWriteError as error:
            codes = [reason.code if reason else None for reason in error.cancellation_reasons]
            if "ConditionalCheckFailed" in codes:
                raise Refused(writes.in_order([code == "ConditionalCheckFailed" for code in codes])) from None
            if not _CONFLICTS & set(codes) or attempt == _TRIES - 1:
                raise
        _pause(attempt)
