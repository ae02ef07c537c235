"""An account ends: its devices are signed out at once, the address is free, and no row of it is left but what the books need."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sealmate_cli.client import Client
from sealmate_cli.crypto import decode_recovery_key, derive_recovery
from sealmate_cli.errors import ClientError
from sealmate_cli.wire.shape import to_wire
from tests.e2e.hearing import ask
from tests.e2e.person import Person
from tests.e2e.playbook import Playbook, unique
from tests.e2e.stack import Stack, wait_until
from tests.e2e.wire import Wire, message
from tests.scripted_model.scripts import Stream

TABLES = ("AccountsTable", "ChatsTable", "TurnsTable", "WalletsTable", "ConnectionsTable")


def erase(person: Person, device: Client, **changes: str) -> httpx.Response:
    """By the recovery key, which stands for the password, and a backup code; signed by the device."""
    proof = derive_recovery(decode_recovery_key(person.recovery_key), account=person.account)
    address = f"{person.url}/api/account/erase"
    body = {"auth": to_wire(proof.auth), "code": person.backup_codes[0], **changes}
    headers = {"Authorization": f"Bearer {device.identity().session.token}"}
    asked = httpx.post(address, json=body, headers=headers, trust_env=False, timeout=60)
    assert asked.json()["code"] == "device_proof_needed"
    signed = device._session._sign()("POST", address, asked.json()["nonce"])
    return httpx.post(address, json=body, headers={**headers, "DPoP": signed}, trust_env=False, timeout=60)


def rows_of(stack: Stack, person: Person) -> list[tuple[str, dict[str, Any]]]:
    """All rows that speak of an account, whatever they are."""
    return [(table, row) for table in TABLES for row in stack.rows(table) if person.account in str(row)]


def lasting(rows: list[tuple[str, dict[str, Any]]]) -> set[tuple[str, str, str]]:
    """Which of them don't go by themselves, as those of a turn in flight and of a connection do."""
    kept = [(table, row) for table, row in rows if table in ("AccountsTable", "ChatsTable") and "ttl" not in row]
    return {(table, row["pk"]["S"], row["sk"]["S"]) for table, row in kept}


def test_nothing_is_left_of_an_account_but_amounts(
    stack: Stack, newcomer: Callable[[], Person], person: Person
) -> None:
    leaver = newcomer()
    phone = leaver.device()
    heard = ask(leaver.laptop, unique("The first"))
    ask(leaver.laptop, unique("The second"), chat=heard.chat)
    ask(phone, unique("Another chat"))
    ask(person.laptop, unique("Somebody else's"))
    stays = lasting(rows_of(stack, person))
    token = phone.identity().session.token
    with (
        Wire(leaver.laptop, stack.url) as one,
        Wire(phone, stack.url) as other,
        Wire(person.laptop, stack.url) as theirs,
    ):
        assert one.lives()
        assert other.lives()
        reply = erase(leaver, leaver.laptop)
        assert reply.status_code == 202
        assert one.hear_close() == 1000
        assert other.hear_close() == 1000
        assert theirs.lives(), "other people stay"
    assert (
        httpx.get(
            f"{stack.url}/api/chats", headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60
        ).json()["code"]
        == "not_signed_in"
    )
    with pytest.raises(ClientError):
        phone.chats()
    left = wait_until(lambda: _only_the_books(rows_of(stack, leaver)), "all else is erased")
    assert {row["kind"]["S"] for row in left} == {"grant", "charge"}
    assert all(set(row) <= {"pk", "sk", "row_id", "turn_id", "kind", "credits", "at"} for row in left)
    assert stays <= lasting(rows_of(stack, person))
    assert len(person.laptop.chats()) > 0
    _the_background_ended_well(stack, leaver)
    _the_receipt_is_told_mailed_and_ours(stack, leaver, reply.json()["erasure_id"])


def _the_receipt_is_told_mailed_and_ours(stack: Stack, leaver: Person, erasure_id: str) -> None:
    receipt = httpx.get(f"{stack.url}/api/erasures/{erasure_id}", trust_env=False, timeout=60).json()
    assert receipt["deleted"]["chats"] == 2
    assert receipt["deleted"]["messages"] == 3
    assert receipt["deleted"]["ways_in"] == 2
    assert receipt["kept"] == 4
    assert leaver.account not in str(receipt)
    mails = httpx.get(f"{stack.url}/mail", trust_env=False, timeout=60).json()
    mail = next(each for each in mails if each["to"] == [leaver.email])
    assert receipt["mac"] in mail["text"]
    for number, genuine in ((0, True), (1, False)):
        told = {**receipt, "kept": receipt["kept"] + number}
        verified = httpx.post(f"{stack.url}/api/receipts/verify", json=told, trust_env=False, timeout=60)
        assert verified.json() == {"genuine": genuine}


def _only_the_books(rows: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The ledger's rows, once there are no others than these and the one that says what is to be erased."""
    others = [row for _, row in rows if not row["sk"]["S"].startswith("LEDGER#") and row["pk"]["S"] != "ERASING"]
    ledger = [row for _, row in rows if row["sk"]["S"].startswith("LEDGER#")]
    return [] if others or any("model" in row for row in ledger) else ledger


def _the_background_ended_well(stack: Stack, leaver: Person) -> None:
    """Its execution waits for turns to end; the schedule does in its place what is to be done then."""
    machines = stack.client("stepfunctions")
    executions = machines.list_executions(stateMachineArn=stack.outputs["EraseAccount"])["executions"]
    (mine,) = [execution for execution in executions if execution["name"] == leaver.account]
    assert mine["status"] == "RUNNING"
    markers = [row for row in stack.rows("AccountsTable") if row["pk"]["S"] == "ERASING"]
    (marker,) = [row for row in markers if leaver.account in row["sk"]["S"]]
    stack.client("dynamodb").put_item(
        TableName=stack.outputs["AccountsTable"], Item={**marker, "shredded_at": {"N": "1"}}
    )
    functions = stack.client("lambda")
    pages = functions.get_paginator("list_functions").paginate()
    (job,) = [f["FunctionName"] for page in pages for f in page["Functions"] if "EraseAccount" in f["FunctionName"]]
    assert b'"more": 0' in functions.invoke(FunctionName=job, Payload=b"{}")["Payload"].read()
    assert not [row for row in stack.rows("AccountsTable") if leaver.account in str(row)]


def test_the_address_signs_up_anew_and_meets_nothing_of_before(stack: Stack, newcomer: Callable[[], Person]) -> None:
    leaver = newcomer()
    ask(leaver.laptop, unique("Before"))
    assert erase(leaver, leaver.laptop).status_code == 202
    with pytest.raises(ClientError) as refused:
        leaver.device()
    assert refused.value.code == "wrong_credentials", "as for an address that nobody knows"
    again = Person(url=stack.url, home=leaver.home / "again", email=leaver.email).sign_up()
    assert again.account != leaver.account
    assert again.laptop.chats() == []
    assert again.laptop.whoami().email == leaver.email
    assert again.laptop.wallet().available == 0, "its first credits were given before"
    again.close()


def test_without_both_proofs_nothing_happens(person: Person) -> None:
    assert erase(person, person.laptop, auth=to_wire(bytes(32))).json()["code"] == "wrong_credentials"
    assert erase(person, person.laptop, code="000000").json()["code"] == "wrong_code"
    assert person.laptop.whoami().account_id == person.account


def test_an_answer_that_streams_ends_with_its_account(
    stack: Stack, newcomer: Callable[[], Person], playbook: Playbook
) -> None:
    """Its rows go too, and nothing is held for ever."""
    leaver, text = newcomer(), unique("A long story")
    playbook.on(text).add(Stream(deltas=tuple(f"{n} " for n in range(200)), delay=0.05), to="stream")
    with Wire(leaver.laptop, stack.url) as wire:
        wire.send(message(leaver.laptop, text))
        wire.hear("answer_extended", seq=2)
        assert stack.holds(leaver.account)
        assert erase(leaver, leaver.laptop).status_code == 202
        assert wire.hear_close() == 1000
    left = wait_until(lambda: _only_the_books(rows_of(stack, leaver)), "all else is erased")
    assert [row["kind"]["S"] for row in left] == ["grant"]
