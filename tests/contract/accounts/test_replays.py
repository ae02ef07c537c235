"""What is good once is taken once, however many send it at the same moment: forty here, a thousand in `make prove`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from sealmate.accounts.records import Challenge, SecondFactor, Ticket
from tests.contract.accounts.conftest import Stores
from tests.contract.accounts.test_stores import NOW, SESSION, wins, with_account, with_login

REPLAYS = int(os.environ.get("SEALMATE_REPLAYS", "40"))
# moto copies the whole table once for each operation of a transaction, so that rows cost more than replays. One that loses leaves its
# sign-in as it was: the next replay with it can fail by nothing but the code.
SIGN_INS = min(REPLAYS, 40)
TOTP, BACKUP = SecondFactor(totp_step=101, totp_sealed=b"totp"), SecondFactor(backup_mac=b"b1")

Replayed = Callable[[Stores], Callable[[int], bool]]
"""Prepares, and gives the replay of that number; true if it was accepted."""


def ticket(stores: Stores) -> Callable[[int], bool]:
    stores.tickets.put(Ticket(ticket_hash="h", account_id="account-1", session_id="session-1", expires_at=NOW + 30))
    return lambda _: stores.tickets.take("h") is not None


def challenge(stores: Stores) -> Callable[[int], bool]:
    made = Challenge(
        challenge_id="challenge-1",
        purpose="step_up",
        challenge=b"random",
        account_id="account-1",
        bound_to="session-1",
        expires_at=NOW + 300,
    )
    stores.challenges.put(made)
    return lambda _: stores.challenges.take("challenge-1") is not None


def admitted(stores: Stores, factor: SecondFactor) -> Callable[[int], bool]:
    """By many sign-ins, the password of each proved."""
    with_account(stores)
    logins = [with_login(stores, f"login-{number}") for number in range(SIGN_INS)]

    def replay(number: int) -> bool:
        session = replace(SESSION, session_id=f"new-{number}")
        return stores.accounts.admit(session, login=logins[number % SIGN_INS], factor=factor)

    return replay


def stepped_up(stores: Stores, factor: SecondFactor) -> Callable[[int], bool]:
    with_account(stores)
    return lambda _: stores.accounts.prove(SESSION, factor=factor, until=NOW + 300)


def one_login(stores: Stores) -> Callable[[int], bool]:
    """All complete the same one."""
    with_account(stores)
    login = with_login(stores)

    def replay(number: int) -> bool:
        return stores.accounts.admit(replace(SESSION, session_id=f"new-{number}"), login=login, factor=TOTP)

    return replay


@pytest.mark.parametrize(
    "replayed",
    [
        pytest.param(ticket, id="ticket"),
        pytest.param(challenge, id="challenge"),
        pytest.param(lambda stores: stepped_up(stores, TOTP), id="TOTP code at step-up"),
        pytest.param(lambda stores: stepped_up(stores, BACKUP), id="backup code at step-up"),
        pytest.param(one_login, id="sign-in"),
        pytest.param(lambda stores: admitted(stores, TOTP), id="TOTP code at sign-in"),
        pytest.param(lambda stores: admitted(stores, BACKUP), id="backup code at sign-in"),
    ],
)
def test_of_parallel_replays_one_is_accepted(stores: Stores, replayed: Replayed) -> None:
    replay = replayed(stores)
    assert wins(replay, rounds=REPLAYS) == 1
    assert not replay(0)
