"""The end of an account: what opens it in one transaction, alike in memory and in DynamoDB; then every row there is of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from sealmate import wiring
from sealmate.accounts.receipts import Receipt
from sealmate.accounts.records import GRANTED_AGAIN_AFTER, Account, App, Erasure, SecondFactor
from sealmate.accounts.stores import Remains
from tests.contract.accounts.conftest import TABLES, Stores
from tests.contract.accounts.test_stores import (
    NEW,
    NOW,
    OTHER,
    SESSION,
    SIGN_UP,
    proved,
    second_account,
    wins,
    with_account,
    with_login,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ME, OTHERS = "account-1", "account-10"
ERASURE = "erasure-1"
GONE = Erasure(account_id=ME, erasure_id=ERASURE, shredded_at=NOW, email_sealed=b"sealed")
STEP = SecondFactor(totp_step=101, totp_sealed=b"totp")


def account(stores: Stores) -> Account:
    found = stores.accounts.get(ME)
    assert found is not None
    return found


# --- at once ---


@pytest.mark.parametrize("factor", [STEP, SecondFactor(backup_mac=b"b2")])
def test_nothing_opens_a_shredded_account(stores: Stores, factor: SecondFactor) -> None:
    with_account(stores)
    assert stores.accounts.admit(OTHER, login=with_login(stores), factor=SecondFactor(backup_mac=b"b1"))
    assert stores.accounts.shred(account(stores), factor=factor, now=NOW, erasure_id=ERASURE)
    assert stores.accounts.get(ME) is None
    assert stores.accounts.id_of("e1") is None
    assert stores.accounts.methods(ME) == []
    assert stores.sessions.of_account(ME) == []


@pytest.mark.parametrize(
    "factor",
    [SecondFactor(totp_step=100, totp_sealed=b"totp"), SecondFactor(backup_mac=b"b3")],
    ids=["an old step", "an unknown code"],
)
def test_a_spent_factor_shreds_nothing(stores: Stores, factor: SecondFactor) -> None:
    with_account(stores)
    assert not stores.accounts.shred(account(stores), factor=factor, now=NOW, erasure_id=ERASURE)
    assert stores.accounts.get(ME) == NEW.account
    assert stores.accounts.id_of("e1") == ME
    assert stores.accounts.methods(ME) == list(NEW.methods)
    assert stores.sessions.of_account(ME) == [SESSION]


def test_an_account_is_shredded_once(stores: Stores) -> None:
    with_account(stores)
    found = account(stores)
    factors = [SecondFactor(totp_step=101 + n, totp_sealed=b"totp") for n in range(6)]
    assert wins(lambda n: stores.accounts.shred(found, factor=factors[n], now=NOW, erasure_id=ERASURE)) == 1
    assert not stores.accounts.shred(
        found, factor=SecondFactor(totp_step=200, totp_sealed=b"totp"), now=NOW, erasure_id=ERASURE
    )


@pytest.mark.parametrize("factor", [SecondFactor(totp_step=102, totp_sealed=b"totp"), SecondFactor(backup_mac=b"b1")])
def test_nobody_signs_in_any_more(stores: Stores, factor: SecondFactor) -> None:
    with_account(stores)
    login = with_login(stores)
    assert stores.accounts.shred(account(stores), factor=STEP, now=NOW, erasure_id=ERASURE)
    assert not stores.accounts.admit(OTHER, login=login, factor=factor)
    assert stores.sessions.of_account(ME) == []


def test_the_address_is_free_again(stores: Stores) -> None:
    with_account(stores)
    assert stores.accounts.shred(account(stores), factor=STEP, now=NOW, erasure_id=ERASURE)
    sign_up = proved(stores, replace(SIGN_UP, signup_id="signup-2", account_id="account-2"))
    assert stores.accounts.create(replace(second_account(), grant=None), sign_up=sign_up)
    assert stores.accounts.id_of("e1") == "account-2"
    wallet = stores.wallets.wallet("account-2")
    assert (wallet.available, wallet.held) == (0, 0)


def test_a_grant_is_given_once_a_year_to_an_address(stores: Stores) -> None:
    """Whatever is asked before: a grant that comes with an account is refused with it."""
    with_account(stores)
    assert not stores.accounts.granted_before("e1", now=NOW), "the account is there"
    assert stores.accounts.shred(account(stores), factor=STEP, now=NOW, erasure_id=ERASURE)
    over = NOW + GRANTED_AGAIN_AFTER
    assert [stores.accounts.granted_before("e1", now=now) for now in (NOW, over - 1, over)] == [True, True, False]
    assert not stores.accounts.granted_before("e2", now=NOW)
    sign_up, new = proved(stores, replace(SIGN_UP, signup_id="signup-2", account_id="account-2")), second_account()
    early = replace(new, account=replace(new.account, created_at=over - 1))
    assert not stores.accounts.create(early, sign_up=sign_up)
    assert stores.accounts.id_of("e1") is None
    assert stores.accounts.create(replace(new, account=replace(new.account, created_at=over)), sign_up=sign_up)
    assert stores.wallets.wallet("account-2").available == 1000


def test_a_shredded_account_waits_to_be_erased(stores: Stores) -> None:
    with_account(stores)
    assert stores.remains.pending() == []
    assert stores.remains.erasure(ME) is None
    assert stores.accounts.shred(account(stores), factor=STEP, now=NOW, erasure_id=ERASURE)
    assert stores.remains.pending() == [ME]
    assert stores.remains.erasure(ME) == GONE
    for _ in range(2):
        stores.remains.forget(ME)
        assert stores.remains.pending() == []
        assert stores.remains.erasure(ME) is None


# --- the receipt ---


def test_a_receipt_begins_with_what_opened_the_account(stores: Stores) -> None:
    with_account(stores)
    assert stores.receipts.get(ERASURE) is None
    app = App(name="web", key=b"key", settings=b"sealed", revision=1)
    assert stores.apps.begin(ME, app, epoch=NEW.account.statement.epoch)
    assert stores.accounts.shred(account(stores), factor=SecondFactor(backup_mac=b"b1"), now=NOW, erasure_id=ERASURE)
    deleted = {"ways_in": 2, "backup_codes": 2, "sessions": 1, "other": 3}
    assert stores.receipts.get(ERASURE) == Receipt(erasure_id=ERASURE, requested_at=NOW, deleted=deleted)


def test_a_receipt_is_closed_once(stores: Stores) -> None:
    nobodys = Receipt(erasure_id="unknown", requested_at=NOW, deleted={}, erased_at=NOW, mac=b"mac")
    assert not stores.receipts.close(nobodys)
    with_account(stores)
    stores.accounts.shred(account(stores), factor=STEP, now=NOW, erasure_id=ERASURE)
    begun = stores.receipts.get(ERASURE)
    assert begun is not None
    ends = [replace(begun, kept=n, erased_at=NOW + n, mac=b"mac") for n in range(6)]
    assert wins(lambda n: stores.receipts.close(ends[n])) == 1
    assert stores.receipts.get(ERASURE) in ends


def test_the_mail_of_a_receipt_is_one_callers(stores: Stores) -> None:
    assert not stores.remains.claim_mail(GONE, now=NOW, until=NOW + 60)
    with_account(stores)
    stores.accounts.shred(account(stores), factor=STEP, now=NOW, erasure_id=ERASURE)
    assert wins(lambda _: stores.remains.claim_mail(GONE, now=NOW, until=NOW + 60)) == 1
    assert not stores.remains.claim_mail(GONE, now=NOW + 59, until=NOW + 120)
    assert stores.remains.claim_mail(GONE, now=NOW + 60, until=NOW + 120)


# --- every row, in DynamoDB ---


class Rows:
    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def put(self, table: str, pk: str, sk: str, **attributes: int | str) -> None:
        typed: Any = {
            name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in attributes.items()
        }
        self._client.put_item(TableName=table, Item={"pk": {"S": pk}, "sk": {"S": sk}, **typed})

    def all(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        pages = ((table, self._client.get_paginator("scan").paginate(TableName=table)) for table in TABLES)
        return {(table, i["pk"]["S"], i["sk"]["S"]): dict(i) for table, each in pages for p in each for i in p["Items"]}

    def counted(self) -> dict[str, int]:
        """What the receipt says was deleted."""
        row = self.all()["accounts", f"ERASURE#{ERASURE}", "RECEIPT"]
        return {name: int(value["N"]) for name, value in row.items() if "N" in value}

    def forget_the_receipt(self) -> None:
        key: Any = {"pk": {"S": f"ERASURE#{ERASURE}"}, "sk": {"S": "RECEIPT"}}
        self._client.delete_item(TableName="accounts", Key=key)

    def of(self, account_id: str) -> None:
        """All kinds of rows; the ledger's say what a message cost and what answered it."""
        self.put("accounts", account_id, "SESSION#late")
        self.put("connections", f"ACCOUNT#{account_id}", f"CONNECTION#{account_id}-c")
        self.put("connections", f"CONNECTION#{account_id}-c", "CONNECTION", account_id=account_id)
        for chat in range(3):
            self.chat(account_id, f"chat-{chat}", turns=chat)
        for row in ("TURN", "MESSAGE", "STREAM"):
            self.put("turns", f"{account_id}#held", row)
            self.put("turns", f"{account_id}#charged", row)
        self.put("turns", f"{account_id}#ASKED", "29000000", asked=3)
        self.put("turns", f"{account_id}#IMPORTED", "29000000", asked=2)
        self.put("turns", f"{account_id}#CACHE", "chat-1")
        self.put("wallets", account_id, "WALLET", available=5, held=2)
        self.put("wallets", account_id, "HOLD#held", credits=2)
        named: dict[str, int | str] = {"row_id": "charged", "turn_id": "charged", "at": 7}
        told: dict[str, int | str] = {"model": "m", "input_tokens": 3, "output_tokens": 4}
        self.put("wallets", account_id, "LEDGER#1#grant", row_id="grant", kind="grant", credits=10, at=6)
        self.put("wallets", account_id, "LEDGER#2#charged", kind="charge", credits=3, **named, **told)

    def chat(self, account_id: str, chat: str, *, turns: int) -> None:
        self.put("chats", account_id, f"CHAT#{chat}", updated_at=NOW)
        for n in range(turns):
            self.put("chats", f"{account_id}#{chat}", f"TURN#{chat}-{n}", updated_at=NOW)
            for row in ("TURN", "MESSAGE", "STREAM"):
                self.put("turns", f"{account_id}#{chat}-{n}", row)


@pytest.fixture
def rows(aws: str) -> Rows:
    return Rows(boto3.client("dynamodb", region_name=aws))


def erase(remains: Remains) -> int:
    """Batches until one finds nothing; how many there were."""
    for batches in range(100):
        if not remains.erase_some(GONE):
            return batches
    raise AssertionError("it never ends")


def test_amounts_stay_and_nothing_else(rows: Rows) -> None:
    rows.of(OTHERS)
    untouched = rows.all()
    rows.of(ME)
    erase(wiring.remains())
    left = {key: row for key, row in rows.all().items() if key not in untouched}
    receipt = left.pop(("accounts", f"ERASURE#{ERASURE}", "RECEIPT"))
    assert ME not in str(receipt)
    assert set(left) == {("wallets", ME, "LEDGER#1#grant"), ("wallets", ME, "LEDGER#2#charged")}
    charged = left["wallets", ME, "LEDGER#2#charged"]
    assert set(charged) == {"pk", "sk", "row_id", "kind", "credits", "at", "turn_id"}
    assert charged["credits"] == {"N": "3"}
    assert {key: row for key, row in rows.all().items() if key in untouched} == untouched, "others' rows stay"


def test_an_erasure_goes_on_wherever_it_broke_off(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call to DynamoDB fails: one of the first, and so on until none does."""
    call = boto3.client("dynamodb").__class__._make_api_call  # type: ignore[attr-defined]
    for n in range(0, 200, 2):
        rows.of(ME)
        done = 0

        def failing(client: Any, operation: str, given: Any, n: int = n) -> Any:
            nonlocal done
            done += 1
            if done == n + 1:
                raise TimeoutError
            return call(client, operation, given)

        with monkeypatch.context() as patch:
            patch.setattr("botocore.client.BaseClient._make_api_call", failing)
            try:
                erase(wiring.remains())
            except TimeoutError:
                erase(wiring.remains())
        assert {sk for _, _, sk in rows.all()} == {"LEDGER#1#grant", "LEDGER#2#charged", "RECEIPT"}, n
        assert rows.counted() == {"chats": 3, "messages": 3, "other": 7}, n
        rows.forget_the_receipt()
        if done <= n:
            break
    assert n > 20


def test_of_two_at_once_each_row_is_counted_once(rows: Rows) -> None:
    rows.of(ME)
    remains = wiring.remains()

    def erase_it(_: int) -> bool:
        return erase(remains) >= 0

    assert wins(erase_it, rounds=2) == 2
    assert rows.counted() == {"chats": 3, "messages": 3, "other": 7}


def test_a_large_account_goes_in_batches(rows: Rows) -> None:
    rows.chat(ME, "long", turns=101)
    for n in range(101):
        rows.chat(ME, f"chat-{n}", turns=0)
        rows.put("wallets", ME, f"LEDGER#{n}#t", kind="charge", turn_id="t", model="m")
    assert erase(wiring.remains()) > 3
    assert {table for table, _, _ in rows.all()} == {"accounts", "wallets"}
    assert all("model" not in row for row in rows.all().values())
    assert rows.counted() == {"chats": 102, "messages": 101}


def test_a_chat_that_grew_meanwhile_is_looked_at_again(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that was being stored when its account ended, between the look at its chat and the chat's deletion."""
    rows.chat(ME, "chat-1", turns=1)
    call = boto3.client("dynamodb").__class__._make_api_call  # type: ignore[attr-defined]

    def grows(client: Any, operation: str, given: Any) -> Any:
        done = call(client, operation, given)
        if operation == "Query" and "chat-1" in str(given):
            patch.undo()
            rows.put("chats", f"{ME}#chat-1", "TURN#late")
            rows.put("chats", ME, "CHAT#chat-1", updated_at=NOW + 1)
        return done

    with monkeypatch.context() as patch:
        patch.setattr("botocore.client.BaseClient._make_api_call", grows)
        erase(wiring.remains())
    assert rows.counted() == {"chats": 1, "messages": 2}
    assert {sk for _, _, sk in rows.all()} == {"RECEIPT"}
