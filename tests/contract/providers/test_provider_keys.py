"""Keys of providers in a DynamoDB table: sealed there, opened once a process."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from sealmate import errors
from sealmate.adapters.dynamodb.provider_keys import DynamoProviderKeys, ProviderKeyItem
from sealmate.adapters.dynamodb.table import bind
from sealmate.seal.data_keys import DataKeySeal
from sealmate.settings import settings
from tests.fakes.clock import FakeRandom
from tests.fakes.keys import FakeKeyService

KEY = "mk-0123456789"


@pytest.fixture
def kms() -> FakeKeyService:
    return FakeKeyService()


@pytest.fixture
def _table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "ACCOUNTS_TABLE": "accounts",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    settings.cache_clear()
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="accounts",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        bind(ProviderKeyItem, table="ACCOUNTS_TABLE")
        yield
    settings.cache_clear()


def keys(kms: FakeKeyService) -> DynamoProviderKeys:
    """As another process would make it."""
    return DynamoProviderKeys(seal=DataKeySeal(keys=kms, random=FakeRandom()))


@pytest.mark.usefixtures("_table")
def test_what_was_put_is_got_by_another_process(kms: FakeKeyService) -> None:
    keys(kms).put("mistral", KEY)
    assert keys(kms).get("mistral") == KEY


@pytest.mark.usefixtures("_table")
def test_a_key_is_opened_once_a_process(kms: FakeKeyService) -> None:
    keys(kms).put("mistral", KEY)
    mine = keys(kms)
    kms.calls.clear()
    assert [mine.get("mistral") for _ in range(3)] == [KEY] * 3
    assert kms.calls == ["open_data_key"]


@pytest.mark.usefixtures("_table")
def test_no_key_is_empty_until_one_is_put(kms: FakeKeyService) -> None:
    mine = keys(kms)
    assert mine.get("mistral") == ""
    keys(kms).put("mistral", KEY)
    assert mine.get("mistral") == KEY


@pytest.mark.usefixtures("_table")
def test_the_row_does_not_hold_the_key(kms: FakeKeyService) -> None:
    keys(kms).put("mistral", KEY)
    row = boto3.client("dynamodb").get_item(
        TableName="accounts", Key={"pk": {"S": "PROVIDER#mistral"}, "sk": {"S": "KEY"}}
    )["Item"]
    assert set(row) == {"pk", "sk", "sealed"}
    assert KEY.encode() not in row["sealed"]["B"]


@pytest.mark.usefixtures("_table")
def test_a_row_moved_to_another_provider_does_not_open(kms: FakeKeyService) -> None:
    keys(kms).put("mistral", KEY)
    row = ProviderKeyItem.get("PROVIDER#mistral", "KEY")
    ProviderKeyItem("PROVIDER#custom", "KEY", sealed=row.sealed).save()
    with pytest.raises(errors.SealBroken):
        keys(kms).get("custom")
