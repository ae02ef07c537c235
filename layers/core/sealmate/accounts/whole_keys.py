"""An account's wrapped keys as they are at one moment, though each kind of row is read by itself."""

from __future__ import annotations

from sealmate.accounts.owner import account_of
from sealmate.accounts.records import Account, Link, Method
from sealmate.accounts.stores import AccountStore


def read_whole(accounts: AccountStore, account_id: str) -> tuple[Account, list[Method], list[Link]]:
    """All of one epoch and one manifest, whatever is turned or named meanwhile. NotSignedIn if the account is gone."""
    account = account_of(accounts, account_id)
    while True:
        methods, links = accounts.methods(account_id), accounts.links(account_id)
        read, account = account, account_of(accounts, account_id)
        if _moment(read) == _moment(account):
            return account, methods, links


def _moment(account: Account) -> tuple[int, int | None]:
    return account.statement.epoch, account.manifest_sequence
