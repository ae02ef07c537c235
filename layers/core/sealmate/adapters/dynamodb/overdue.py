"""Whose key waits to be turned: an entry of the account's own row in the sparse index, which a rotation writes anew."""

from __future__ import annotations

from functools import partial
from typing import Literal

from pynamodb.expressions.update import Action

from sealmate.accounts.overdue import Overdue
from sealmate.adapters.dynamodb.account_items import AccountItem
from sealmate.adapters.dynamodb.conditional import applied
from sealmate.adapters.dynamodb.table import settled


class DynamoOverdue:
    def waiting(self, step: Literal["rotation", "reminder"], *, before: int, limit: int) -> list[Overdue]:
        found = AccountItem.agenda_index.query(step, AccountItem.agenda_at <= before, limit=limit)
        return [Overdue(account_id=item.pk, step=step, at=int(item.agenda_at)) for item in found]

    def move(self, overdue: Overdue, *, to: Overdue | None) -> bool:
        item = AccountItem(overdue.account_id, "ACCOUNT")
        actions: list[Action] = [AccountItem.agenda.remove(), AccountItem.agenda_at.remove()]
        if to is not None:
            actions = [AccountItem.agenda.set(to.step), AccountItem.agenda_at.set(to.at)]
        as_read = (AccountItem.agenda == overdue.step) & (AccountItem.agenda_at == overdue.at)
        return applied(lambda: settled(partial(item.update, actions=actions, condition=as_read)))
