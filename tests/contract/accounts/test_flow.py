"""Signing up and in through the real wiring: DynamoDB, KMS and SES as moto plays them."""

from __future__ import annotations

import re

import boto3
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from sealmate import catalog, errors, wiring
from sealmate.accounts.email import normalise
from sealmate.adapters.dynamodb.items import LedgerItem
from sealmate.adapters.dynamodb.table import bind
from sealmate.adapters.dynamodb.wallets import DynamoWallets
from sealmate.adapters.mail import Ses
from tests.contract.accounts.conftest import REGION
from tests.fakes.clock import FakeClock
from tests.fakes.connections import FakeConnections
from tests.fakes.http import Api
from tests.fakes.person import Person
from tests.fakes.push import FakePush

SENDER = "hello@sealmate.example"


@pytest.fixture
def ada(aws: str, monkeypatch: pytest.MonkeyPatch) -> Person:
    kms = boto3.client("kms", region_name=aws)
    data_key = kms.create_key()["KeyMetadata"]["KeyId"]
    mac_key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    boto3.client("ses", region_name=aws).verify_email_identity(EmailAddress=SENDER)
    for name, value in {"DATA_KEY": data_key, "MAC_KEY": mac_key, "MAIL_SENDER": SENDER}.items():
        monkeypatch.setenv(name, value)
    clock = FakeClock()
    wiring.override(clock=clock, connections=FakeConnections(), push=FakePush())
    api = Api("http_auth", "http_account")
    return Person(api=api, clock=clock, code_for=_mailed_code, email="ada@example.org")


def _mailed_code(email: str) -> str:
    sent = [
        m for m in ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages if m.destinations["ToAddresses"] == [email]
    ]
    found = re.search(r"\b\d{6}\b", sent[-1].body)
    assert found is not None
    return found.group()


def test_a_person_signs_up_signs_in_and_ends_the_first_session(ada: Person) -> None:
    ada.sign_up()
    first, first_token = ada.session_id, ada.token
    shown = ada.call("GET", "/account").json
    assert (shown["email"], shown["wallet"]) == ("ada@example.org", {"available": _grant(), "held": 0})
    bind(LedgerItem, table="WALLETS_TABLE")
    rows, _ = DynamoWallets().ledger(ada.account_id, cursor=None, limit=9)
    assert [(row.kind, row.credits) for row in rows] == [("grant", _grant())]
    assert ada.prove_code(ada.password_proved()).code == "wrong_code"
    assert ada.log_in().json["keys"] == ada.call("GET", "/account/keys").json
    assert ada.prove_code(ada.password_proved(), ada.backup_codes[0]).status == 200
    assert ada.prove_code(ada.password_proved(), ada.backup_codes[0]).code == "wrong_code"
    token = ada.call("POST", "/auth/session/rotate").json["session"]["token"]
    assert ada.call("POST", "/auth/session/rotate").json["session"]["token"] == token
    assert ada.call("DELETE", f"/account/sessions/{first}").status == 204
    ada.token = first_token
    assert ada.call("GET", "/account").code == "not_signed_in"


def test_a_ticket_leads_to_its_session(ada: Person) -> None:
    ada.sign_up()
    ticket = ada.call("POST", "/auth/ticket").json["ticket"]
    assert wiring.tickets().redeem(ticket) == (ada.account_id, ada.session_id)
    with pytest.raises(errors.NotSignedIn):
        wiring.tickets().redeem(ticket)


def test_an_unknown_address_is_refused_like_a_wrong_password(ada: Person) -> None:
    ada.sign_up()
    nobody = Person(api=ada.api, clock=ada.clock, code_for=_mailed_code, email="nobody@example.org")
    replies = [person.prove_password(person.start_login(), bytes(32)) for person in (ada, nobody)]
    assert [(r.status, r.json) for r in replies] == [(401, replies[0].json)] * 2


def test_the_tables_hold_no_address_and_no_seed(ada: Person) -> None:
    ada.sign_up()
    ada.log_in()
    kept = repr(
        [boto3.client("dynamodb", region_name=REGION).scan(TableName=t)["Items"] for t in ("accounts", "wallets")]
    )
    assert ada.account_id in kept
    for secret in (normalise(ada.email), ada.totp_secret, ada.token.split(".")[2], *ada.backup_codes):
        assert secret not in kept


def test_what_ses_refuses_has_a_name(aws: str) -> None:
    with pytest.raises(errors.MailNotSent) as refused:
        Ses(sender="unverified@sealmate.example", region=aws).send(to="a@example.org", subject="s", text="t")
    assert refused.value.details == {"reason": "MessageRejected"}


def _grant() -> int:
    return catalog.prices().signup_grant
