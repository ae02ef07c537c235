"""The accounts' stores twice: in memory, and in DynamoDB as moto plays it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from sealmate import settings, wiring
from sealmate.accounts.overdue import OverdueStore
from sealmate.accounts.pairing import Pairings
from sealmate.accounts.receipts import ReceiptStore
from sealmate.accounts.resets import ResetStore
from sealmate.accounts.rotation import RotationStore, SecuringStore
from sealmate.accounts.stores import (
    AccountStore,
    AppStore,
    Balances,
    ChallengeStore,
    DeviceStore,
    LoginStore,
    MethodStore,
    Remains,
    Renewals,
    SessionStore,
    SignUpStore,
    TicketStore,
    TryStore,
)
from sealmate.adapters.dynamodb.items import LedgerItem, WalletItem
from sealmate.adapters.dynamodb.table import bind, connection
from sealmate.adapters.dynamodb.wallets import DynamoWallets
from sealmate.turns.ports import Chats, Turns
from tests.fakes.accounts import (
    FakeAccounts,
    FakeDevices,
    FakeGrantedWallets,
    FakeLogins,
    FakeReceipts,
    FakeRemains,
    FakeSessions,
    FakeSignUps,
    FakeTickets,
    FakeTries,
    Rows,
)
from tests.fakes.apps import FakeApps
from tests.fakes.chats import FakeChats
from tests.fakes.methods import FakeChallenges, FakeMethods
from tests.fakes.overdue import FakeOverdue
from tests.fakes.pairings import FakePairings
from tests.fakes.renewals import FakeRenewals
from tests.fakes.resets import FakeResets
from tests.fakes.rotations import FakeRotations
from tests.fakes.stores import Tables
from tests.fakes.turns import FakeTurns
from tests.serial_tables import one_call_at_a_time
from tests.template import resources

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REGION = "eu-central-1"
TABLES = ("accounts", "chats", "turns", "wallets", "connections")


@dataclass(frozen=True, kw_only=True)
class Stores:
    accounts: AccountStore
    sign_ups: SignUpStore
    logins: LoginStore
    sessions: SessionStore
    tries: TryStore
    tickets: TicketStore
    wallets: Balances
    remains: Remains
    methods: MethodStore
    challenges: ChallengeStore
    rotations: RotationStore
    securing: SecuringStore
    turns: Turns
    chats: Chats
    renewals: Renewals
    devices: DeviceStore
    pairings: Pairings
    resets: ResetStore
    overdue: OverdueStore
    receipts: ReceiptStore
    apps: AppStore


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty AWS with the tables that accounts use; the region's name."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "ACCOUNTS_TABLE": "accounts",
        "CHATS_TABLE": "chats",
        "TURNS_TABLE": "turns",
        "WALLETS_TABLE": "wallets",
        "CONNECTIONS_TABLE": "connections",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    one_call_at_a_time(monkeypatch)
    settings.settings.cache_clear()
    connection.cache_clear()
    wiring.override()
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        for table in TABLES:
            _create(dynamodb, table)
        yield REGION
    wiring.override()
    connection.cache_clear()
    settings.settings.cache_clear()


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        rows, tables = Rows(), Tables()
        return Stores(
            rotations=FakeRotations(rows, tables),
            securing=FakeRotations(rows, tables),
            turns=FakeTurns(tables),
            chats=FakeChats(tables),
            accounts=FakeAccounts(rows),
            sign_ups=FakeSignUps(rows),
            logins=FakeLogins(rows),
            sessions=FakeSessions(rows),
            tries=FakeTries(rows),
            tickets=FakeTickets(rows),
            wallets=FakeGrantedWallets(rows),
            remains=FakeRemains(rows),
            methods=FakeMethods(rows),
            challenges=FakeChallenges(rows),
            renewals=FakeRenewals(rows),
            devices=FakeDevices(rows),
            pairings=FakePairings(rows),
            resets=FakeResets(rows),
            overdue=FakeOverdue(rows),
            receipts=FakeReceipts(rows),
            apps=FakeApps(rows),
        )
    request.getfixturevalue("aws")
    bind(WalletItem, LedgerItem, table="WALLETS_TABLE")
    return Stores(
        rotations=wiring.rotations(),
        securing=wiring.securing_store(),
        turns=wiring.turns(),
        chats=wiring.chats(),
        accounts=wiring.account_store(),
        sign_ups=wiring.sign_up_store(),
        logins=wiring.login_store(),
        sessions=wiring.session_store(),
        tries=wiring.try_store(),
        tickets=wiring.ticket_store(),
        wallets=DynamoWallets(),
        remains=wiring.remains(),
        methods=wiring.method_store(),
        challenges=wiring.challenge_store(),
        renewals=wiring.renewals(),
        devices=wiring.device_store(),
        pairings=wiring.pairings(),
        resets=wiring.reset_store(),
        overdue=wiring.overdue_store(),
        receipts=wiring.receipt_store(),
        apps=wiring.app_store(),
    )


def _create(dynamodb: DynamoDBClient, table: str) -> None:
    """As the template has it."""
    known = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    properties = resources("AWS::DynamoDB::Table")[f"{table.capitalize()}Table"]["Properties"]
    dynamodb.create_table(TableName=table, **{name: given for name, given in properties.items() if name in known})
