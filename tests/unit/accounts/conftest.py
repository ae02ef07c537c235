"""A world of fakes for each test, and someone who lives in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sealmate import wiring
from tests.fakes.person import Person
from tests.unit.accounts.world import World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("WALLETS_TABLE", "wallets")
    made = World()
    made.wire()
    yield made
    wiring.override()


@pytest.fixture
def ada(world: World) -> Person:
    """Someone who has an account and a session."""
    return world.person().sign_up()
