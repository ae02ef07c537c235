"""An execution of answer_turn, walked by hand: which state comes next, and where each error leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sealmate import errors
from sealmate.billing.prices import cost
from sealmate.turns.ports import Answer, NewTurn, Turn
from sealmate.turns.stages import Billing, BillingPrecheck, Failed, Failure, Reserved
from tests.fakes.line import ACCOUNT, CALLER, Line

State = Literal["BillingPrecheck", "PreProcessing", "MainProcessing", "Billing", "Failed", "over"]
_NEXT: dict[State, State] = {
    "BillingPrecheck": "PreProcessing",
    "PreProcessing": "MainProcessing",
    "MainProcessing": "Billing",
    "Billing": "over",
    "Failed": "over",
    "over": "over",
}


def begin(line: Line, turn_id: str, *, characters: int = 5) -> Turn:
    """The first message of a chat of its own, as Start stores it; the seals are not real ones."""
    turn = Turn(
        account_id=ACCOUNT,
        turn_id=turn_id,
        chat_id=f"chat of {turn_id}",
        status="asked",
        created_at=line.clock.now(),
        connection_id=CALLER.connection_id,
        characters=characters,
    )
    new = NewTurn(
        turn=turn,
        generation=1,
        record=b"record",
        parent=None,
        sealed_message=b"message",
        chat_key=b"key",
        key_epoch=1,
    )
    line.turns.begin(new)
    return turn


@dataclass(eq=False, kw_only=True)
class Execution:
    """`used`: tokens in and out that the provider will count. `trouble`: what the model's calls end with, if anything."""

    line: Line
    turn: Turn
    execution_id: str
    used: tuple[int, int] = (20, 7)
    trouble: errors.SealmateError | None = None
    state: State = "BillingPrecheck"
    last: State = "over"
    _reserved: Reserved = field(default_factory=lambda: Reserved(credits=0, reserved_at=0))
    _error: errors.SealmateError = field(default_factory=errors.Internal)

    def advance(self) -> None:
        """The next state. If it doesn't come back, the execution stands where it stood."""
        state = self.state
        try:
            self._run(state)
            following = _NEXT[state]
        except errors.TurnAlreadyRunning:
            # Failed is tried again, as a lease may run out; the others have nothing more to do.
            following = state if state == "Failed" else "over"
        except errors.SealmateError as error:
            self._error, following = error, "Failed"
        self.last, self.state = state, following

    def repeat(self) -> None:
        """The last state's function is invoked again, and nobody looks at what it says."""
        try:
            self._run(self.last)
        except errors.SealmateError:
            return

    def die(self) -> None:
        self.state = "over"

    def _run(self, state: State) -> None:
        line = self.line
        ids = {n: getattr(self.turn, n) for n in ("account_id", "turn_id", "chat_id", "connection_id")}
        audience = line.audience_of(self.turn)
        match state:
            case "BillingPrecheck":
                asked = BillingPrecheck(**ids, characters=self.turn.characters, execution_id=self.execution_id)
                self._reserved = line.precheck(asked, audience)
            case "PreProcessing":
                line.turns.message(self.turn.account_id, self.turn.turn_id)
                if self.trouble:
                    raise self.trouble
            case "MainProcessing":
                self._answer()
            case "Billing":
                line.settle(Billing(**ids, **self._reserved.model_dump()), audience)
            case "Failed":
                failure = Failure.model_validate(
                    {"Error": type(self._error).__name__, "Cause": '{"errorMessage": "{}"}'}
                )
                line.fail(Failed(**ids, execution_id=self.execution_id, failure=failure))

    def _answer(self) -> None:
        """MainProcessing as the stores see it."""
        line, turn, now = self.line, self.turn, self.line.clock.now()
        stored = line.turns.turn(turn.account_id, turn.turn_id)
        if stored.finish:
            return
        if stored.status != "running":
            raise errors.TurnAlreadyRunning()
        line.turns.message(turn.account_id, turn.turn_id)
        stream = line.turns.claim(turn, now=now, lease_until=now + 15, mate="tavi", model="mistral-large-latest")
        if stream.stop:
            line.turns.give_up(turn, attempt=stream.attempt)
            raise errors.TurnStopped()
        answer = Answer(
            envelope=b"answer",
            snapshot=b"snapshot",
            finish="complete",
            mate="tavi",
            model="mistral-large-latest",
            input_tokens=self.used[0],
            output_tokens=self.used[1],
            credits=cost("mistral-large-latest", input_tokens=self.used[0], output_tokens=self.used[1]),
            answered_at=now,
        )
        line.turns.answered(turn, answer, attempt=stream.attempt)
