"""Someone with a chat, and the whole line behind it."""

from __future__ import annotations

import pytest

from tests.unit.turns.conversation import Conversation


@pytest.fixture
def talk() -> Conversation:
    return Conversation()
