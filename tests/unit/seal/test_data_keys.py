"""What is sealed under KMS data keys opens for its purpose and owner only."""

from __future__ import annotations

import pytest

from sealmate import errors
from sealmate.seal.data_keys import DataKeySeal, make_turn_key, turn_key_of
from tests.fakes.clock import FakeRandom
from tests.fakes.keys import FakeKeyService

TURN, OTHER = "turn-1", "turn-2"


def test_a_blob_opens_for_its_purpose_and_owner_only() -> None:
    seal = DataKeySeal(keys=FakeKeyService(), random=FakeRandom())
    blob = seal.seal(b"seed", purpose="totp", owner="ada")
    assert seal.open(blob, purpose="totp", owner="ada") == b"seed"
    for purpose, owner in (("email", "ada"), ("totp", "bob")):
        with pytest.raises(errors.SealBroken):
            seal.open(blob, purpose=purpose, owner=owner)


def test_a_blob_shows_nothing_of_its_content() -> None:
    blob = DataKeySeal(keys=FakeKeyService(), random=FakeRandom()).seal(b"a@example.com", purpose="email", owner="ada")
    assert b"example" not in blob


@pytest.mark.parametrize("size", [0, 1, 2, 40])
def test_a_cut_blob_is_an_error_with_a_name(size: int) -> None:
    seal = DataKeySeal(keys=FakeKeyService(), random=FakeRandom())
    blob = seal.seal(b"seed", purpose="totp", owner="ada")
    with pytest.raises(errors.SealBroken):
        seal.open(blob[:size], purpose="totp", owner="ada")


def test_a_turn_costs_one_call_to_the_key_service_a_function() -> None:
    keys, random = FakeKeyService(), FakeRandom()
    made = make_turn_key(TURN, keys=keys, random=random)
    message, snapshot = made.seal(b"message", part="message"), made.seal(b"snapshot", part="snapshot")
    opened = turn_key_of(message, TURN, keys=keys, random=random)
    assert opened.open(message, part="message") == b"message"
    assert opened.open(snapshot, part="snapshot") == b"snapshot"
    assert keys.calls == ["make_data_key", "open_data_key"]


def test_parts_of_a_turn_and_turns_are_told_apart() -> None:
    keys, random = FakeKeyService(), FakeRandom()
    key = make_turn_key(TURN, keys=keys, random=random)
    blob = key.seal(b"message", part="message")
    with pytest.raises(errors.SealBroken):
        key.open(blob, part="snapshot")
    with pytest.raises(errors.SealBroken):
        turn_key_of(blob, OTHER, keys=keys, random=random)
