"""Looks for secrets in all that a stack keeps: every form a text or a key may take, in every place there is."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.e2e.stack import Stack


@dataclass(frozen=True)
class Secret:
    """`name` is what a finding is called, so that no report repeats the secret."""

    name: str
    forms: frozenset[bytes]

    def is_in(self, content: bytes) -> bool:
        return any(form in content for form in self.forms)


def words(name: str, text: str) -> Secret:
    """As UTF-8 and UTF-16, escaped as JSON (once, and inside of JSON) and for URLs, in hex and base64."""
    once = json.dumps(text)[1:-1]
    spelled = {text, once, json.dumps(once)[1:-1], quote(text), quote(text, safe="")}
    raw = {form.encode() for form in spelled} | {text.encode("utf-16-le"), text.encode("utf-16-be")}
    return Secret(name, frozenset(form for each in raw for form in _encoded(each)))


def key(name: str, data: bytes) -> Secret:
    return Secret(name, _encoded(data))


def _encoded(data: bytes) -> frozenset[bytes]:
    """Raw, in hex, and in base64 of both alphabets wherever in a longer text it may stand."""
    forms = {data, data.hex().encode(), data.hex().upper().encode()}
    for before in range(3):
        # What the neighbours' bits decide is left out: at the front all that they touch, at the end the last group.
        whole = (before + len(data)) // 3 * 3 - before
        text = base64.b64encode(bytes(before) + data[:whole])[-(-before * 8 // 6) :]
        forms |= {text, text.replace(b"+", b"-").replace(b"/", b"_")}
    return frozenset(forms)


def find(stack: Stack, secrets: list[Secret]) -> list[str]:
    """Where each was found: `name: place`, and nothing of what was found."""
    return [f"{each.name}: {place}" for place, content in kept(stack) for each in secrets if each.is_in(content)]


def kept(stack: Stack) -> Iterator[tuple[str, bytes]]:
    """Everything at rest: tables, queues, objects, logs, executions, keys, configuration, and the files of the state folder."""
    yield from _rows(stack)
    yield from _queues(stack)
    yield from _objects(stack)
    for group, line in stack.log_lines():
        yield f"log {group}", line.encode()
    yield from _executions(stack)
    yield from _configuration(stack)
    yield from _files(stack.place.state)


def _rows(stack: Stack) -> Iterator[tuple[str, bytes]]:
    database = stack.client("dynamodb")
    for table in database.list_tables()["TableNames"]:
        for page in database.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                yield f"table {table}", b"\n".join(_leaves(item))


def _leaves(value: Any) -> Iterator[bytes]:
    """Names and values of an item, with its bytes as they are."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name.encode()
            yield from _leaves(each)
    elif isinstance(value, (list, set, tuple)):
        for each in value:
            yield from _leaves(each)
    else:
        yield value if isinstance(value, bytes) else str(value).encode()


def _queues(stack: Stack) -> Iterator[tuple[str, bytes]]:
    queues = stack.client("sqs")
    for url in queues.list_queues().get("QueueUrls", []):
        told = {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 2, "AttributeNames": ["All"]}
        while messages := queues.receive_message(**told).get("Messages"):
            yield f"queue {url}", _json(messages)


def _objects(stack: Stack) -> Iterator[tuple[str, bytes]]:
    objects = stack.client("s3")
    for bucket in objects.list_buckets()["Buckets"]:
        name = bucket["Name"]
        for page in objects.get_paginator("list_objects_v2").paginate(Bucket=name):
            for found in page.get("Contents", []):
                body = objects.get_object(Bucket=name, Key=found["Key"])["Body"]
                yield f"object {name}/{found['Key']}", found["Key"].encode() + body.read()


def _executions(stack: Stack) -> Iterator[tuple[str, bytes]]:
    states = stack.client("stepfunctions")
    for machine in states.list_state_machines()["stateMachines"]:
        arn = machine["stateMachineArn"]
        yield f"state machine {arn}", _json(states.describe_state_machine(stateMachineArn=arn))
        for page in states.get_paginator("list_executions").paginate(stateMachineArn=arn):
            for each in page["executions"]:
                name = {"executionArn": each["executionArn"]}
                history = states.get_paginator("get_execution_history").paginate(**name)
                told = [states.describe_execution(**name), *(event for page in history for event in page["events"])]
                yield f"execution {each['name']}", _json(told)


def _configuration(stack: Stack) -> Iterator[tuple[str, bytes]]:
    functions = stack.client("lambda").get_paginator("list_functions").paginate().build_full_result()
    yield "functions", _json(functions)
    keys = stack.client("kms")
    for each in keys.list_keys()["Keys"]:
        yield f"key {each['KeyId']}", _json(keys.describe_key(KeyId=each["KeyId"]))
    yield "key aliases", _json(keys.list_aliases())
    stacks = stack.client("cloudformation")
    yield "stacks", _json([stacks.describe_stacks(), stacks.describe_stack_events(StackName="sealmate")])


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue  # replaced by a save while we looked
        yield f"file {path.relative_to(folder)}", str(path.relative_to(folder)).encode() + b"\n" + content


def _json(value: object) -> bytes:
    return json.dumps(value, default=str, ensure_ascii=False).encode()
