"""A killed cloud comes back as it was; its workers and its running work do not."""

import json
import os
import signal
import time
from typing import Any

import pytest


def assert_gone(pid: int) -> None:
    for _ in range(250):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} outlived the cloud")


@pytest.fixture(scope="module")
def killed(make_cloud: Any, stack_of: Any) -> dict[str, Any]:
    """What was known of a busy cloud before kill -9, and the same cloud started again."""
    before = stack_of(make_cloud())
    table, name = before.client("dynamodb"), before.outputs["Table"]
    blob = before.client("kms").encrypt(KeyId=before.outputs["DataKey"], Plaintext=b"secret")["CiphertextBlob"]
    running = before.client("stepfunctions").start_execution(
        stateMachineArn=before.outputs["Kept"], input=json.dumps({"do": "sleep", "seconds": 1.9})
    )["executionArn"]
    worker = before.invoke(do="echo")["pid"]
    time.sleep(1.2)
    puts = [{"PutRequest": {"Item": {"pk": {"S": f"p{n}"}, "owner": {"S": "o"}}}} for n in range(25)]
    table.batch_write_item(RequestItems={name: puts})
    table.transact_write_items(
        TransactItems=[{"Put": {"TableName": name, "Item": {"pk": {"S": f"t{n}"}}}} for n in range(3)]
    )
    table.delete_item(TableName=name, Key={"pk": {"S": "p24"}})
    os.kill(before.cloud.pid, signal.SIGKILL)
    while before.cloud.alive():
        time.sleep(0.01)
    assert_gone(worker)
    return {"blob": blob, "running": running, "after": type(before)(make_cloud(), before.outputs)}


def test_items_and_indexes_come_back_to_the_last_acknowledged_write(killed: Any) -> None:
    probe = killed["after"]
    table, name = probe.client("dynamodb"), probe.outputs["Table"]
    found = {item["pk"]["S"] for item in table.scan(TableName=name)["Items"]}
    assert found == {f"p{n}" for n in range(24)} | {"t0", "t1", "t2"}
    by_owner = table.query(
        TableName=name,
        IndexName="by_owner",
        KeyConditionExpression="#o = :o",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":o": {"S": "o"}},
    )
    assert by_owner["Count"] == 24


def test_a_refused_transaction_leaves_nothing_on_disk(killed: Any, refusal: Any) -> None:
    probe = killed["after"]
    table, name = probe.client("dynamodb"), probe.outputs["Table"]
    late = {"Put": {"TableName": name, "Item": {"pk": {"S": "late"}}}}
    key = {"pk": {"S": "none"}}
    check = {"TableName": name, "Key": key, "ConditionExpression": "attribute_exists(pk)"}
    transact = table.transact_write_items
    assert refusal(transact, TransactItems=[late, {"ConditionCheck": check}])[0] == "TransactionCanceledException"
    assert b'"late"' not in (probe.cloud.settings.state_dir / "items.sqlite-wal").read_bytes()


def test_keys_come_back(killed: Any) -> None:
    assert killed["after"].client("kms").decrypt(CiphertextBlob=killed["blob"])["Plaintext"] == b"secret"


def test_a_running_execution_does_not_come_back_as_running(killed: Any) -> None:
    states = killed["after"].client("stepfunctions")
    assert states.describe_execution(executionArn=killed["running"])["status"] == "FAILED"


def test_functions_apis_schedules_and_stacks_come_back(killed: Any) -> None:
    probe = killed["after"]
    assert probe.invoke(do="echo")["layer"] == "layer"
    assert len(probe.client("scheduler").list_schedules()["Schedules"]) == 1
    assert len(probe.client("s3").list_buckets()["Buckets"]) == 1
    stack = probe.client("cloudformation").describe_stacks(StackName="probe")["Stacks"][0]
    assert {output["OutputValue"] for output in stack["Outputs"]} >= set(probe.outputs.values())
    with probe.connect() as client:
        client.send("hello")


def test_a_stopped_cloud_leaves_no_process_and_no_run_file(killed: Any) -> None:
    """Last in this module: it stops the cloud."""
    probe = killed["after"]
    worker = probe.invoke(do="echo")["pid"]
    probe.cloud.stop()
    assert_gone(worker)
    assert not probe.cloud.settings.run_file.exists()
