"""Resets of lost accounts: a request for minutes, a row beside the account for days, and the writes that end it."""

from __future__ import annotations

from functools import partial

from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from sealmate.accounts.resets import Reset, ResetRequest
from sealmate.adapters.dynamodb.account_items import AccountItem, ResetItem, ResetRequestItem
from sealmate.adapters.dynamodb.conditional import applied
from sealmate.adapters.dynamodb.table import committed, settled

_ROW = "RESET"


class DynamoResets:
    def put_request(self, request: ResetRequest) -> None:
        ResetRequestItem(
            f"RESET#{request.request_id}",
            "REQUEST",
            account_id=request.account_id,
            code_mac=request.code_mac,
            expires_at=request.expires_at,
            tries=request.tries,
            ttl=request.expires_at,
        ).save()

    def count_try(self, request_id: str, *, limit: int, now: int) -> ResetRequest | None:
        item = ResetRequestItem(f"RESET#{request_id}", "REQUEST")
        counted = applied(
            lambda: item.update(
                actions=[ResetRequestItem.tries.add(1)],
                condition=(ResetRequestItem.tries < limit) & (ResetRequestItem.expires_at > now),
            )
        )
        if not counted:
            return None
        return ResetRequest(
            request_id=request_id,
            account_id=item.account_id,
            code_mac=item.code_mac,
            expires_at=int(item.expires_at),
            tries=int(item.tries),
        )

    def get(self, account_id: str) -> Reset | None:
        try:
            item = ResetItem.get(account_id, _ROW, consistent_read=True)
        except DoesNotExist:
            return None
        return Reset(
            account_id=account_id,
            reset_id=item.reset_id,
            started_at=int(item.started_at),
            ready_at=int(item.ready_at),
            ends_at=int(item.ends_at),
            mailed=int(item.mailed),
            due_at=int(item.agenda_at),
        )

    def start(self, reset: Reset) -> bool:
        item = ResetItem(
            reset.account_id,
            _ROW,
            reset_id=reset.reset_id,
            started_at=reset.started_at,
            ready_at=reset.ready_at,
            ends_at=reset.ends_at,
            mailed=reset.mailed,
            agenda="reset",
            agenda_at=reset.due_at,
        )

        def write(transaction: TransactWrite) -> None:
            transaction.condition_check(AccountItem, reset.account_id, "ACCOUNT", condition=AccountItem.pk.exists())
            transaction.save(item, condition=ResetItem.pk.does_not_exist())

        return committed(write)

    def claim(self, reset: Reset, *, until: int) -> bool:
        item = ResetItem(reset.account_id, _ROW)
        claimed = partial(item.update, actions=[ResetItem.agenda_at.set(until)])
        return applied(
            lambda: settled(partial(claimed, condition=_as_read(reset) & (ResetItem.agenda_at == reset.due_at)))
        )

    def note(self, reset: Reset, *, mailed: Reset) -> bool:
        item = ResetItem(reset.account_id, _ROW)
        noted = partial(
            item.update,
            actions=[
                ResetItem.mailed.set(mailed.mailed),
                ResetItem.ready_at.set(mailed.ready_at),
                ResetItem.ends_at.set(mailed.ends_at),
                ResetItem.agenda_at.set(mailed.due_at),
            ],
            condition=_as_read(reset),
        )
        return applied(lambda: settled(noted))

    def stop(self, reset: Reset) -> bool:
        item = ResetItem(reset.account_id, _ROW)
        return applied(lambda: settled(partial(item.delete, condition=ResetItem.reset_id == reset.reset_id)))

    def due(self, *, before: int, limit: int) -> list[str]:
        found = ResetItem.agenda_index.query("reset", ResetItem.agenda_at <= before, limit=limit)
        return [item.pk for item in found]


def end_reset(account_id: str, transaction: TransactWrite, *, only: Reset | None = None) -> None:
    """Whichever there is, or none; with `only`, the transaction takes place if this one is as it was read."""
    transaction.delete(ResetItem(account_id, _ROW), condition=None if only is None else _as_read(only))


def _as_read(reset: Reset) -> Condition:
    same: Condition = (ResetItem.reset_id == reset.reset_id) & (ResetItem.mailed == reset.mailed)
    return same
