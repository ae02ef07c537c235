"""A person with a device, as far as the pipeline sees one: keys of the terminal client's own making, and a WebSocket's frames."""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from sealmate import wiring
from sealmate.adapters.dynamodb.items import EpochItem, LedgerItem, WalletItem
from sealmate.billing.ports import LedgerRow, Wallet
from sealmate.model import to_base64url
from sealmate.turns.ports import Caller, Record
from sealmate_cli.crypto.chats import ChatKey, make_chat_key, wrap_chat_key
from sealmate_cli.crypto.keys import sha256
from tests.fakes.push import FakePush
from tests.pipeline.aws import handler


def new_turn_id() -> str:
    """A UUIDv7."""
    raw = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


@dataclass(kw_only=True)
class Person:
    push: FakePush
    credits: int = 1000
    account: str = field(default_factory=lambda: str(uuid.uuid4()))
    connection: str = field(default_factory=lambda: uuid.uuid4().hex)
    master_key: bytes = field(default_factory=lambda: os.urandom(32))
    epoch: int = 1
    # By turn: the sealed record that was sent, for opening the answer whose parent it is.
    records: dict[str, bytes] = field(default_factory=dict)

    def sign_in(self) -> Person:
        """The rows that sign-up and $connect leave behind."""
        wiring.turns(), wiring.wallets()
        EpochItem(self.account, "ACCOUNT", epoch=self.epoch).save()
        WalletItem(self.account, "WALLET", available=self.credits, held=0).save()
        LedgerItem(self.account, "LEDGER#grant", row_id="grant", kind="grant", credits=self.credits, at=0).save()
        self.connect(self.connection)
        return self

    def connect(self, connection: str) -> None:
        caller = Caller(connection_id=connection, account_id=self.account, session_id="session")
        wiring.connections().add(caller, now=int(time.time()))

    def new_chat(self) -> ChatKey:
        return make_chat_key(self.account, str(uuid.uuid4()))

    def message(self, key: ChatKey, text: str, *, turn: str | None = None, **changes: Any) -> dict[str, Any]:
        """An `ask` as a client sends it; `changes` replace or add fields, None removes one."""
        turn = turn or new_turn_id()
        self.records[turn] = key.seal_message(turn=turn, text=text, parent=b"")
        ask = {
            "action": "ask",
            "turn_id": turn,
            "chat_id": key.chat,
            "generation": 1,
            "message": text,
            "history": [],
            "answer_public_key": to_base64url(key.answer_pair.public_key),
            "cache_key": to_base64url(key.cache_key),
            "record": to_base64url(self.records[turn]),
            "chat_key": to_base64url(wrap_chat_key(key, self.master_key, epoch=self.epoch)),
        }
        return {name: value for name, value in {**ask, **changes}.items() if value is not None}

    def send(self, body: dict[str, Any] | str, *, route: str = "ask", connection: str | None = None) -> None:
        """A frame, through the route's function."""
        text = body if isinstance(body, str) else json.dumps(body)
        event = {
            "requestContext": {
                "apiId": "api",
                "stage": "ws",
                "domainName": "api.example",
                "connectionId": connection or self.connection,
                "requestId": uuid.uuid4().hex,
                "routeKey": route,
                "eventType": "MESSAGE",
            },
            "body": text,
            "isBase64Encoded": False,
        }
        assert handler(f"ws_{route}")(event, None) == {"statusCode": 200}

    def ask(self, key: ChatKey, text: str, **changes: Any) -> str:
        """Sends a message and waits until its execution has ended; returns the turn."""
        body = self.message(key, text, **changes)
        self.send(body)
        settle_executions()
        return str(body["turn_id"])

    def events(self, turn: str | None = None) -> list[Any]:
        found = self.push.to(self.connection)
        return [e for e in found if turn is None or getattr(e, "turn_id", None) == turn]

    def last(self, turn: str, kind: str) -> Any:
        return [e for e in self.events(turn) if e.type == kind][-1]

    def record(self, key: ChatKey, turn: str) -> Record:
        return wiring.chats().record(self.account, key.chat, turn)

    def open_answer(self, key: ChatKey, turn: str) -> str:
        answer = self.record(key, turn).answer
        assert answer is not None
        return str(key.open_answer(answer, turn=turn, message=self.records[turn])["text"])

    def parent_of(self, key: ChatKey, turn: str) -> dict[str, str]:
        answer = self.record(key, turn).answer
        return {"turn_id": turn, "hash": to_base64url(sha256(answer or self.records[turn]))}

    def wallet(self) -> Wallet:
        return wiring.wallets().wallet(self.account)

    def charges(self) -> list[LedgerRow]:
        rows, _ = wiring.wallets().ledger(self.account, cursor=None, limit=100)
        return [row for row in rows if row.kind == "charge"]


def settle_executions(seconds: float = 30, *, machine: str = "ANSWER_TURN_ARN") -> list[dict[str, Any]]:
    """Waits until no execution of the machine runs; returns them all, newest first. It is named by a variable of the environment."""
    import boto3

    client = boto3.client("stepfunctions")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found: list[dict[str, Any]] = client.list_executions(stateMachineArn=os.environ[machine])["executions"]  # type: ignore[assignment]
        if all(execution["status"] != "RUNNING" for execution in found):
            return found
        time.sleep(0.01)
    raise AssertionError("an execution does not end")
