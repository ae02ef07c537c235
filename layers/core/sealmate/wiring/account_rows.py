"""Where accounts are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealmate.settings import required
from sealmate.wiring.made import once

if TYPE_CHECKING:
    from sealmate.accounts.overdue import OverdueStore
    from sealmate.accounts.pairing import Pairings
    from sealmate.accounts.receipts import ReceiptStore
    from sealmate.accounts.resets import ResetStore
    from sealmate.accounts.rotation import RotationStore, SecuringStore
    from sealmate.accounts.stores import (
        AccountStore,
        AppStore,
        ChallengeStore,
        DeviceStore,
        Erasures,
        LoginStore,
        MethodStore,
        Remains,
        Renewals,
        SessionStore,
        SignUpStore,
        TicketStore,
        TryStore,
    )


@once
def account_store() -> AccountStore:
    from sealmate.adapters.dynamodb.account_items import (
        AccountItem,
        AppItem,
        BackupItem,
        EmailItem,
        ErasureItem,
        GrantedItem,
        LinkItem,
        MethodItem,
        RotationItem,
    )
    from sealmate.adapters.dynamodb.accounts import DynamoAccounts
    from sealmate.adapters.dynamodb.table import bind

    bind(AccountItem, AppItem, BackupItem, EmailItem, ErasureItem, table="ACCOUNTS_TABLE")
    bind(GrantedItem, LinkItem, MethodItem, RotationItem, table="ACCOUNTS_TABLE")
    receipt_store()  # erasing begins one in the same transaction
    reset_store()  # signing in and erasing end a reset in the same transaction
    session_store()  # creating an account and signing in begin a session in the same transaction,
    device_store()  # and note its device
    return DynamoAccounts()


@once
def session_store() -> SessionStore:
    from sealmate.adapters.dynamodb.account_items import NonceItem, SessionItem
    from sealmate.adapters.dynamodb.sessions import DynamoSessions
    from sealmate.adapters.dynamodb.table import bind

    bind(NonceItem, SessionItem, table="ACCOUNTS_TABLE")
    return DynamoSessions()


@once
def device_store() -> DeviceStore:
    from sealmate.adapters.dynamodb.account_items import DeviceItem
    from sealmate.adapters.dynamodb.devices import DynamoDevices
    from sealmate.adapters.dynamodb.table import bind

    bind(DeviceItem, table="ACCOUNTS_TABLE")
    return DynamoDevices()


@once
def method_store() -> MethodStore:
    from sealmate.adapters.dynamodb.methods import DynamoMethods

    account_store()  # its models take part in the same transactions
    login_store()
    return DynamoMethods()


@once
def challenge_store() -> ChallengeStore:
    from sealmate.adapters.dynamodb.account_items import ChallengeItem
    from sealmate.adapters.dynamodb.methods import DynamoChallenges
    from sealmate.adapters.dynamodb.table import bind

    bind(ChallengeItem, table="ACCOUNTS_TABLE")
    return DynamoChallenges()


@once
def sign_up_store() -> SignUpStore:
    from sealmate.adapters.dynamodb.account_items import SignUpItem
    from sealmate.adapters.dynamodb.sign_ups import DynamoSignUps
    from sealmate.adapters.dynamodb.table import bind

    bind(SignUpItem, table="ACCOUNTS_TABLE")
    return DynamoSignUps()


@once
def login_store() -> LoginStore:
    from sealmate.adapters.dynamodb.account_items import LoginItem
    from sealmate.adapters.dynamodb.sign_ups import DynamoLogins
    from sealmate.adapters.dynamodb.table import bind

    bind(LoginItem, table="ACCOUNTS_TABLE")
    return DynamoLogins()


@once
def try_store() -> TryStore:
    from sealmate.adapters.dynamodb.account_items import TriesItem
    from sealmate.adapters.dynamodb.sign_ups import DynamoTries
    from sealmate.adapters.dynamodb.table import bind

    bind(TriesItem, table="ACCOUNTS_TABLE")
    return DynamoTries()


@once
def ticket_store() -> TicketStore:
    from sealmate.adapters.dynamodb.account_items import TicketItem
    from sealmate.adapters.dynamodb.table import bind
    from sealmate.adapters.dynamodb.tickets import DynamoTickets

    bind(TicketItem, table="CONNECTIONS_TABLE")
    return DynamoTickets()


@once
def pairings() -> Pairings:
    from sealmate.adapters.dynamodb.account_items import PairingItem
    from sealmate.adapters.dynamodb.pairings import DynamoPairings
    from sealmate.adapters.dynamodb.table import bind

    bind(PairingItem, table="ACCOUNTS_TABLE")
    account_store()  # its models take part in the same transaction
    return DynamoPairings()


@once
def rotations() -> RotationStore:
    from sealmate.adapters.dynamodb.items import ChatItem, RingItem
    from sealmate.adapters.dynamodb.rotations import DynamoRotations
    from sealmate.adapters.dynamodb.table import bind

    account_store()  # its models take part in the same transactions
    bind(ChatItem, RingItem, table="CHATS_TABLE")
    return DynamoRotations()


@once
def securing_store() -> SecuringStore:
    from sealmate.adapters.dynamodb.securing import DynamoSecuring

    rotations()  # their models take part in the same transaction
    renewals()
    return DynamoSecuring()


@once
def app_store() -> AppStore:
    from sealmate.adapters.dynamodb.apps import DynamoApps

    account_store()  # its models take part in the same transactions
    return DynamoApps()


@once
def renewals() -> Renewals:
    from sealmate.adapters.dynamodb.account_items import PendingEmailItem, PendingTotpItem
    from sealmate.adapters.dynamodb.renewals import DynamoRenewals
    from sealmate.adapters.dynamodb.table import bind

    bind(PendingEmailItem, PendingTotpItem, table="ACCOUNTS_TABLE")
    account_store()  # its models take part in the same transactions
    return DynamoRenewals()


@once
def erasures() -> Erasures:
    from sealmate.adapters.erasures import EraseAccountMachine

    return EraseAccountMachine(state_machine=required("ERASE_ACCOUNT_ARN"))


@once
def reset_store() -> ResetStore:
    from sealmate.adapters.dynamodb.account_items import ResetItem, ResetRequestItem
    from sealmate.adapters.dynamodb.resets import DynamoResets
    from sealmate.adapters.dynamodb.table import bind

    bind(ResetItem, ResetRequestItem, table="ACCOUNTS_TABLE")
    return DynamoResets()


@once
def overdue_store() -> OverdueStore:
    from sealmate.adapters.dynamodb.overdue import DynamoOverdue

    account_store()  # it works on the account's own row
    return DynamoOverdue()


@once
def remains() -> Remains:
    from sealmate.adapters.dynamodb.account_items import ErasureItem
    from sealmate.adapters.dynamodb.items import ChatItem, LedgerItem
    from sealmate.adapters.dynamodb.remains import (
        AccountsRow,
        ChatsRow,
        ConnectionsRow,
        DynamoRemains,
        TurnsRow,
        WalletsRow,
    )
    from sealmate.adapters.dynamodb.table import bind

    receipt_store()  # what is deleted is counted in the same transaction
    bind(AccountsRow, ErasureItem, table="ACCOUNTS_TABLE")
    bind(ChatItem, ChatsRow, table="CHATS_TABLE")
    bind(TurnsRow, table="TURNS_TABLE")
    bind(WalletsRow, LedgerItem, table="WALLETS_TABLE")
    bind(ConnectionsRow, table="CONNECTIONS_TABLE")
    return DynamoRemains()


@once
def receipt_store() -> ReceiptStore:
    from sealmate.adapters.dynamodb.account_items import ReceiptItem
    from sealmate.adapters.dynamodb.receipts import DynamoReceipts
    from sealmate.adapters.dynamodb.table import bind

    bind(ReceiptItem, table="ACCOUNTS_TABLE")
    return DynamoReceipts()
