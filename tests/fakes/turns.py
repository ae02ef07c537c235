"""Turns in memory, under the conditions that DynamoDB checks."""

from __future__ import annotations

from dataclasses import replace

from sealmate import errors
from sealmate.turns.ports import Answer, Chat, NewTurn, Record, Stream, Turn
from tests.fakes.stores import Store, StreamRow, TurnRow

_EMPTY = StreamRow(
    stream=Stream(attempt=0, seq=0, stop=False, joined=frozenset(), snapshot=None, mate=None, model=None)
)


class FakeTurns(Store):
    def begin(self, new: NewTurn) -> bool:
        tables, turn = self._tables, new.turn
        key, record_key = (turn.account_id, turn.turn_id), (turn.account_id, turn.chat_id, turn.turn_id)
        with tables.lock:
            if key in tables.turns or record_key in tables.records:
                return False
            chat = self._chat_after(new)
            if new.chat_key is not None and tables.epochs.get(turn.account_id) != new.key_epoch:
                raise errors.WrongEpoch()
            tables.chats[turn.account_id, turn.chat_id] = chat
            tables.turns[key] = TurnRow(turn=replace(turn, status="asked"))
            tables.messages[key] = new.sealed_message
            tables.records[record_key] = Record(
                turn_id=turn.turn_id,
                chat_id=turn.chat_id,
                parent=new.parent,
                created_at=turn.created_at,
                message=new.record,
                outcome="asked",
            )
            return True

    def _chat_after(self, new: NewTurn) -> Chat:
        turn = new.turn
        known = self._tables.chats.get((turn.account_id, turn.chat_id))
        if new.chat_key is None:
            if known is None:
                raise errors.ChatNotFound()
            if known.generation != new.generation:
                raise errors.WrongEpoch()
            return replace(known, updated_at=turn.created_at)
        if known is not None:
            raise errors.ChatKeyConflict()
        return Chat(
            chat_id=turn.chat_id,
            generation=new.generation,
            keys={new.generation: new.chat_key},
            title=None,
            created_at=turn.created_at,
            updated_at=turn.created_at,
        )

    def turn(self, account_id: str, turn_id: str) -> Turn:
        row = self._tables.turns.get((account_id, turn_id))
        if row is None:
            raise errors.TurnNotFound()
        return row.turn

    def message(self, account_id: str, turn_id: str) -> bytes:
        sealed = self._tables.messages.get((account_id, turn_id))
        if sealed is None:
            raise errors.TurnInterrupted(turn_id=turn_id)
        return sealed

    def claim(self, turn: Turn, *, now: int, lease_until: int, mate: str, model: str) -> Stream:
        with self._tables.lock:
            row = self._row(turn)
            if row.lease_until is not None and row.lease_until >= now:
                raise errors.TurnAlreadyRunning(turn_id=turn.turn_id)
            attempt = row.stream.attempt + 1
            begun = replace(row.stream, attempt=attempt, seq=0, snapshot=None, mate=mate, model=model)
            return self._put(turn, StreamRow(stream=begun, lease_until=lease_until))

    def save(self, turn: Turn, *, attempt: int, seq: int, snapshot: bytes, lease_until: int) -> Stream:
        with self._tables.lock:
            row = self._of_attempt(turn, attempt)
            return self._put(
                turn, StreamRow(stream=replace(row.stream, seq=seq, snapshot=snapshot), lease_until=lease_until)
            )

    def give_up(self, turn: Turn, *, attempt: int) -> None:
        with self._tables.lock:
            self._put(turn, replace(self._of_attempt(turn, attempt), lease_until=0))

    def stream(self, account_id: str, turn_id: str) -> Stream | None:
        row = self._tables.streams.get((account_id, turn_id))
        return row.stream if row else None

    def forget(self, turn: Turn) -> None:
        with self._tables.lock:
            self._tables.messages.pop((turn.account_id, turn.turn_id), None)
            self._tables.streams.pop((turn.account_id, turn.turn_id), None)

    def ask_to_stop(self, turn: Turn) -> None:
        with self._tables.lock:
            row = self._row(turn)
            self._put(turn, replace(row, stream=replace(row.stream, stop=True)))

    def join(self, turn: Turn, connection_id: str) -> None:
        with self._tables.lock:
            row = self._row(turn)
            self._put(turn, replace(row, stream=replace(row.stream, joined=row.stream.joined | {connection_id})))

    def answered(self, turn: Turn, answer: Answer, *, attempt: int) -> None:
        tables, key = self._tables, (turn.account_id, turn.turn_id)
        with tables.lock:
            row = self._of_attempt(turn, attempt)
            stored = tables.turns[key]
            if stored.turn.status != "running":
                raise errors.TurnAlreadyRunning(turn_id=turn.turn_id)
            used = {name: getattr(answer, name) for name in ("mate", "model", "input_tokens", "output_tokens")}
            tables.turns[key] = replace(stored, turn=replace(stored.turn, status="answered", **used))
            record_key = (turn.account_id, turn.chat_id, turn.turn_id)
            tables.records[record_key] = replace(
                tables.records[record_key],
                outcome="answered",
                answer=answer.envelope,
                mate=answer.mate,
                model=answer.model,
                finish=answer.finish,
                answered_at=answer.answered_at,
            )
            self._put(turn, replace(row, stream=replace(row.stream, snapshot=answer.snapshot)))

    def _row(self, turn: Turn) -> StreamRow:
        return self._tables.streams.get((turn.account_id, turn.turn_id), _EMPTY)

    def _of_attempt(self, turn: Turn, attempt: int) -> StreamRow:
        row = self._row(turn)
        if row.stream.attempt != attempt:
            raise errors.TurnAlreadyRunning(turn_id=turn.turn_id)
        return row

    def _put(self, turn: Turn, row: StreamRow) -> Stream:
        self._tables.streams[turn.account_id, turn.turn_id] = row
        return row.stream
