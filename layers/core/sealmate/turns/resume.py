"""A connection comes back to a turn: it gets what it missed, or how the turn ended. Stopping is asked for here too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sealmate import catalog, errors
from sealmate.billing.end import End
from sealmate.billing.ports import Wallets
from sealmate.events import AnswerFinished, AnswerResumed, AnswerWithheld, Event, SuggestionsMade, TurnAccepted
from sealmate.ports import Clock, KeyService, Random
from sealmate.seal.data_keys import turn_key_of
from sealmate.turns.endings import event_of
from sealmate.turns.in_flight import Snapshot
from sealmate.turns.ports import Caller, Chats, Connections, Record, Turn, Turns
from sealmate.turns.start import may_start

# Seconds after which a turn that nobody took up is started again.
_PATIENCE = 10


@dataclass(frozen=True, kw_only=True)
class Resume:
    turns: Turns
    chats: Chats
    connections: Connections
    wallets: Wallets
    keys: KeyService
    random: Random
    clock: Clock
    end: End
    execute: Callable[[Turn], None]

    def __call__(self, caller: Caller, turn_id: str) -> list[Event]:
        """What to tell the connection now; a growing answer is joined, so that the rest follows. TurnNotFound, AnswerNotKept.

        Who comes back to a turn has its chat open, so the connection's focus is set to it.
        """
        turn = self.turns.turn(caller.account_id, turn_id)
        self.connections.focus(caller, turn.chat_id)
        if turn.status in ("asked", "running") and self._is_dead(turn):
            self.end(turn, errors.TurnInterrupted())
            turn = self.turns.turn(caller.account_id, turn_id)
        if turn.status == "asked" and self.clock.now() > turn.created_at + _PATIENCE:
            # Its execution died before it reserved anything, or never began. A second one does no harm.
            self.execute(turn)
        if turn.status in ("asked", "running"):
            self.turns.join(turn, caller.connection_id)
            # It may have ended just before that, and then nobody tells this connection any more.
            turn = self.turns.turn(caller.account_id, turn_id)
        if turn.status in ("asked", "running"):
            return self._so_far(turn)
        if turn.status == "ended":
            return [event_of(turn, errors.by_code(turn.code or ""))]
        if turn.temporary:
            return [self._not_forgotten(turn)]
        return _finished(self.chats.record(caller.account_id, turn.chat_id, turn_id))

    def _not_forgotten(self, turn: Turn) -> Event:
        """A temporary answer, until the state machine's end deletes what is in flight."""
        stream = self.turns.stream(turn.account_id, turn.turn_id)
        if stream is None or stream.answer is None:
            raise errors.AnswerNotKept(turn_id=turn.turn_id)
        return AnswerFinished(
            turn_id=turn.turn_id,
            chat_id=turn.chat_id,
            finish=turn.finish or "complete",
            answer=stream.answer,
            mate=turn.mate or "",
            model=turn.model or "",
            answered_at=self.clock.now(),
        )

    def _is_dead(self, turn: Turn) -> bool:
        """Nothing more will come of it: it can't start any more, or no execution lives as long as it has run."""
        if turn.status == "asked":
            return not may_start(turn, now=self.clock.now())
        hold = self.wallets.hold(turn.account_id, turn.turn_id)
        return hold is None or self.clock.now() > hold.reserved_at + catalog.limits().hold_seconds

    def _so_far(self, turn: Turn) -> list[Event]:
        stream = self.turns.stream(turn.account_id, turn.turn_id)
        if stream is None or stream.snapshot is None:
            return [TurnAccepted(turn_id=turn.turn_id, chat_id=turn.chat_id)]
        key = turn_key_of(stream.snapshot, turn.turn_id, keys=self.keys, random=self.random)
        snapshot = Snapshot.model_validate_json(key.open(stream.snapshot, part="snapshot"))
        return [
            AnswerResumed(
                turn_id=turn.turn_id,
                chat_id=turn.chat_id,
                attempt=stream.attempt,
                seq=stream.seq,
                text=snapshot.text,
                mate=stream.mate or "",
                model=stream.model or "",
            )
        ]


@dataclass(frozen=True, kw_only=True)
class Stop:
    turns: Turns

    def __call__(self, caller: Caller, turn_id: str) -> None:
        """Asks the streaming function to stop; a turn that has ended already stays as it is. TurnNotFound."""
        turn = self.turns.turn(caller.account_id, turn_id)
        if turn.status in ("asked", "running"):
            self.turns.ask_to_stop(turn)


def _finished(record: Record) -> list[Event]:
    if record.outcome == "deleted":
        raise errors.TurnNotFound(turn_id=record.turn_id)
    if record.answer is None:
        return [
            AnswerWithheld(
                turn_id=record.turn_id,
                chat_id=record.chat_id,
                code=errors.AnswerTakenBack.code,
                message=errors.AnswerTakenBack.message,
            )
        ]
    told: list[Event] = [
        AnswerFinished(
            turn_id=record.turn_id,
            chat_id=record.chat_id,
            finish="stopped" if record.finish == "stopped" else "length" if record.finish == "length" else "complete",
            answer=record.answer,
            mate=record.mate or "",
            model=record.model or "",
            answered_at=record.answered_at or 0,
        )
    ]
    if record.suggestions is not None:
        told.append(SuggestionsMade(turn_id=record.turn_id, chat_id=record.chat_id, suggestions=record.suggestions))
    return told
