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
# Each with a sign-in of its own: moto copies its tables for every transaction, so that many rows make it slow.
SIGN_INS = min(REPLAYS, 200)
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
    """Each replay has a sign-in of its own, its password proved."""
    with_account(stores)
    logins = [with_login(stores, f"login-{number}") for number in range(SIGN_INS)]

    def replay(number: int) -> bool:
        session = replace(SESSION, session_id=f"new-{number}")
        return stores.accounts.admit(session, login=logins[number], factor=factor)

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
    ("replayed", "times"),
    [
        pytest.param(ticket, REPLAYS, id="ticket"),
        pytest.param(challenge, REPLAYS, id="challenge"),
        pytest.param(lambda stores: stepped_up(stores, TOTP), REPLAYS, id="TOTP code at step-up"),
        pytest.param(lambda stores: stepped_up(stores, BACKUP), REPLAYS, id="backup code at step-up"),
        pytest.param(one_login, REPLAYS, id="sign-in"),
        pytest.param(lambda stores: admitted(stores, TOTP), SIGN_INS, id="TOTP code at sign-in"),
        pytest.param(lambda stores: admitted(stores, BACKUP), SIGN_INS, id="backup code at sign-in"),
    ],
)
def test_of_parallel_replays_one_is_accepted(stores: Stores, replayed: Replayed, times: int) -> None:
    replay = replayed(stores)
    assert wins(replay, rounds=times) == 1
    assert not replay(0)
