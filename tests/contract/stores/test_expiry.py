"""DynamoDB deletes what has expired when it gets to it; until then, the adapters don't read it any more."""

from __future__ import annotations

import time

import pytest

from sealmate import errors
from tests.contract.stores.conftest import Stores
from tests.contract.stores.given import new_turn


def test_a_message_in_flight_lives_ten_minutes(dynamodb: Stores) -> None:
    dynamodb.open_account(dynamodb.account, 1000)
    now = int(time.time())
    fresh, old = new_turn(dynamodb, chat="fresh", at=now - 300), new_turn(dynamodb, chat="old", at=now - 700)
    for new in (fresh, old):
        dynamodb.turns.begin(new)
    assert dynamodb.turns.message(dynamodb.account, fresh.turn.turn_id) == b"message"
    with pytest.raises(errors.TurnInterrupted):
        dynamodb.turns.message(dynamodb.account, old.turn.turn_id)


@pytest.mark.parametrize(("age", "there"), [(3000, True), (3700, False)])
def test_a_cached_chat_lives_an_hour(dynamodb: Stores, age: int, there: bool) -> None:
    dynamodb.cache.put(f"account {age}", "chat", b"sealed", now=int(time.time()) - age)
    assert (dynamodb.cache.get(f"account {age}", "chat") is not None) == there
