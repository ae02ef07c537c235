"""One turn as a person or a script sees it: events in, words out, and what came of it in the end."""

from dataclasses import dataclass, field

from sealmate_cli.errors import ClientError, Tampered, step_here
from sealmate_cli.output import Output
from sealmate_cli.wire import events as wire
from sealmate_cli.wire.events import Event

CUT = {"length": " [cut: it reached the longest length]", "stopped": " [stopped]"}
"""What stands behind an answer that isn't whole."""


@dataclass
class Outcome:
    chat_id: str | None = None
    turn_id: str | None = None
    answer: str | None = None
    suggestions: list[str] = field(default_factory=list)
    settled: bool = False
    """Answered, or it never will be."""
    alarm: ClientError | None = None
    """Something that came can't be trusted."""
    ending: ClientError | None = None
    """Why there is no answer."""
    refusal: ClientError | None = None
    """An action was refused: nothing to speak of if the turn was settled all the same."""

    @property
    def failure(self) -> ClientError | None:
        return self.alarm or self.ending or (None if self.settled else self.refusal)


@dataclass
class TurnView:
    output: Output
    outcome: Outcome = field(default_factory=Outcome)
    _shown: str = ""
    """What was printed of the answer."""
    _announced: tuple[str, str] | None = None
    """The mate and the model that the server said would answer."""

    def show(self, event: Event) -> None:
        self._note(event)
        if self.output.json:
            self.output.result(event.type, event, "")
        else:
            self._tell(event)

    def _note(self, event: Event) -> None:
        outcome = self.outcome
        match event:
            case wire.MessageSent():
                outcome.chat_id, outcome.turn_id = event.chat_id, event.turn_id
            case wire.AnswerFinished():
                outcome.answer, outcome.settled = event.text, True
            case wire.SuggestionsMade():
                outcome.suggestions = event.suggestions
            case wire.AnswerWithheld():
                step = "Ask in another way, if you like."
                outcome.ending, outcome.settled = ClientError(event.code, event.message, step), True
            case wire.TurnRefused() | wire.TurnFailed():
                outcome.ending, outcome.settled = _failure(event), True
            case wire.RequestRefused():
                outcome.refusal = _failure(event)
            case wire.TurnStopped():
                outcome.settled = True
            case wire.RecordUnreadable():
                outcome.alarm = outcome.alarm or Tampered(event.record.replace("_", " "), event.reason)

    def _tell(self, event: Event) -> None:
        match event:
            case wire.AnswerStarted() | wire.AnswerExtended() | wire.AnswerResumed() | wire.AnswerFinished():
                self._tell_answer(event)
            case wire.MessageRead():
                self._announced = (event.mate, event.model)
                why = f"{event.reason}; {event.complexity}, {event.model}"
                self.output.stage(f"{event.mate_name} answers ({why})")
            case wire.AnswerWithheld():
                self.output.note("\n[The server took this answer back.]")
            case wire.TurnStopped():
                self.output.note("[stopped before there was an answer, nothing charged]")
            case wire.AnswerAnnotated():
                self.output.note(_DOUBTS.get(event.code, event.code))
            case wire.TurnCharged():
                self.output.note(
                    f"{event.credits} {'credit' if event.credits == 1 else 'credits'} spent, {event.available} left"
                )
            case wire.SuggestionsMade():
                for number, suggestion in enumerate(event.suggestions, start=1):
                    self.output.note(f"  {number}  {' '.join(suggestion.split())}")
            case _:
                if (text := _progress(event)) is not None:
                    self.output.status(text)

    def _tell_answer(
        self, event: wire.AnswerStarted | wire.AnswerExtended | wire.AnswerResumed | wire.AnswerFinished
    ) -> None:
        match event:
            case wire.AnswerExtended():
                self._print(event.delta)
            case wire.AnswerResumed():
                self._announced = (event.mate, event.model)
                self._replace(event.text, "The answer begins again:")
            case wire.AnswerFinished():
                self._finish(event)
            case wire.AnswerStarted():
                self._announced = (event.mate, event.model)
                if self._shown:
                    self._again("The answer begins again:")
                self.output.status("answering")

    def _finish(self, event: wire.AnswerFinished) -> None:
        notice = "What was streamed is not the answer that is stored. The stored one, sealed and checked:"
        self._replace(event.text, notice)
        self.output.stream(CUT.get(event.finish, "") + "\n")
        if self._announced not in (None, (event.mate, event.model)):
            self.output.note(f"[Another was announced: this answer is sealed as {event.mate}'s, by {event.model}.]")
        self.output.status("thinking of follow-ups")

    def _replace(self, text: str, notice: str) -> None:
        if not text.startswith(self._shown):
            self._again(notice)
        self._print(text[len(self._shown) :])

    def _again(self, notice: str) -> None:
        self.output.note(f"\n[{notice}]")
        self._shown = ""

    def _print(self, text: str) -> None:
        self._shown += text
        self.output.stream(text)


_DOUBTS = {
    "possible_misuse": "[The review of this answer sees a possible misuse.]",
    "unchecked": "[This answer could not be reviewed.]",
}


def _progress(event: Event) -> str | None:
    match event:
        case wire.MessageSent():
            return "sending"
        case wire.TurnAccepted():
            return "checking credits"
        case wire.CreditsReserved():
            return f"reading ({event.credits} credits set aside)"
        case wire.ConnectionDropped():
            return f"the connection fell; trying again in {event.wait:g} s"
    return None


def _failure(event: wire.TurnRefused | wire.TurnFailed | wire.RequestRefused) -> ClientError:
    details = event.model_dump(include={"missing_credits", "retry_after"}, exclude_none=True)
    return ClientError(event.code, event.message, step_here(event.code, event.next_step), **details)
