"""A state machine that notes what was started, and can be told to be away."""

from __future__ import annotations

from collections.abc import Mapping

from sealmate import errors


class FakeExecutions:
    def __init__(self) -> None:
        self.started: list[Mapping[str, object]] = []
        self.away = False

    def start(self, *, turn_id: str, payload: Mapping[str, object]) -> None:
        if self.away:
            raise errors.TurnNotStarted(turn_id=turn_id)
        self.started.append(payload)
