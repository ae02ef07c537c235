"""One turn as this device follows it: a pure fold of received events, in whatever order and number they come."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sealmate_cli.crypto import ChatKey, CryptoError
from sealmate_cli.wire import events as wire
from sealmate_cli.wire.events import Event, Received

_AFTER_THE_ANSWER = wire.SealedSuggestions | wire.AnswerAnnotated | wire.TurnCharged | wire.ChatAnswered


@dataclass
class TurnReader:
    """`read` gives the events to hand on; the fields say where the turn stands."""

    key: ChatKey
    turn_id: str
    message: bytes
    """The message's envelope, to which the answer is bound."""
    attempt: int = 0
    seq: int = 0
    text: str = ""
    accepted: bool = False
    answer: bytes | None = None
    answer_text: str | None = None
    withheld: bool = False
    refused: bool = False
    """Ended without an answer."""
    _charged: bool = False
    _followed: bool = False
    _early: dict[int, str] = field(default_factory=dict)
    """Deltas that came before their predecessors, by seq."""
    _waiting: list[Received] = field(default_factory=list)
    """What came before the answer it belongs to."""

    @property
    def settled(self) -> bool:
        """There is an answer, or there will never be one."""
        return self.refused or self.withheld or self.answer is not None

    @property
    def overdue(self) -> bool:
        """There is an answer, for something came that only follows one; its own event was lost."""
        return bool(self._waiting)

    @property
    def gap(self) -> bool:
        """Something in between is missing: the connection should ask to resume."""
        return not self.settled and bool(self._early or self._waiting)

    @property
    def ended(self) -> bool:
        """Nothing more is to come."""
        return self.refused or (self.settled and self._charged and self._followed)

    def read(self, event: Received) -> list[Event]:
        if isinstance(event, _AFTER_THE_ANSWER) and not self.settled:
            self.accepted = True
            self._waiting.append(event)
            return []
        found = self._read(event)
        self.accepted = self.accepted or not isinstance(event, wire.RequestRefused)
        if self.settled and self._waiting:
            waiting, self._waiting = self._waiting, []
            found += [told for late in waiting for told in self.read(late)]
        return found

    def _read(self, event: Received) -> list[Event]:
        match event:
            case wire.AnswerStarted():
                found = self._start(event)
            case wire.AnswerExtended():
                found = self._extend(event)
            case wire.AnswerResumed():
                found = self._resume(event)
            case wire.SealedAnswer():
                found = self._finish(event)
            case wire.SealedTitle():
                found = self._opened(event, "title", lambda: self._title(event))
            case wire.SealedSuggestions():
                found = self._follow(event)
            case _:
                found = self._mark(event)
        return found

    def _mark(self, event: wire.Plain) -> list[Event]:
        if self.ended:
            return []
        match event:
            case wire.TurnAccepted() if self.accepted:
                return []
            case wire.TurnRefused() | wire.TurnFailed() | wire.TurnStopped():
                self.refused = True
            case wire.AnswerWithheld():
                self.withheld = self._followed = True
            case wire.AnswerAnnotated(code="unchecked"):
                self._followed = True
            case wire.TurnCharged() if self._charged:
                return []
            case wire.TurnCharged():
                self._charged = True
        return [event]

    def _start(self, event: wire.AnswerStarted) -> list[Event]:
        if self.settled or event.attempt <= self.attempt:
            return []
        self._begin(event.attempt)
        return [event]

    def _begin(self, attempt: int) -> None:
        self.attempt, self.seq, self.text = attempt, 0, ""
        self._early.clear()

    def _extend(self, event: wire.AnswerExtended) -> list[Event]:
        if self.settled or event.attempt < self.attempt:
            return []
        if event.attempt > self.attempt:
            self._begin(event.attempt)
        if event.seq > self.seq:
            self._early[event.seq] = event.delta
        return self._catch_up(event)

    def _catch_up(self, like: wire.OfTurn) -> list[Event]:
        """Whatever now follows without a gap."""
        ready: list[Event] = []
        while (delta := self._early.pop(self.seq + 1, None)) is not None:
            self.seq += 1
            self.text += delta
            ready.append(
                wire.AnswerExtended(
                    turn_id=like.turn_id,
                    chat_id=like.chat_id,
                    attempt=self.attempt,
                    seq=self.seq,
                    delta=delta,
                )
            )
        return ready

    def _resume(self, event: wire.AnswerResumed) -> list[Event]:
        if self.settled or event.attempt < self.attempt:
            return []
        if event.attempt > self.attempt:
            self._begin(event.attempt)
        replaced: list[Event] = []
        if event.seq > self.seq:
            self.seq, self.text = event.seq, event.text
            self._early = {seq: delta for seq, delta in self._early.items() if seq > event.seq}
            replaced.append(event)
        return replaced + self._catch_up(event)

    def _finish(self, event: wire.SealedAnswer) -> list[Event]:
        if self.settled:
            return []
        self.answer = event.answer
        return self._opened(event, "answer", lambda: self._answer(event))

    def _answer(self, event: wire.SealedAnswer) -> Event:
        content = self.key.open_answer(event.answer, turn=self.turn_id, message=self.message)
        self.answer_text = text = content["text"]
        behind = len(self.text) < len(text) and text.startswith(self.text)
        return wire.AnswerFinished(
            turn_id=event.turn_id,
            chat_id=event.chat_id,
            text=text,
            finish=content["finish"],
            mate=content["mate"],
            model=content["model"],
            answered_at=event.answered_at,
            streamed="equal" if text == self.text else "incomplete" if behind else "different",
        )

    def _title(self, event: wire.SealedTitle) -> Event:
        title = self.key.open_title(event.title)
        return wire.ChatTitled(turn_id=event.turn_id, chat_id=event.chat_id, title=title)

    def _follow(self, event: wire.SealedSuggestions) -> list[Event]:
        answer = self.answer
        if self._followed or answer is None:
            return []
        self._followed = True
        return self._opened(event, "suggestions", lambda: self._suggestions(event, answer))

    def _suggestions(self, event: wire.SealedSuggestions, answer: bytes) -> Event:
        opened = self.key.open_suggestions(event.suggestions, turn=self.turn_id, answer=answer)
        return wire.SuggestionsMade(turn_id=event.turn_id, chat_id=event.chat_id, suggestions=opened)

    def _opened(self, event: wire.OfTurn, record: str, opener: Callable[[], Event]) -> list[Event]:
        try:
            return [opener()]
        except CryptoError as error:
            unreadable = wire.RecordUnreadable.model_validate(
                {**dict(event), "type": "record_unreadable", "record": record, "reason": error.reason}
            )
            return [unreadable]
