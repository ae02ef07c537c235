"""PreProcessing: one structured call reads the message: harm, language, title, complexity, temperature and which mate answers."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from sealmate import catalog, errors, mates
from sealmate.events import ChatTitled, MessageRead
from sealmate.ports import ChatMessage, KeyService, Models, Random
from sealmate.seal.envelope import Namespace
from sealmate.turns import in_flight
from sealmate.turns.audience import Audience
from sealmate.turns.in_flight import MessageInFlight
from sealmate.turns.judge import judge
from sealmate.turns.ports import Chats, Turns
from sealmate.turns.readings import Reading
from sealmate.turns.stages import Choices, PreProcessing

# The cheap model needs the drift of a chat, not all of it.
_HISTORY_CHARACTERS = 600
_MESSAGE_CHARACTERS = 6_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PreProcess:
    turns: Turns
    chats: Chats
    models: Models
    keys: KeyService
    random: Random
    model_set: str

    def __call__(self, stage: PreProcessing, audience: Audience) -> Choices:
        """HarmRefused, NotJudged, TurnInterrupted, and the providers' errors."""
        message, _ = in_flight.read(
            stage.account_id, stage.turn_id, turns=self.turns, keys=self.keys, random=self.random
        )
        reading = judge(self.models, self.model_set, prompt_for(message), Reading)
        # The audit: which turn, what scores. Never a word of it.
        _log.info("read", extra={"turn_id": stage.turn_id, "harm": reading.harm, "misuse": reading.misuse})
        if reading.harm >= catalog.limits().harm_refused_from:
            raise errors.HarmRefused(harm=reading.harm)
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
        self.chats.set_title(stage.account_id, stage.chat_id, envelope)
        audience.tell_everyone(ChatTitled(turn_id=stage.turn_id, chat_id=stage.chat_id, title=envelope))


def prompt_for(message: MessageInFlight) -> list[ChatMessage]:
    """The fixed prompt, then the message with the end of what was said before."""
    before = "\n".join(f"{said.role}: {said.text}" for said in message.history[-2:])[-_HISTORY_CHARACTERS:]
    asked = message.message[:_MESSAGE_CHARACTERS]
    user = f"Earlier:\n{before}\n\nMessage: {asked}" if before else f"Message: {asked}"
    return [
        ChatMessage(role="system", text=catalog.prompt("pre_processing")),
        ChatMessage(role="user", text=user),
    ]
