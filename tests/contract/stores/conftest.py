"""The stores of turns and wallets twice: in memory, and in DynamoDB's tables of template.yaml as moto plays them."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from sealmate import wiring
from sealmate.adapters.dynamodb.items import EpochItem, LedgerItem, WalletItem
from sealmate.adapters.dynamodb.table import connection
from sealmate.billing.ports import Wallets
from sealmate.settings import settings
from sealmate.turns.ports import Chats, Connections, HistoryCache, Turns
from tests.fakes.chats import FakeChats, FakeHistoryCache
from tests.fakes.connections import FakeConnections
from tests.fakes.stores import Tables
from tests.fakes.turns import FakeTurns
from tests.fakes.wallets import FakeWallets
from tests.template import resources

REGION = "eu-central-1"
# As many chats as catalog/limits.yaml keeps for an account.
KEPT = 3


@dataclass(frozen=True, kw_only=True)
class Stores:
    """`account`: this test's own; others share the tables. `open_account(account, credits)` is what sign-up leaves behind."""

    turns: Turns
    wallets: Wallets
    chats: Chats
    cache: HistoryCache
    connections: Connections
    open_account: Callable[[str, int], None]
    account: str = field(default_factory=lambda: str(uuid.uuid4()))


@pytest.fixture(scope="module")
def memory() -> Stores:
    tables = Tables()
    return Stores(
        turns=FakeTurns(tables),
        wallets=FakeWallets(tables),
        chats=FakeChats(tables),
        cache=FakeHistoryCache(tables, keep=KEPT),
        connections=FakeConnections(),
        open_account=lambda account, credits_: tables.open_account(account, credits_=credits_),
    )


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Stores]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        _enter_cloud(patch)
        yield Stores(
            turns=wiring.turns(),
            wallets=wiring.wallets(),
            chats=wiring.chats(),
            cache=wiring.history_cache(),
            connections=wiring.connections(),
            open_account=_open_account,
        )
    _forget_cloud()


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Stores:
    shared: Stores = request.getfixturevalue(request.param)
    made = Stores(**{**vars(shared), "account": str(uuid.uuid4())})
    made.open_account(made.account, 1000)
    return made


def _enter_cloud(patch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "testing")
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        patch.setenv(name, REGION)
    patch.delenv("AWS_ENDPOINT_URL", raising=False)
    _one_request_at_a_time(patch)
    _forget_cloud()
    known = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    for name, table in resources("AWS::DynamoDB::Table").items():
        properties: dict[str, Any] = {key: value for key, value in table["Properties"].items() if key in known}
        boto3.client("dynamodb").create_table(TableName=name, **properties)
        # AccountsTable is ACCOUNTS_TABLE to the functions.
        patch.setenv(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper(), name)


def _forget_cloud() -> None:
    settings.cache_clear()
    connection.cache_clear()
    wiring.override()


def _one_request_at_a_time(patch: pytest.MonkeyPatch) -> None:
    """DynamoDB decides transactions on a row one after another; moto leaves that to its callers."""
    lock, process = threading.Lock(), BotocoreStubber.process_request

    def locked(stubber: BotocoreStubber, request: Any) -> Any:
        with lock:
            return process(stubber, request)

    patch.setattr(BotocoreStubber, "process_request", locked)


def _open_account(account: str, credits_: int) -> None:
    EpochItem(account, "ACCOUNT", epoch=1).save()
    WalletItem(account, "WALLET", available=credits_, held=0).save()
    LedgerItem(account, f"LEDGER#{0:020d}#grant", row_id="grant", kind="grant", credits=credits_, at=0).save()
