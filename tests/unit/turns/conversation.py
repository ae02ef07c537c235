"""A chat between someone's device and the steps of a turn, one at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sealmate.events import Event
from sealmate.ports import Delta, Finished
from sealmate.turns import in_flight
from sealmate.turns.audience import Audience
from sealmate.turns.in_flight import MessageInFlight
from sealmate.turns.ports import Record, Turn
from sealmate.turns.requests import Ask
from sealmate.turns.stages import (
    Answered,
    BillingPrecheck,
    Choices,
    MainProcessing,
    PostProcessing,
    PreProcessing,
    Reserved,
    Reviewed,
)
from sealmate_cli.crypto.chats import ChatKey
from tests.fakes.asker import Asker
from tests.fakes.line import ACCOUNT, CALLER, Line
from tests.fakes.models import FakeModel, FakeModels


@dataclass(kw_only=True)
class Conversation:
    """`turn_id`: of the last message that was sent."""

    line: Line = field(default_factory=Line)
    asker: Asker = field(default_factory=lambda: Asker(account=ACCOUNT))
    turn_id: str = ""

    @cached_property
    def chat(self) -> ChatKey:
        return self.asker.new_chat()

    # --- the steps ---

    def ask(self, text: str = "Hello", **changes: Any) -> str:
        """The chat's first message."""
        return self._send(self.asker.ask(self.chat, text, **changes))

    def ask_again(self, text: str = "And now?", **changes: Any) -> str:
        return self._send(self.asker.next_ask(self.chat, text, **changes))

    def _send(self, ask: Ask) -> str:
        self.line.start(CALLER, ask)
        self.turn_id = ask.turn_id
        return self.turn_id

    def reserve(self) -> Reserved:
        stage = BillingPrecheck(**self.ids, characters=self.turn.characters, execution_id="execution")
        return self.line.precheck(stage, self.line.audience_of(stage))

    def pre_process(self) -> Choices:
        stage = PreProcessing(**self.ids)
        return self.line.pre_process(stage, self.line.audience_of(stage))

    def respond(self, *, reserved_at: int | None = None, audience: Audience | None = None) -> Answered:
        stage = MainProcessing(
            **self.ids,
            mate="tavi",
            complexity="simple",
            temperature=0.3,
            language="en",
            reserved_at=self.line.clock.now() if reserved_at is None else reserved_at,
        )
        return self.line.respond(stage, audience or self.line.audience_of(stage))

    def post_process(self) -> Reviewed:
        stage = PostProcessing(**self.ids)
        return self.line.post_process(stage, self.line.audience_of(stage))

    def asked_and_reserved(self) -> Conversation:
        self.ask()
        self.reserve()
        return self

    def answered(self) -> Conversation:
        self.asked_and_reserved().respond()
        return self

    def let_answer(self, model: FakeModel) -> None:
        self.line.models = FakeModels(model)

    def let_be_stored(self, said: str) -> None:
        """From the model's thread: time passes until what it has said is sent, and in a snapshot."""

        def stored() -> bool:
            self.line.clock.advance(0.1)
            stream, frames = self.line.turns.stream(ACCOUNT, self.turn_id), self.told("answer_extended")
            return self.text_told == said and stream is not None and stream.seq == len(frames)

        wait_until(stored)

    # --- what came of it ---

    @property
    def ids(self) -> dict[str, str]:
        turn = self.turn
        return {
            "account_id": turn.account_id,
            "turn_id": turn.turn_id,
            "chat_id": turn.chat_id,
            "connection_id": turn.connection_id,
        }

    @property
    def turn(self) -> Turn:
        return self.line.turns.turn(ACCOUNT, self.turn_id)

    @property
    def record(self) -> Record:
        return self.line.chats.record(ACCOUNT, self.chat.chat, self.turn_id)

    @property
    def in_flight(self) -> MessageInFlight:
        line = self.line
        message, _ = in_flight.read(ACCOUNT, self.turn_id, turns=line.turns, keys=line.keys, random=line.random)
        return message

    def opened(self) -> dict[str, str]:
        """The stored answer, as the device opens it."""
        assert self.record.answer is not None
        return self.asker.open_answer(self.chat, self.turn_id, self.record.answer)

    @property
    def text_told(self) -> str:
        """What the asking device has of the answer."""
        return "".join(
            event.delta for event in self.line.push.to(CALLER.connection_id) if event.type == "answer_extended"
        )

    def told(self, kind: str, to: str = CALLER.connection_id) -> list[Event]:
        return [event for event in self.line.push.to(to) if event.type == kind]


class Stepwise(FakeModel):
    """Says one word after another. Before each, and at the end, `before` gets in its thread what was said until then."""

    def __init__(self, *words: str, before: Callable[[str], None]) -> None:
        super().__init__()
        self._words, self._before = words, before
        self.closed = threading.Event()

    def stream(self, *_: object, **__: object) -> Generator[Delta | Finished, None, None]:
        try:
            for number, word in enumerate(self._words):
                self._before("".join(self._words[:number]))
                yield Delta(text=word)
            self._before("".join(self._words))
            yield Finished(reason="complete", usage=None)
        finally:
            self.closed.set()


def wait_until(held: Callable[[], object]) -> None:
    for _ in range(4000):
        if held():
            return
        time.sleep(0.002)
    raise AssertionError("it never held")
