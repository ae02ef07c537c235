"""What a person changes about a stored chat: its details, one of its turns, or that it is there at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sealmate import errors
from sealmate.events import ChatChanged
from sealmate.ports import Clock
from sealmate.seal.envelope import Namespace
from sealmate.seal.received import header_of
from sealmate.turns.audience import Audience
from sealmate.turns.ports import Chat, Chats, HistoryCache, Turns
from sealmate.turns.requests import PutDetails
from sealmate.turns.start import may_start


@dataclass(frozen=True, kw_only=True)
class Changing:
    turns: Turns
    chats: Chats
    cache: HistoryCache
    clock: Clock
    audience: Callable[[str, str], Audience]

    def put_details(self, account_id: str, chat_id: str, put: PutDetails) -> Chat:
        """ChatNotFound, InvalidRecord, WrongEpoch; DetailsConflict if another device was faster."""
        chat = self._chat(account_id, chat_id)
        if header_of(put.details, Namespace.DETAILS).epoch not in {*chat.keys, *chat.staged}:
            raise errors.WrongEpoch()
        at = self.clock.now()
        stored = self.chats.set_details(account_id, chat_id, put.details, seen=put.revision, at=at)
        chat = self._chat(account_id, chat_id)
        if stored:
            self._tell(account_id, chat_id, at)
        elif (chat.revision, chat.details) != (put.revision + 1, put.details):
            # Else it is this very change, sent again as its reply was lost.
            raise errors.DetailsConflict(revision=chat.revision)
        return chat

    def delete(self, account_id: str, chat_id: str) -> None:
        """What is being answered in it is stopped. ChatNotFound. Repeating it finishes what broke off."""
        at = self.clock.now()
        unended = self.chats.delete(account_id, chat_id, at=at)
        self.cache.forget(account_id, chat_id)
        self._tell(account_id, chat_id, at)
        for turn_id in unended:
            self._stop(account_id, turn_id)

    def _stop(self, account_id: str, turn_id: str) -> None:
        """Nobody will read the answer. One whose row has expired needs no stopping."""
        try:
            turn = self.turns.turn(account_id, turn_id)
        except errors.TurnNotFound:
            return
        if turn.status in ("asked", "running"):
            self.turns.ask_to_stop(turn)

    def delete_turn(self, account_id: str, chat_id: str, turn_id: str) -> None:
        """ChatNotFound, TurnNotFound; TurnAlreadyRunning while it is answered. One that is deleted already is fine."""
        self._chat(account_id, chat_id)
        record = self.chats.record(account_id, chat_id, turn_id)
        if record.outcome == "asked" and self._is_answered_now(account_id, turn_id):
            raise errors.TurnAlreadyRunning(turn_id=turn_id)
        at = self.clock.now()
        if record.outcome != "deleted":
            if not self.chats.delete_turn(account_id, chat_id, turn_id, outcome=record.outcome, at=at):
                # It ended, or was taken back, between the two: the next try finds it as it is then.
                raise errors.TurnAlreadyRunning(turn_id=turn_id)
            self._tell(account_id, chat_id, at)
        # Also when repeated: the first time may have broken off before this.
        self.cache.forget(account_id, chat_id)

    def _is_answered_now(self, account_id: str, turn_id: str) -> bool:
        """False for a message that was asked and that nothing will ever answer."""
        try:
            turn = self.turns.turn(account_id, turn_id)
        except errors.TurnNotFound:
            return False
        return turn.status != "asked" or may_start(turn, now=self.clock.now())

    def _chat(self, account_id: str, chat_id: str) -> Chat:
        chat = self.chats.chat(account_id, chat_id)
        if chat.deleted:
            raise errors.ChatNotFound()
        return chat

    def _tell(self, account_id: str, chat_id: str, at: int) -> None:
        self.audience(account_id, chat_id).tell_everyone(ChatChanged(chat_id=chat_id, updated_at=at))
