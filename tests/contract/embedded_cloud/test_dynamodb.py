"""DynamoDB: what AWS refuses is refused, and time to live is applied."""

import time
import uuid
from typing import Any

import pytest


@pytest.fixture
def item(probe: Any) -> dict[str, Any]:
    """An item of its own, as the arguments of an update."""
    key = {"pk": {"S": uuid.uuid4().hex}}
    fields = {"n": {"N": "1"}, "s": {"S": "x"}, "m": {"M": {"a": {"N": "1"}}}}
    probe.client("dynamodb").put_item(TableName=probe.outputs["Table"], Item={**key, **fields})
    return {"TableName": probe.outputs["Table"], "Key": key, "ExpressionAttributeValues": {":a": {"N": "1"}}}


@pytest.mark.parametrize(
    "expression",
    [
        "SET n = :a, n = :a",
        "SET m.a = :a REMOVE m",
        "ADD n :a SET n = :a",
        "SET s = s + :a",
        "SET missing = missing - :a",
        "SET n = s + :a",
    ],
)
def test_an_update_that_aws_refuses_is_refused(probe: Any, item: Any, refusal: Any, expression: str) -> None:
    update = probe.client("dynamodb").update_item
    assert refusal(update, UpdateExpression=expression, **item)[0] == "ValidationException"


@pytest.mark.parametrize(
    "expression",
    ["SET n = n + :a ADD q :a", "SET m.a = :a, m.b = :a", "SET n = if_not_exists(z, :a) + :a", "SET q = :a REMOVE s"],
)
def test_an_update_that_aws_accepts_is_accepted(probe: Any, item: Any, expression: str) -> None:
    probe.client("dynamodb").update_item(UpdateExpression=expression, **item)


def test_a_filter_cannot_name_a_key(probe: Any, refusal: Any) -> None:
    query = {
        "TableName": probe.outputs["Table"],
        "KeyConditionExpression": "pk = :a",
        "ExpressionAttributeValues": {":a": {"S": "1"}},
    }
    call = probe.client("dynamodb").query
    named = {"FilterExpression": "#p = :a", "ExpressionAttributeNames": {"#p": "pk"}}
    assert refusal(call, **query, **named)[0] == "ValidationException"
    assert call(**query, FilterExpression="m.pk = :a")["Count"] == 0


def test_the_templates_time_to_live_is_applied_and_deletes(probe: Any) -> None:
    table, key = probe.client("dynamodb"), {"pk": {"S": uuid.uuid4().hex}}
    told = table.describe_time_to_live(TableName=probe.outputs["Table"])["TimeToLiveDescription"]
    assert told == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    expired = {**key, "expires_at": {"N": str(int(time.time()) - 1)}}
    table.put_item(TableName=probe.outputs["Table"], Item=expired)
    for _ in range(120):
        if "Item" not in table.get_item(TableName=probe.outputs["Table"], Key=key):
            return
        time.sleep(0.1)
    raise AssertionError("the item is still there")
