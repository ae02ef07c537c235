"""Turns at the stages where the tests begin."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from sealmate.billing.ports import Charge, Hold
from sealmate.turns.ports import Answer, NewTurn, Stream, Turn
from tests.contract.stores.conftest import Stores

T = TypeVar("T")

# Ahead of the real time, which the adapters compare with what expires: however long a run takes, nothing here does.
NOW = int(time.time()) + 3600
CHAT = "11111111-0000-4000-8000-000000000000"
PARENT = ("01976f6e-0000-7000-8000-00000000ffff", b"hash")
ANSWER = Answer(
    envelope=b"envelope",
    snapshot=b"last snapshot",
    finish="complete",
    mate="tavi",
    model="local",
    input_tokens=20,
    output_tokens=7,
    credits=30,
    answered_at=NOW + 9,
)
CHARGE = Charge(credits=30, input_tokens=20, output_tokens=7, model="local")
_numbers = itertools.count(1)


def new_turn(
    stores: Stores,
    *,
    chat: str = CHAT,
    chat_key: bytes | None = b"chat key",
    generation: int = 1,
    key_epoch: int = 1,
    at: int = NOW,
    temporary: bool = False,
) -> NewTurn:
    """With a chat's first message, unless `chat_key` is None. Turn ids sort by the order in which they are made."""
    turn = Turn(
        account_id=stores.account,
        turn_id=f"01976f6e-0000-7000-8000-{next(_numbers):012d}",
        chat_id=chat,
        status="asked",
        created_at=at,
        connection_id="connection",
        characters=5,
        temporary=temporary,
    )
    return NewTurn(
        turn=turn,
        generation=generation,
        record=b"record",
        parent=PARENT if chat_key is None else None,
        sealed_message=b"message",
        chat_key=chat_key,
        key_epoch=None if chat_key is None else key_epoch,
    )


def asked(stores: Stores, *, chat: str | None = None) -> Turn:
    """In a chat of its own if none is named."""
    new = new_turn(stores, chat=chat or f"11111111-0000-4000-8000-{next(_numbers):012d}")
    assert stores.turns.begin(new)
    return new.turn


def reserve(stores: Stores, turn: Turn, *, credits_: int = 100, execution: str = "e1", at: int = NOW) -> Hold:
    wanted = Hold(account_id=turn.account_id, turn_id=turn.turn_id, credits=credits_, reserved_at=at)
    return stores.wallets.reserve(wanted, execution_id=execution, deadline=at + 360)


def claim(stores: Stores, turn: Turn, *, now: int = NOW) -> Stream:
    return stores.turns.claim(turn, now=now, lease_until=now + 15, mate="tavi", model="local")


def running(stores: Stores) -> tuple[Turn, Hold]:
    turn = asked(stores)
    hold = reserve(stores, turn)
    return stores.turns.turn(turn.account_id, turn.turn_id), hold


def answered(stores: Stores) -> tuple[Turn, Hold]:
    turn, hold = running(stores)
    stores.turns.answered(turn, ANSWER, attempt=claim(stores, turn).attempt)
    return now_(stores, turn), hold


def now_(stores: Stores, turn: Turn) -> Turn:
    """The turn as it is stored."""
    return stores.turns.turn(turn.account_id, turn.turn_id)


def numbers(stores: Stores) -> tuple[int, int]:
    """Available and held."""
    wallet = stores.wallets.wallet(stores.account)
    return wallet.available, wallet.held


def together(act: Callable[[int], T], times: int = 20) -> list[T]:
    """What some parallel calls return; all begin at once."""
    start = Barrier(times)

    def ready(number: int) -> T:
        start.wait(timeout=30)
        return act(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(ready, range(times)))
