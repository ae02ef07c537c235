"""DynamoDB, as moto plays it, for callers at once: one call after another, as DynamoDB decides what meets on a row."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from moto.dynamodb.responses import DynamoHandler


def one_call_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto leaves that to its callers: it makes a transaction of copies of whole tables, and puts them back over what others wrote."""
    lock, call = threading.Lock(), DynamoHandler.call_action

    def locked(handler: DynamoHandler) -> Any:
        with lock:
            return call(handler)

    monkeypatch.setattr(DynamoHandler, "call_action", locked)
