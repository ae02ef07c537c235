"""How a turn without an answer ends: its outcome in the chat, and the event that tells a person why and what to do."""

from __future__ import annotations

from typing import Literal

from sealmate import errors
from sealmate.events import Event, TurnFailed, TurnRefused, TurnStopped
from sealmate.turns.ports import Turn

Outcome = Literal["refused", "stopped", "failed"]


def outcome_of(error: errors.SealmateError) -> Outcome:
    if isinstance(error, errors.HarmRefused | errors.NotJudged):
        return "refused"
    return "stopped" if isinstance(error, errors.TurnStopped) else "failed"


def event_of(turn: Turn, error: errors.SealmateError) -> Event:
    outcome = outcome_of(error)
    if outcome == "stopped":
        return TurnStopped(turn_id=turn.turn_id, chat_id=turn.chat_id)
    told = {
        "turn_id": turn.turn_id,
        "chat_id": turn.chat_id,
        "code": error.code,
        "message": error.message,
        "next_step": error.next_step,
    }
    if outcome == "refused":
        return TurnRefused(**told)
    missing = error.details.get("missing_credits")
    return TurnFailed(**told, missing_credits=missing if isinstance(missing, int) else None)
