"""Whose a session is: the account's row, and the address it was made with."""

from __future__ import annotations

from sealmate import errors
from sealmate.accounts.records import Account
from sealmate.accounts.stores import AccountStore
from sealmate.ports import DataSeal


def account_of(accounts: AccountStore, account_id: str) -> Account:
    """NotSignedIn if it was erased: its sessions end a moment later."""
    account = accounts.get(account_id)
    if account is None:
        raise errors.NotSignedIn()
    return account


def email_of(account: Account, seal: DataSeal) -> str:
    return seal.open(account.email_sealed, purpose="email", owner=account.account_id).decode()
