"""Turns in flight: begun once, streamed by one attempt at a time, answered once."""

from __future__ import annotations

import time

from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from sealmate import errors
from sealmate.adapters.dynamodb.generations import take_newest
from sealmate.adapters.dynamodb.items import (
    AskedItem,
    ChatItem,
    EpochItem,
    MessageItem,
    RecordItem,
    StreamItem,
    TurnItem,
    chat_records_key,
    raise_ring,
    turn_key,
)
from sealmate.adapters.dynamodb.noting import commit_noting
from sealmate.adapters.dynamodb.table import Refused, commit, settled
from sealmate.events import Finish
from sealmate.model import to_base64url
from sealmate.turns.ports import Answer, NewTurn, Status, Stream, Turn


class DynamoTurns:
    """`row_ttl` and `message_ttl` are seconds that a turn's row and its message in flight live."""

    def __init__(self, *, row_ttl: int, message_ttl: int) -> None:
        self._row_ttl, self._message_ttl = row_ttl, message_ttl

    def count_ask(self, account_id: str, *, minute: int) -> int:
        return self._count(f"{account_id}#ASKED", minute)

    def count_import(self, account_id: str, *, minute: int) -> int:
        return self._count(f"{account_id}#IMPORTED", minute)

    @staticmethod
    def _count(key: str, minute: int) -> int:
        item = AskedItem(key, str(minute))
        item.update(actions=[AskedItem.asked.add(1), AskedItem.ttl.set(minute * 60 + 3600)])
        return int(item.asked)

    def begin(self, new: NewTurn) -> bool:
        turn = new.turn
        key = turn_key(turn.account_id, turn.turn_id)

        def write(transaction: TransactWrite) -> None:
            transaction.save(
                TurnItem(
                    key,
                    "TURN",
                    chat_id=turn.chat_id,
                    status="asked",
                    created_at=turn.created_at,
                    connection_id=turn.connection_id,
                    characters=turn.characters,
                    temporary=turn.temporary or None,
                    ttl=turn.created_at + self._row_ttl,
                ),
                condition=TurnItem.pk.does_not_exist(),
            )
            transaction.save(
                MessageItem(key, "MESSAGE", sealed=new.sealed_message, ttl=turn.created_at + self._message_ttl)
            )
            if not turn.temporary:
                self._write_chat(transaction, new)

        try:
            commit(write)
        except Refused as refused:
            turn_known, _, *chat = refused.failed
            record_known, chat_failed, epoch_failed = (*chat, False, False, False)[:3]
            if turn_known or record_known:
                return False
            if (
                chat_failed
                and new.chat_key is None
                and take_newest(turn.account_id, turn.chat_id, generation=new.generation)
            ):
                return self.begin(new)
            if chat_failed:
                raise self._chat_trouble(new) from None
            raise (errors.WrongEpoch() if epoch_failed else errors.Internal()) from None
        return True

    @staticmethod
    def _write_chat(transaction: TransactWrite, new: NewTurn) -> None:
        """A first message makes the chat; every other one needs it to be there, at the generation the record was sealed with."""
        turn = new.turn
        transaction.save(
            RecordItem(
                chat_records_key(turn.account_id, turn.chat_id),
                f"TURN#{turn.turn_id}",
                turn_id=turn.turn_id,
                chat_id=turn.chat_id,
                parent_turn_id=new.parent[0] if new.parent else None,
                parent_hash=new.parent[1] if new.parent else None,
                created_at=turn.created_at,
                message=new.record,
                outcome="asked",
            ),
            condition=RecordItem.pk.does_not_exist(),
        )
        chat = ChatItem(turn.account_id, f"CHAT#{turn.chat_id}")
        if new.chat_key is None:
            transaction.update(
                chat,
                actions=[ChatItem.updated_at.set(turn.created_at), ChatItem.active_at.set(turn.created_at)],
                condition=(ChatItem.generation == new.generation) & ChatItem.deleted.does_not_exist(),
            )
            return
        chat.chat_id, chat.account_id, chat.generation = turn.chat_id, turn.account_id, new.generation
        chat.keys = {str(new.generation): to_base64url(new.chat_key)}
        chat.created_at = chat.updated_at = chat.active_at = turn.created_at
        transaction.save(chat, condition=ChatItem.pk.does_not_exist())
        transaction.condition_check(EpochItem, turn.account_id, "ACCOUNT", condition=EpochItem.epoch == new.key_epoch)
        raise_ring(transaction, turn.account_id)

    @staticmethod
    def _chat_trouble(new: NewTurn) -> errors.SealmateError:
        try:
            chat = ChatItem.get(new.turn.account_id, f"CHAT#{new.turn.chat_id}", consistent_read=True)
        except DoesNotExist:
            return errors.ChatNotFound()
        if chat.deleted:
            return errors.ChatNotFound()
        return errors.WrongEpoch() if new.chat_key is None else errors.ChatKeyConflict()

    def turn(self, account_id: str, turn_id: str) -> Turn:
        try:
            item = TurnItem.get(turn_key(account_id, turn_id), "TURN", consistent_read=True)
        except DoesNotExist:
            raise errors.TurnNotFound() from None
        return Turn(
            account_id=account_id,
            turn_id=turn_id,
            chat_id=item.chat_id,
            status=_status(item.status),
            created_at=int(item.created_at),
            connection_id=item.connection_id,
            characters=int(item.characters),
            temporary=bool(item.temporary),
            code=item.code,
            mate=item.mate,
            model=item.model,
            finish=FINISHES.get(item.finish or ""),
            input_tokens=None if item.input_tokens is None else int(item.input_tokens),
            output_tokens=None if item.output_tokens is None else int(item.output_tokens),
            credits=None if item.credits is None else int(item.credits),
            execution_id=item.execution_id,
        )

    def message(self, account_id: str, turn_id: str) -> bytes:
        try:
            item = MessageItem.get(turn_key(account_id, turn_id), "MESSAGE", consistent_read=True)
        except DoesNotExist:
            raise errors.TurnInterrupted(turn_id=turn_id) from None
        if item.ttl < time.time():
            # DynamoDB may take days to delete what has expired; for us it is gone.
            raise errors.TurnInterrupted(turn_id=turn_id)
        return item.sealed

    def forget(self, turn: Turn) -> None:
        key = turn_key(turn.account_id, turn.turn_id)
        MessageItem(key, "MESSAGE").delete()
        StreamItem(key, "STREAM").delete()

    def claim(self, turn: Turn, *, now: int, lease_until: int, mate: str, model: str) -> Stream:
        item = StreamItem(turn_key(turn.account_id, turn.turn_id), "STREAM")
        actions: list[Action] = [
            StreamItem.attempt.add(1),
            StreamItem.lease_until.set(lease_until),
            StreamItem.mate.set(mate),
            StreamItem.model.set(model),
            StreamItem.seq.set(0),
            StreamItem.snapshot.remove(),
            StreamItem.ttl.set(now + self._message_ttl),
        ]
        free = StreamItem.lease_until.does_not_exist() | (StreamItem.lease_until < now)
        try:
            settled(lambda: _update(item, actions, free))
        except UpdateError as error:
            raise self._lost(error, turn) from None
        return _stream(item)

    def save(self, turn: Turn, *, attempt: int, seq: int, snapshot: bytes, lease_until: int) -> Stream:
        return self._change(
            turn,
            attempt,
            [
                StreamItem.seq.set(seq),
                StreamItem.snapshot.set(snapshot),
                StreamItem.lease_until.set(lease_until),
            ],
        )

    def give_up(self, turn: Turn, *, attempt: int) -> None:
        self._change(turn, attempt, [StreamItem.lease_until.set(0)])

    def _change(self, turn: Turn, attempt: int, actions: list[Action]) -> Stream:
        item = StreamItem(turn_key(turn.account_id, turn.turn_id), "STREAM")
        try:
            settled(lambda: _update(item, actions, StreamItem.attempt == attempt))
        except UpdateError as error:
            raise self._lost(error, turn) from None
        return _stream(item)

    @staticmethod
    def _lost(error: UpdateError, turn: Turn) -> Exception:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return errors.TurnAlreadyRunning(turn_id=turn.turn_id)
        return error

    def stream(self, account_id: str, turn_id: str) -> Stream | None:
        try:
            item = StreamItem.get(turn_key(account_id, turn_id), "STREAM", consistent_read=True)
        except DoesNotExist:
            return None
        return None if item.ttl < time.time() else _stream(item)

    def ask_to_stop(self, turn: Turn) -> None:
        self._mark(turn, StreamItem.stop.set(True))

    def join(self, turn: Turn, connection_id: str) -> None:
        self._mark(turn, StreamItem.joined.add({connection_id}))

    def _mark(self, turn: Turn, action: Action) -> None:
        """May come before the stream's own first write, so it makes the row if need be."""
        item = StreamItem(turn_key(turn.account_id, turn.turn_id), "STREAM")
        settled(lambda: _update(item, [action, StreamItem.ttl.set(turn.created_at + 2 * self._message_ttl)]))

    def answered(self, turn: Turn, answer: Answer, *, attempt: int) -> bool:
        key = turn_key(turn.account_id, turn.turn_id)

        def write(transaction: TransactWrite) -> None:
            transaction.update(
                TurnItem(key, "TURN"),
                actions=[
                    TurnItem.status.set("answered"),
                    TurnItem.mate.set(answer.mate),
                    TurnItem.model.set(answer.model),
                    TurnItem.finish.set(answer.finish),
                    TurnItem.input_tokens.set(answer.input_tokens),
                    TurnItem.output_tokens.set(answer.output_tokens),
                    TurnItem.credits.set(answer.credits),
                ],
                condition=TurnItem.status == "running",
            )
            last: list[Action] = [StreamItem.snapshot.set(answer.snapshot)]
            if turn.temporary:
                last.append(StreamItem.answer.set(answer.envelope))
            transaction.update(StreamItem(key, "STREAM"), actions=last, condition=StreamItem.attempt == attempt)

        changes: list[Action] = [
            RecordItem.outcome.set("answered"),
            RecordItem.answer.set(answer.envelope),
            RecordItem.mate.set(answer.mate),
            RecordItem.model.set(answer.model),
            RecordItem.finish.set(answer.finish),
            RecordItem.answered_at.set(answer.answered_at),
        ]
        try:
            return commit_noting(turn, write, changes, at=answer.answered_at)
        except Refused:
            raise errors.TurnAlreadyRunning(turn_id=turn.turn_id) from None


def _update(item: StreamItem, actions: list[Action], condition: Condition | None = None) -> None:
    item.update(actions=actions, condition=condition)


_STATUSES: dict[str, Status] = {s: s for s in ("asked", "running", "answered", "settled", "ended")}


FINISHES: dict[str, Finish] = {f: f for f in ("complete", "length", "stopped")}


def _status(text: str) -> Status:
    return _STATUSES[text]


def _stream(item: StreamItem) -> Stream:
    return Stream(
        attempt=int(item.attempt or 0),
        seq=int(item.seq or 0),
        stop=bool(item.stop),
        joined=frozenset(item.joined or ()),
        snapshot=item.snapshot,
        mate=item.mate,
        model=item.model,
        lease_until=int(item.lease_until or 0),
        answer=item.answer,
    )
