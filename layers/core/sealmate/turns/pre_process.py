"""PreProcessing: one structured call reads the message: harm, language, title, complexity, temperature and which mate answers."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from sealmate import catalog, errors, mates
from sealmate.events import ChatTitled, MessageRead
from sealmate.ports import ChatMessage, Clock, KeyService, Models, Random
from sealmate.seal.envelope import Namespace
from sealmate.turns import in_flight
from sealmate.turns.audience import Audience
from sealmate.turns.in_flight import MessageInFlight
from sealmate.turns.judge import judge
from sealmate.turns.ports import Chats, Turns
from sealmate.turns.readings import Reading
from sealmate.turns.stages import Choices, PreProcessing

# A long message is judged in windows, all of it; the highest score counts.
_WINDOW = 12_000
# Of what was said before, the cheap model needs what the message may lean on.
_ASKED_BEFORE, _ANSWERED_BEFORE = 1_500, 300
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PreProcess:
    turns: Turns
    chats: Chats
    models: Models
    keys: KeyService
    random: Random
    clock: Clock
    model_set: str

    def __call__(self, stage: PreProcessing, audience: Audience) -> Choices:
        """HarmRefused, NotJudged, TurnInterrupted, and the providers' errors."""
        message, _ = in_flight.read(
            stage.account_id, stage.turn_id, turns=self.turns, keys=self.keys, random=self.random
        )
        reading, *more = (
            judge(self.models, self.model_set, prompt, Reading, clock=self.clock) for prompt in prompts_for(message)
        )
        harm = max(reading.harm, *(other.harm for other in more), 0)
        # The audit: which turn, what scores. Never a word of it.
        _log.info("read", extra={"turn_id": stage.turn_id, "harm": harm, "misuse": reading.misuse})
        if harm >= catalog.limits().harm_refused_from:
            raise errors.HarmRefused(harm=harm)
        mate = mates.get(message.mate or reading.mate)
        choice = catalog.choice(self.model_set, reading.complexity)
        audience.tell(
            MessageRead(
                turn_id=stage.turn_id,
                chat_id=stage.chat_id,
                mate=mate.mate,
                mate_name=mate.name,
                reason=mate.topic,
                complexity=reading.complexity,
                model=choice.model,
            )
        )
        if message.first:
            self._title(stage, message, reading.title, audience)
        return Choices(
            mate=mate.mate,
            complexity=reading.complexity,
            temperature=reading.temperature,
            language=reading.language,
        )

    def _title(self, stage: PreProcessing, message: MessageInFlight, title: str, audience: Audience) -> None:
        envelope = message.seal_for_chat(
            json.dumps({"title": title}, ensure_ascii=False).encode(),
            namespace=Namespace.TITLE,
            account_id=stage.account_id,
            chat_id=stage.chat_id,
            record=stage.chat_id,
        )
        self.chats.set_title(stage.account_id, stage.chat_id, envelope, at=self.clock.now())
        audience.tell_everyone(ChatTitled(turn_id=stage.turn_id, chat_id=stage.chat_id, title=envelope))


def prompts_for(message: MessageInFlight) -> list[list[ChatMessage]]:
    """One prompt for each window of the message; the fixed prompt comes first, so that providers can cache it."""
    windows = [message.message[at : at + _WINDOW] for at in range(0, len(message.message), _WINDOW)]
    before = _before(message)
    return [
        [
            ChatMessage(role="system", text=catalog.prompt("pre_processing")),
            ChatMessage(role="user", text=f"{before}Message: {window}"),
        ]
        for window in windows
    ]


def _before(message: MessageInFlight) -> str:
    said = message.history[-2:]
    if not said:
        return ""
    lines = [
        f"user: {s.text[:_ASKED_BEFORE]}" if s.role == "user" else f"assistant: {s.text[-_ANSWERED_BEFORE:]}"
        for s in said
    ]
    return "Earlier:\n" + "\n".join(lines) + "\n\n"
