"""Turns in memory, under the conditions that DynamoDB checks."""

from __future__ import annotations

from dataclasses import replace

from sealmate import errors
from sealmate.turns.ports import Answer, Chat, NewTurn, Record, Stream, Turn
from tests.fakes.stores import Store, note

_EMPTY = Stream(attempt=0, seq=0, stop=False, joined=frozenset(), snapshot=None, mate=None, model=None)


class FakeTurns(Store):
    def count_ask(self, account_id: str, *, minute: int) -> int:
        with self._tables.lock:
            self._tables.asked[account_id, minute] += 1
            return self._tables.asked[account_id, minute]

    def count_import(self, account_id: str, *, minute: int) -> int:
        with self._tables.lock:
            self._tables.imported[account_id, minute] += 1
            return self._tables.imported[account_id, minute]

    def begin(self, new: NewTurn) -> bool:
        tables, turn = self._tables, new.turn
        key, record_key = (turn.account_id, turn.turn_id), (turn.account_id, turn.chat_id, turn.turn_id)
        with tables.lock:
            if key in tables.turns or record_key in tables.records:
                return False
            if not turn.temporary:
                self._write_chat(new)
            tables.turns[key] = replace(turn, status="asked")
            tables.messages[key] = new.sealed_message
            return True

    def _write_chat(self, new: NewTurn) -> None:
        tables, turn = self._tables, new.turn
        chat = self._chat_after(new)
        if new.chat_key is not None and tables.epochs.get(turn.account_id) != new.key_epoch:
            raise errors.WrongEpoch()
        tables.chats[turn.account_id, turn.chat_id] = chat
        tables.rings[turn.account_id] += new.chat_key is not None
        tables.records[turn.account_id, turn.chat_id, turn.turn_id] = Record(
            turn_id=turn.turn_id,
            chat_id=turn.chat_id,
            parent=new.parent,
            created_at=turn.created_at,
            message=new.record,
            outcome="asked",
        )

    def _chat_after(self, new: NewTurn) -> Chat:
        turn = new.turn
        known = self._tables.chats.get((turn.account_id, turn.chat_id))
        if known is not None and known.deleted:
            raise errors.ChatNotFound()
        if new.chat_key is None:
            if known is None:
                raise errors.ChatNotFound()
            known = self._newest(turn.account_id, known)
            if known.generation != new.generation:
                raise errors.WrongEpoch()
            return replace(known, updated_at=turn.created_at, active_at=turn.created_at)
        if known is not None:
            raise errors.ChatKeyConflict()
        return Chat(
            chat_id=turn.chat_id,
            generation=new.generation,
            keys={new.generation: new.chat_key},
            title=None,
            created_at=turn.created_at,
            updated_at=turn.created_at,
            active_at=turn.created_at,
        )

    def _newest(self, account_id: str, chat: Chat) -> Chat:
        """With what was staged for the account's present epoch, if that brings a new generation."""
        _, epoch = self._tables.staged_by.get((account_id, chat.chat_id), ("", 0))
        if not chat.staged or epoch != self._tables.epochs.get(account_id) or max(chat.staged) <= chat.generation:
            return chat
        return replace(chat, keys=chat.staged, staged={}, generation=max(chat.staged))

    def turn(self, account_id: str, turn_id: str) -> Turn:
        turn = self._tables.turns.get((account_id, turn_id))
        if turn is None:
            raise errors.TurnNotFound()
        return turn

    def message(self, account_id: str, turn_id: str) -> bytes:
        sealed = self._tables.messages.get((account_id, turn_id))
        if sealed is None:
            raise errors.TurnInterrupted(turn_id=turn_id)
        return sealed

    def claim(self, turn: Turn, *, now: int, lease_until: int, mate: str, model: str) -> Stream:
        with self._tables.lock:
            stream = self._stream(turn)
            if stream.lease_until >= now:
                raise errors.TurnAlreadyRunning(turn_id=turn.turn_id)
            return self._put(
                turn,
                replace(
                    stream,
                    attempt=stream.attempt + 1,
                    seq=0,
                    snapshot=None,
                    mate=mate,
                    model=model,
                    lease_until=lease_until,
                ),
            )

    def save(self, turn: Turn, *, attempt: int, seq: int, snapshot: bytes, lease_until: int) -> Stream:
        with self._tables.lock:
            stream = self._of_attempt(turn, attempt)
            return self._put(turn, replace(stream, seq=seq, snapshot=snapshot, lease_until=lease_until))

    def give_up(self, turn: Turn, *, attempt: int) -> None:
        with self._tables.lock:
            self._put(turn, replace(self._of_attempt(turn, attempt), lease_until=0))

    def stream(self, account_id: str, turn_id: str) -> Stream | None:
        return self._tables.streams.get((account_id, turn_id))

    def forget(self, turn: Turn) -> None:
        with self._tables.lock:
            self._tables.messages.pop((turn.account_id, turn.turn_id), None)
            self._tables.streams.pop((turn.account_id, turn.turn_id), None)

    def ask_to_stop(self, turn: Turn) -> None:
        with self._tables.lock:
            self._put(turn, replace(self._stream(turn), stop=True))

    def join(self, turn: Turn, connection_id: str) -> None:
        with self._tables.lock:
            stream = self._stream(turn)
            self._put(turn, replace(stream, joined=stream.joined | {connection_id}))

    def answered(self, turn: Turn, answer: Answer, *, attempt: int) -> bool:
        tables, key = self._tables, (turn.account_id, turn.turn_id)
        with tables.lock:
            stream, stored = self._of_attempt(turn, attempt), tables.turns[key]
            if stored.status != "running":
                raise errors.TurnAlreadyRunning(turn_id=turn.turn_id)
            names = ("mate", "model", "finish", "input_tokens", "output_tokens", "credits")
            used = {name: getattr(answer, name) for name in names}
            tables.turns[key] = replace(stored, status="answered", **used)
            in_flight = answer.envelope if turn.temporary else None
            self._put(turn, replace(stream, snapshot=answer.snapshot, answer=in_flight))
            return note(
                tables,
                turn.account_id,
                turn.chat_id,
                turn.turn_id,
                at=answer.answered_at,
                outcome="answered",
                answer=answer.envelope,
                mate=answer.mate,
                model=answer.model,
                finish=answer.finish,
                answered_at=answer.answered_at,
            )

    def _stream(self, turn: Turn) -> Stream:
        return self._tables.streams.get((turn.account_id, turn.turn_id), _EMPTY)

    def _of_attempt(self, turn: Turn, attempt: int) -> Stream:
        stream = self._stream(turn)
        if stream.attempt != attempt:
            raise errors.TurnAlreadyRunning(turn_id=turn.turn_id)
        return stream

    def _put(self, turn: Turn, stream: Stream) -> Stream:
        self._tables.streams[turn.account_id, turn.turn_id] = stream
        return stream
