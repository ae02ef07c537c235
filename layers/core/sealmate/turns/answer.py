"""MainProcessing: streams the mate's answer, seals it to the chat's answer key and stores it with the turn's mark as answered."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from sealmate import catalog, errors, mates
from sealmate.billing.prices import cost
from sealmate.catalog.shapes import Limits
from sealmate.events import AnswerExtended, AnswerFinished, AnswerResumed, AnswerStarted, Finish
from sealmate.ports import ChatMessage, Clock, DataSeal, Finished, KeyService, ModelChoice, Models, Random, Usage
from sealmate.seal.data_keys import TurnKey
from sealmate.seal.envelope import Address, Namespace, digest, seal
from sealmate.turns import in_flight
from sealmate.turns.audience import Audience
from sealmate.turns.in_flight import SAID, MessageInFlight, Snapshot
from sealmate.turns.ports import Answer, HistoryCache, Stream, Turn, Turns
from sealmate.turns.reader import Reader
from sealmate.turns.relay import Pace, Relay
from sealmate.turns.requests import Said
from sealmate.turns.stages import Answered, MainProcessing
from sealmate.turns.start import trimmed

_log = logging.getLogger(__name__)

# Seconds for which one attempt alone may stream, renewed with every snapshot.
_LEASE = 15
# Seconds after its hold was reserved by which an answer must be stored: an execution lives 300.
_EXECUTION_SECONDS = 280
# Seconds of a model's silence after which it is looked whether to stop.
_LOOK_AROUND = 0.2


@dataclass(frozen=True, kw_only=True)
class _Produced:
    text: str
    finish: Finish
    usage: Usage
    seq: int


@dataclass(frozen=True, kw_only=True)
class Respond:
    turns: Turns
    cache: HistoryCache
    models: Models
    data_seal: DataSeal
    keys: KeyService
    random: Random
    clock: Clock
    model_set: str

    def __call__(self, stage: MainProcessing, audience: Audience) -> Answered:
        """TurnAlreadyRunning, TurnStopped (nothing was produced), TurnInterrupted, RequestTooLarge for the model, providers' errors."""
        turn = self.turns.turn(stage.account_id, stage.turn_id)
        if turn.finish:
            # A retry of a call whose reply was lost: the answer is stored, and told.
            return _answered(turn)
        if turn.status != "running":
            raise errors.TurnAlreadyRunning(turn_id=turn.turn_id)
        message, key = in_flight.read(
            stage.account_id, stage.turn_id, turns=self.turns, keys=self.keys, random=self.random
        )
        choice = catalog.choice(self.model_set, stage.complexity)
        now = self.clock.now()
        stream = self.turns.claim(turn, now=now, lease_until=now + _LEASE, mate=stage.mate, model=choice.model)
        attempt = _Attempt(owner=self, turn=turn, stage=stage, stream=stream, choice=choice, key=key, audience=audience)
        try:
            produced = attempt.stream_answer(prompt_for(stage, message, choice))
        except Exception:
            self.turns.give_up(turn, attempt=stream.attempt)
            raise
        answer, kept = attempt.store(message, produced)
        if kept:
            self._cache(stage, message, answer, produced.text)
        return Answered(
            finish=produced.finish,
            input_tokens=produced.usage.input_tokens,
            output_tokens=produced.usage.output_tokens,
        )

    def _cache(self, stage: MainProcessing, message: MessageInFlight, answer: Answer, text: str) -> None:
        try:
            self._remember(stage, message, answer, text)
        except Exception as error:  # noqa: BLE001 - the cache spares the next message its history, nothing more
            _log.warning("not cached", extra={"turn_id": stage.turn_id, "error": type(error).__name__})

    def _remember(self, stage: MainProcessing, message: MessageInFlight, answer: Answer, text: str) -> None:
        """Caches the chat for its next message, under a key that only the client's next message brings back."""
        limits = catalog.limits()
        said = [*message.history, Said(role="user", text=message.message), Said(role="assistant", text=text)]
        envelope = seal(
            message.cache_key,
            SAID.dump_json(trimmed(said, turns=limits.history_turns, room=limits.history_characters)),
            namespace=Namespace.CACHE,
            epoch=message.generation,
            address=Address(account=stage.account_id, scope=stage.chat_id, record=stage.chat_id),
            random=self.random.bytes,
        )
        owner = f"{stage.account_id}/{stage.chat_id}"
        blob = self.data_seal.seal(envelope, purpose="cache", owner=owner)
        self.cache.put(stage.account_id, stage.chat_id, blob, now=answer.answered_at)


@dataclass(frozen=True, kw_only=True)
class _Attempt:
    """One attempt at streaming one answer."""

    owner: Respond
    turn: Turn
    stage: MainProcessing
    stream: Stream
    choice: ModelChoice
    key: TurnKey
    audience: Audience

    def stream_answer(self, messages: list[ChatMessage]) -> _Produced:
        limits, clock = catalog.limits(), self.owner.clock
        if self.stream.stop:
            raise errors.TurnStopped(turn_id=self.turn.turn_id)
        self.audience.join(self.stream.joined)
        self.audience.tell(
            AnswerStarted(**self._ids(), attempt=self.stream.attempt, mate=self.stage.mate, model=self.choice.model)
        )
        relay = Relay(pace=_pace(limits), clock=clock, send=self._send, snapshot=self._snapshot)
        # Before the state machine's own limit, which ends a turn without a word.
        left = min(limits.answer_seconds, self.stage.reserved_at + _EXECUTION_SECONDS - clock.now())
        finish, usage, pieces = self._read(relay, messages, until=clock.monotonic() + left)
        if not relay.text:
            raise errors.TurnStopped(turn_id=self.turn.turn_id) if finish == "stopped" else errors.ProviderGarbled()
        usage = usage or _estimate(messages, pieces)
        return _Produced(text=relay.text, finish=finish, usage=usage, seq=relay.seq)

    def _read(self, relay: Relay, messages: list[ChatMessage], *, until: float) -> tuple[Finish, Usage | None, int]:
        """Reads the provider to its end, a stop, or the time limit. Returns also how many pieces came."""
        model = self.owner.models.provider(self.choice.provider)
        pieces = 0
        reader = Reader(model.stream(self.choice, messages, temperature=self.stage.temperature))
        with relay, reader:
            while not relay.stopped:
                if self.owner.clock.monotonic() > until:
                    return "length", None, pieces
                part = reader.next(seconds=_LOOK_AROUND)
                if isinstance(part, Finished):
                    return part.reason, part.usage, pieces
                if part is not None:
                    relay.add(part.text)
                    pieces += 1
        return "stopped", None, pieces

    def _send(self, seq: int, delta: str) -> None:
        self.audience.tell(AnswerExtended(**self._ids(), attempt=self.stream.attempt, seq=seq, delta=delta))

    def _snapshot(self, seq: int, text: str) -> bool:
        """Stores the text so far. The same call brings back who came meanwhile and whether to stop."""
        blob = self.key.seal(Snapshot(text=text).model_dump_json().encode(), part="snapshot")
        try:
            stream = self.owner.turns.save(
                self.turn,
                attempt=self.stream.attempt,
                seq=seq,
                snapshot=blob,
                lease_until=self.owner.clock.now() + _LEASE,
            )
        except errors.TurnAlreadyRunning:
            raise
        except Exception as error:  # noqa: BLE001 - the next one is due in a second, and the lease lasts longer
            _log.warning("no snapshot", extra={"turn_id": self.turn.turn_id, "error": type(error).__name__})
            return False
        for connection_id in self.audience.join(stream.joined):
            resumed = AnswerResumed(
                **self._ids(),
                attempt=self.stream.attempt,
                seq=seq,
                text=text,
                mate=self.stage.mate,
                model=self.choice.model,
            )
            self.audience.tell_one(connection_id, resumed)
        return stream.stop

    def store(self, message: MessageInFlight, produced: _Produced) -> tuple[Answer, bool]:
        """Seals and stores the answer, then tells everyone. From here on the server can't read it again (but for minutes).

        False if no chat keeps it: a temporary one, or one that was deleted meanwhile.
        """
        content = {
            "text": produced.text,
            "mate": self.stage.mate,
            "model": self.choice.model,
            "finish": produced.finish,
        }
        envelope = message.seal_for_chat(
            json.dumps(content, ensure_ascii=False).encode(),
            namespace=Namespace.ANSWER,
            account_id=self.stage.account_id,
            chat_id=self.stage.chat_id,
            record=self.stage.turn_id,
            parent=message.message_hash,
        )
        last = Snapshot(text=produced.text, answer_hash=digest(envelope))
        answer = Answer(
            envelope=envelope,
            snapshot=self.key.seal(last.model_dump_json().encode(), part="snapshot"),
            finish=produced.finish,
            mate=self.stage.mate,
            model=self.choice.model,
            input_tokens=produced.usage.input_tokens,
            output_tokens=produced.usage.output_tokens,
            credits=cost(
                self.choice.model,
                input_tokens=produced.usage.input_tokens,
                output_tokens=produced.usage.output_tokens,
            ),
            answered_at=self.owner.clock.now(),
        )
        kept = self.owner.turns.answered(self.turn, answer, attempt=self.stream.attempt)
        self._announce(answer, produced, kept=kept)
        return answer, kept

    def _announce(self, answer: Answer, produced: _Produced, *, kept: bool) -> None:
        finished = AnswerFinished(
            **self._ids(),
            finish=produced.finish,
            answer=answer.envelope,
            mate=answer.mate,
            model=answer.model,
            answered_at=answer.answered_at,
        )
        # Once more for those who came after the last snapshot: later ones find the turn answered.
        stream = self.owner.turns.stream(self.turn.account_id, self.turn.turn_id)
        self.audience.join(stream.joined if stream else ())
        self.audience.tell(finished)
        if kept:
            self.audience.notify_others(self.turn.turn_id)

    def _ids(self) -> dict[str, str]:
        return {"turn_id": self.turn.turn_id, "chat_id": self.turn.chat_id}


def _answered(turn: Turn) -> Answered:
    return Answered(
        finish=turn.finish or "complete", input_tokens=turn.input_tokens or 0, output_tokens=turn.output_tokens or 0
    )


def prompt_for(stage: MainProcessing, message: MessageInFlight, choice: ModelChoice) -> list[ChatMessage]:
    """The mate's prompt, the history and the message. What is always the same comes first, so that providers can cache it."""
    language = f"Answer in the language whose ISO 639-1 code is {stage.language}."
    system = ChatMessage(role="system", text=f"{mates.get(stage.mate).prompt}\n{language}")
    asked = ChatMessage(role="user", text=message.message)
    room = catalog.facts(choice.model).context_tokens - choice.max_output_tokens - _tokens(system.text + asked.text)
    if room < 0:
        raise errors.RequestTooLarge(tokens=-room)
    said = trimmed(message.history, turns=catalog.limits().history_turns, room=room, size=_tokens)
    return [system, *(ChatMessage(role=s.role, text=s.text) for s in said), asked]


def _tokens(text: str) -> int:
    """At most so many, in nearly any language: three bytes a token, and some for what stands around a message."""
    return len(text.encode()) // 3 + 8


def _pace(limits: Limits) -> Pace:
    return Pace(frame_interval=limits.frame_interval_ms / 1000, snapshot_interval=limits.snapshot_seconds)


def _estimate(messages: list[ChatMessage], pieces: int) -> Usage:
    """For a stream that was cut, whose provider never said: a piece is a token, four characters of a prompt make one."""
    return Usage(input_tokens=-(-sum(len(m.text) for m in messages) // 4), output_tokens=pieces)
