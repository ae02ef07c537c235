"""A chat comes back from an archive: its device has sealed it anew, and here it is stored as it is, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sealmate import catalog, errors
from sealmate.events import ChatChanged
from sealmate.ports import Clock
from sealmate.seal.envelope import Namespace
from sealmate.seal.received import header_of
from sealmate.turns.audience import Audience
from sealmate.turns.ports import Chats, Imported, Record, Turns
from sealmate.turns.requests import ImportChat, ImportedTurn

# Seconds by which a device's clock may be ahead.
_AHEAD = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Importing:
    turns: Turns
    chats: Chats
    clock: Clock
    audience: Callable[[str, str], Audience]

    def __call__(self, account_id: str, chat_id: str, part: ImportChat) -> int:
        """How many turns were stored now; those that were there stay as they are.

        InvalidRecord, InvalidRequest, WrongEpoch, ChatKeyConflict, TooManyTries; ChatNotFound if the chat was deleted here.
        """
        now = self.clock.now()
        epoch = _checked_epoch(part, now=now)
        if self.turns.count_import(account_id, minute=now // 60) > catalog.limits().imports_per_minute:
            raise errors.TooManyTries(retry_after=60 - now % 60)
        stored = self.chats.add(
            Imported(
                account_id=account_id,
                chat_id=chat_id,
                generation=part.generation,
                chat_key=part.chat_key,
                key_epoch=epoch,
                details=part.details,
                created_at=part.created_at,
                active_at=part.active_at,
                records=[_record(chat_id, turn) for turn in part.turns],
            ),
            at=now,
        )
        if stored or not part.turns:
            self.audience(account_id, chat_id).tell_everyone(ChatChanged(chat_id=chat_id, updated_at=now))
        return stored


def _record(chat_id: str, turn: ImportedTurn) -> Record:
    return Record(
        turn_id=turn.turn_id,
        chat_id=chat_id,
        parent=(turn.parent.turn_id, turn.parent.hash) if turn.parent else None,
        created_at=turn.created_at,
        message=turn.message,
        outcome=turn.outcome,
        code=turn.code,
        answer=turn.answer,
        suggestions=turn.suggestions,
        mate=turn.mate,
        model=turn.model,
        finish=turn.finish,
        answered_at=turn.answered_at,
    )


def _checked_epoch(part: ImportChat, *, now: int) -> int:
    """The master key's epoch that the chat key is under. What can be checked without keys is checked here."""
    if part.active_at < part.created_at or part.active_at > now + _AHEAD:
        raise errors.InvalidRequest(field="active_at")
    if len({turn.turn_id for turn in part.turns}) < len(part.turns):
        raise errors.InvalidRequest(field="turns", problem="twice")
    for turn in part.turns:
        _check_whole(turn, now=now)
        for envelope, namespace in (
            (turn.message, Namespace.MESSAGE),
            (turn.answer, Namespace.ANSWER),
            (turn.suggestions, Namespace.SUGGESTIONS),
        ):
            _check_header(envelope, namespace, generation=part.generation)
    _check_header(part.details, Namespace.DETAILS, generation=part.generation)
    return header_of(part.chat_key, Namespace.CHAT_KEY).epoch


def _check_whole(turn: ImportedTurn, *, now: int) -> None:
    """A turn's parts are those that its outcome leaves."""
    if turn.parent and turn.turn_id <= turn.parent.turn_id:
        raise errors.InvalidRecord(reason="before_its_parent")
    if (turn.message is None) != (turn.outcome == "deleted"):
        raise errors.InvalidRecord(reason="message_and_outcome")
    if (turn.answer is None) == (turn.outcome == "answered"):
        raise errors.InvalidRecord(reason="answer_and_outcome")
    if turn.suggestions is not None and turn.answer is None:
        raise errors.InvalidRecord(reason="suggestions_without_answer")
    if max(turn.created_at, turn.answered_at or 0) > now + _AHEAD:
        raise errors.InvalidRequest(field="turns", problem="time")


def _check_header(envelope: bytes | None, namespace: Namespace, *, generation: int) -> None:
    if envelope is not None and header_of(envelope, namespace).epoch != generation:
        raise errors.WrongEpoch()
