"""An account's end on the real state machine: what stays, who is told, and every place where it can break off."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection
from typing import Any

import boto3
import pytest

from sealmate import errors, wiring
from sealmate.accounts.receipts import Receipt
from sealmate.model import to_base64url
from tests.fakes.accounts import FakeErasures
from tests.fakes.http import Api
from tests.fakes.mail import FakeMailer
from tests.fakes.person import Person
from tests.fakes.push import FakePush
from tests.pipeline import person as pipeline
from tests.pipeline.aws import handler

MACHINE = "ERASE_ACCOUNT_ARN"
TABLES = ("AccountsTable", "ChatsTable", "TurnsTable", "WalletsTable", "ConnectionsTable")
WORDS = "Zebrafinch question"
# What a person leaves here: of the two sessions one begins with the second sign-in.
DELETED = {"ways_in": 2, "backup_codes": 10, "sessions": 2, "chats": 1, "messages": 1}


class Clock:
    """The real time, and what was slept besides: a machine's own waits take as long as they say."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> int:
        return int(time.time() + self._ahead)

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._ahead += seconds


class Stumbling:
    """The real remains, but of the calls of one kind some fail, after they were done."""

    def __init__(self, kind: str, fails: Callable[[int], bool]) -> None:
        self._remains, self._kind, self._fails, self.calls = wiring.remains(), kind, fails, 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._remains, name)
        if name != self._kind:
            return real

        def stumble(*given: Any, **named: Any) -> Any:
            self.calls += 1
            done = real(*given, **named)
            if self._fails(self.calls):
                raise TimeoutError(WORDS)
            return done

        return stumble


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def ada(aws: None, mailer: FakeMailer) -> Person:  # noqa: ARG001 - the stack must stand first
    """With two sessions, a chat that was answered, and a WebSocket; the machine doesn't start by itself."""
    clock, erasures = Clock(), FakeErasures()
    erasures.away = True
    wiring.override(clock=clock, mailer=mailer, erasures=erasures)

    def code_for(email: str) -> str:
        return next(mail.code for mail in reversed(mailer.sent) if mail.to == email)

    ada = Person(api=Api("http_auth", "http_account"), clock=clock, code_for=code_for, email=f"a{time.time_ns()}@b.org")
    ada.sign_up()
    ada.log_in()
    return ada


@pytest.fixture
def asked(ada: Person, push: FakePush) -> pipeline.Person:
    person = pipeline.Person(push=push, account=ada.account_id)
    person.connect(person.connection)
    person.ask(person.new_chat(), WORDS)
    assert person.charges()
    return person


def shred(ada: Person, *, wait: int = 0) -> str:
    """The erasure's id; `wait`: seconds until turns that were under way have ended."""
    ada.clock.sleep(30)
    body = {"auth": to_base64url(ada.device.password_auth), "code": ada.totp()}
    reply = ada.call("POST", "/account/erase", body)
    assert reply.status == 202, reply.body
    ada.clock.sleep(360 - wait)
    return str(reply.json["erasure_id"])


def run(ada: Person, name: str) -> dict[str, Any]:
    """Starts the machine for the account and waits for its end."""
    client, given = boto3.client("stepfunctions"), json.dumps({"account_id": ada.account_id})
    client.start_execution(stateMachineArn=os.environ[MACHINE], name=f"{name}-{ada.account_id}", input=given)
    ended = pipeline.settle_executions(machine=MACHINE)[0]
    return dict(client.describe_execution(executionArn=ended["executionArn"]))


def history_of(execution: dict[str, Any]) -> str:
    client = boto3.client("stepfunctions")
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution["executionArn"])
    return json.dumps([page["events"] for page in pages], default=str)


def left_of(ada: Person) -> set[tuple[str, str]]:
    client = boto3.client("dynamodb")
    found = [(table, row) for table in TABLES for row in client.scan(TableName=table)["Items"]]
    return {(table, row["sk"]["S"].split("#")[0]) for table, row in found if ada.account_id in str(row)}


def receipt_of(erasure_id: str) -> Receipt:
    receipt = wiring.receipt_store().get(erasure_id)
    assert receipt is not None
    return receipt


def assert_erased(ada: Person, erasure_id: str, mailer: FakeMailer, *, mails: Collection[int] = (1,)) -> None:
    """Nothing but the books is left, each row was counted once, and the receipt is closed, ours and mailed."""
    assert left_of(ada) == {("WalletsTable", "LEDGER")}
    receipt = receipt_of(erasure_id)
    assert {kind: receipt.deleted.get(kind) for kind in DELETED} == DELETED
    assert receipt.kept == 2
    assert receipt.mac
    told = [mail for mail in mailer.sent if mail.to == ada.email and erasure_id in mail.text]
    assert len(told) in mails
    assert to_base64url(receipt.mac) in told[0].text


def test_all_is_revoked_shredded_and_erased_and_a_receipt_tells_it(
    ada: Person, asked: pipeline.Person, push: FakePush, mailer: FakeMailer
) -> None:
    token = ada.token
    erasure_id = shred(ada, wait=10)
    assert ada.api.get("/account", authorization=f"Bearer {token}").code == "not_signed_in", "at once"
    assert asked.connection in push.closed
    assert ("AccountsTable", "METHOD") not in left_of(ada), "what opens it goes before the machine begins"
    assert ("ChatsTable", "TURN") in left_of(ada)
    ended = run(ada, "whole")
    assert ended["status"] == "SUCCEEDED"
    assert '"name": "LetTurnsEnd"' in history_of(ended)
    assert_erased(ada, erasure_id, mailer)


def test_its_data_and_history_hold_ids_and_counts(ada: Person, asked: pipeline.Person) -> None:  # noqa: ARG001
    erasure_id = shred(ada)
    ended = run(ada, "history")
    history = history_of(ended) + json.dumps(ended, default=str)
    assert ada.account_id in history
    for words in (WORDS, ada.email, erasure_id):
        assert words not in history
    told = json.loads(ended["output"])
    assert set(told) == {"account_id", "batch"}
    assert [type(count) for count in told["batch"].values()] == [int, int, int]


def test_a_step_that_fails_is_tried_again(ada: Person, asked: pipeline.Person, mailer: FakeMailer) -> None:  # noqa: ARG001
    remains = Stumbling("erase_some", lambda call: call in (1, 3))
    wiring.override(remains=remains)
    erasure_id = shred(ada)
    assert run(ada, "stumbles")["status"] == "SUCCEEDED"
    assert remains.calls > 3
    assert_erased(ada, erasure_id, mailer)


@pytest.mark.parametrize("kind", ["erase_some", "kept", "claim_mail", "forget"])
def test_killed_between_steps_it_goes_on_when_it_is_run_again(
    ada: Person,
    asked: pipeline.Person,  # noqa: ARG001
    mailer: FakeMailer,
    kind: str,
) -> None:
    """A function dies after every other step was done, before it could say so; then there is a whole run."""
    wiring.override(remains=Stumbling(kind, lambda call: call % 2 == 1))
    erasure_id, job, said = shred(ada), handler("job_erase_account"), [""]
    while len(said) < 20:
        try:
            job({"account_id": ada.account_id}, None)
            break
        except errors.Internal as error:
            said.append(str(error))
            # The mail is claimed for ten minutes; whoever died with it is waited for.
            ada.clock.sleep(600)
    assert said[1:]
    assert WORDS not in "".join(said)
    assert run(ada, f"again-{kind}")["status"] == "SUCCEEDED"
    assert_erased(ada, erasure_id, mailer, mails=(1, 2))


def test_what_no_execution_comes_to_an_end_with_the_schedule_does(
    ada: Person,
    asked: pipeline.Person,  # noqa: ARG001
    mailer: FakeMailer,
) -> None:
    remains = Stumbling("erase_some", lambda call: call <= 7)
    wiring.override(remains=remains)
    erasure_id = shred(ada)
    failed = run(ada, "fails")
    assert (failed["status"], failed.get("error")) == ("FAILED", "AccountNotErased")
    assert (WORDS in str(failed), remains.calls) == (False, 7)
    handler("job_erase_account")({}, None)
    assert_erased(ada, erasure_id, mailer)
