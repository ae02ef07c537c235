"""An account's wrapped keys as they are at one moment, though each kind of row is read by itself."""

from __future__ import annotations

from dataclasses import dataclass

from sealmate.accounts.owner import account_of
from sealmate.accounts.records import Account, App, Link, Method
from sealmate.accounts.stores import AccountStore


@dataclass(frozen=True, kw_only=True)
class Whole:
    account: Account
    methods: list[Method]
    links: list[Link]
    apps: list[App]


def read_whole(accounts: AccountStore, account_id: str) -> Whole:
    """All of one epoch and one manifest, whatever is turned or named meanwhile. NotSignedIn if the account is gone."""
    account = account_of(accounts, account_id)
    while True:
        methods, links, apps = accounts.methods(account_id), accounts.links(account_id), accounts.apps(account_id)
        read, account = account, account_of(accounts, account_id)
        if _moment(read) == _moment(account):
            return Whole(account=account, methods=methods, links=links, apps=apps)


def _moment(account: Account) -> tuple[int, int | None]:
    return account.statement.epoch, account.manifest_sequence
