"""Pairings of devices: each part once and in its order, whoever writes it; the end of one begins one session."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealmate.accounts.pairing import Joined, Pairing
from sealmate.accounts.resets import begun
from tests.contract.accounts.conftest import Stores
from tests.contract.accounts.test_stores import NOW, OTHER, SESSION, wins, with_account

PAIRING = Pairing(pairing_id="pairing-1", account_id="account-1", session_id="session-1", expires_at=NOW + 600)
JOINED = Joined(device="phone", public_key=b"key", commitment=b"commitment", claim_hash=b"claim")


@pytest.fixture
def kept(stores: Stores) -> Stores:
    """With an account and a pairing that its session began."""
    with_account(stores)
    assert stores.pairings.begin(PAIRING)
    return stores


@pytest.fixture
def given(kept: Stores) -> Stores:
    """With everything said."""
    assert kept.pairings.join("pairing-1", JOINED)
    assert kept.pairings.answer("pairing-1", nonce=b"giver")
    assert kept.pairings.reveal("pairing-1", nonce=b"joiner")
    assert kept.pairings.give("pairing-1", sealed=b"sealed", epoch=1)
    return kept


def _of(stores: Stores) -> Pairing:
    pairing = stores.pairings.get("pairing-1")
    assert pairing is not None
    return pairing


def test_a_pairing_is_kept_as_it_is(given: Stores) -> None:
    assert _of(given) == replace(
        PAIRING, joined=JOINED, giver_nonce=b"giver", joiner_nonce=b"joiner", sealed=b"sealed", epoch=1
    )
    given.pairings.end("pairing-1")
    assert given.pairings.get("pairing-1") is None


def test_an_id_is_taken_once(kept: Stores) -> None:
    assert not kept.pairings.begin(replace(PAIRING, session_id="session-2"))
    assert _of(kept) == PAIRING


def test_no_part_comes_before_its_turn(kept: Stores) -> None:
    assert not kept.pairings.answer("pairing-1", nonce=b"giver")
    assert not kept.pairings.reveal("pairing-1", nonce=b"joiner")
    assert not kept.pairings.give("pairing-1", sealed=b"sealed", epoch=1)
    assert not kept.pairings.join("pairing-9", JOINED)
    assert _of(kept) == PAIRING
    assert kept.pairings.get("pairing-9") is None


def test_a_part_that_was_said_stays_and_repeating_it_is_fine(given: Stores) -> None:
    before = _of(given)
    for other in (
        replace(JOINED, public_key=b"other"),
        replace(JOINED, commitment=b"other"),
        replace(JOINED, claim_hash=b"other"),
        replace(JOINED, device="other"),
    ):
        assert not given.pairings.join("pairing-1", other)
    assert not given.pairings.answer("pairing-1", nonce=b"other")
    assert not given.pairings.reveal("pairing-1", nonce=b"other")
    assert not given.pairings.give("pairing-1", sealed=b"other", epoch=1)
    assert given.pairings.join("pairing-1", JOINED)
    assert given.pairings.answer("pairing-1", nonce=b"giver")
    assert given.pairings.reveal("pairing-1", nonce=b"joiner")
    assert given.pairings.give("pairing-1", sealed=b"sealed", epoch=1)
    assert _of(given) == before


def test_of_many_devices_one_joins(kept: Stores) -> None:
    def join(number: int) -> bool:
        return kept.pairings.join("pairing-1", replace(JOINED, claim_hash=bytes([number])))

    assert wins(join, rounds=1) == 1


def test_a_pairing_begins_one_session(given: Stores) -> None:
    pairing = _of(given)
    sessions = [replace(OTHER, session_id=f"session-{n}") for n in range(20, 60)]
    assert wins(lambda n: given.pairings.admit(sessions[n], pairing=pairing), rounds=1) == 1
    assert len(given.sessions.of_account("account-1")) == 2
    assert _of(given).finished


def test_nobody_is_admitted_without_the_keys_the_session_or_the_epoch_they_are_of(given: Stores) -> None:
    pairing = _of(given)
    assert not given.pairings.admit(OTHER, pairing=replace(pairing, sealed=b"other"))
    assert not given.pairings.admit(OTHER, pairing=replace(pairing, epoch=2))
    given.sessions.delete("account-1", SESSION.session_id)
    assert not given.pairings.admit(OTHER, pairing=pairing)
    assert given.sessions.of_account("account-1") == []
    assert not _of(given).finished


def test_a_device_that_is_added_ends_a_reset_and_one_that_is_refused_does_not(given: Stores) -> None:
    """Who has a device that opens the account hasn't lost everything."""
    pairing, reset = _of(given), begun("account-1", "reset-1", now=NOW, waiting=700)
    assert given.resets.start(reset)
    assert not given.pairings.admit(OTHER, pairing=replace(pairing, epoch=2))
    assert given.resets.get("account-1") == reset
    assert given.pairings.admit(OTHER, pairing=pairing)
    assert given.resets.get("account-1") is None
