"""PostProcessing, beside Billing: up to six follow-ups, sealed, and a misuse score that annotates an answer or takes it back."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from sealmate import catalog, errors
from sealmate.events import AnswerAnnotated, AnswerWithheld, SuggestionsMade
from sealmate.ports import ChatMessage, Clock, KeyService, Models, Random
from sealmate.seal.envelope import Namespace
from sealmate.turns import in_flight
from sealmate.turns.audience import Audience
from sealmate.turns.in_flight import MessageInFlight
from sealmate.turns.judge import judge
from sealmate.turns.ports import Chats, HistoryCache, Turns
from sealmate.turns.readings import Review
from sealmate.turns.stages import PostProcessing, Reviewed

_QUESTION_CHARACTERS = 1_500
# More than the longest answer of any model in the catalog.
_ANSWER_CHARACTERS = 40_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PostProcess:
    turns: Turns
    chats: Chats
    cache: HistoryCache
    models: Models
    keys: KeyService
    random: Random
    clock: Clock
    model_set: str

    def __call__(self, stage: PostProcessing, audience: Audience) -> Reviewed:
        """An answer that can't be judged, whatever the reason, is marked so: it was streamed already."""
        message, key = in_flight.read(
            stage.account_id, stage.turn_id, turns=self.turns, keys=self.keys, random=self.random
        )
        answer, answer_hash = in_flight.read_answer(stage.account_id, stage.turn_id, key, turns=self.turns)
        try:
            review = judge(self.models, self.model_set, prompt_for(message, answer), Review, clock=self.clock)
        except errors.SealmateError as error:
            _log.warning("not reviewed", extra={"turn_id": stage.turn_id, "code": error.code})
            self._annotate(stage, message, "unchecked", audience)
            return Reviewed(misuse=None, suggestions=0)
        # The audit: which turn, what score. Never a word of it.
        _log.info("reviewed", extra={"turn_id": stage.turn_id, "misuse": review.misuse})
        limits = catalog.limits()
        if review.misuse >= limits.misuse_withheld_from:
            self._withhold(stage, message, audience)
            return Reviewed(misuse=review.misuse, suggestions=0)
        if review.misuse >= limits.misuse_annotated_from:
            # What might come next would only lead further.
            self._annotate(stage, message, "possible_misuse", audience)
            return Reviewed(misuse=review.misuse, suggestions=0)
        self._suggest(stage, message, review.suggestions, answer_hash, audience)
        return Reviewed(misuse=review.misuse, suggestions=len(review.suggestions))

    def _note(self, stage: PostProcessing, message: MessageInFlight, code: str, *, withhold: bool = False) -> None:
        if not message.temporary:
            self.chats.set_review(
                stage.account_id, stage.chat_id, stage.turn_id, code=code, withhold=withhold, at=self.clock.now()
            )

    def _annotate(self, stage: PostProcessing, message: MessageInFlight, code: str, audience: Audience) -> None:
        self._note(stage, message, code)
        audience.tell(
            AnswerAnnotated(
                turn_id=stage.turn_id,
                chat_id=stage.chat_id,
                code="unchecked" if code == "unchecked" else "possible_misuse",
            )
        )

    def _withhold(self, stage: PostProcessing, message: MessageInFlight, audience: Audience) -> None:
        kind = errors.AnswerTakenBack
        self._note(stage, message, kind.code, withhold=True)
        if message.temporary:
            # What is in flight is all there is of it.
            self.turns.forget(self.turns.turn(stage.account_id, stage.turn_id))
        self.cache.forget(stage.account_id, stage.chat_id)
        audience.tell(
            AnswerWithheld(turn_id=stage.turn_id, chat_id=stage.chat_id, code=kind.code, message=kind.message)
        )

    def _suggest(
        self,
        stage: PostProcessing,
        message: MessageInFlight,
        suggestions: list[str],
        answer_hash: bytes,
        audience: Audience,
    ) -> None:
        envelope = message.seal_for_chat(
            json.dumps({"suggestions": suggestions}, ensure_ascii=False).encode(),
            namespace=Namespace.SUGGESTIONS,
            account_id=stage.account_id,
            chat_id=stage.chat_id,
            record=stage.turn_id,
            parent=answer_hash,
        )
        if not message.temporary:
            self.chats.set_suggestions(stage.account_id, stage.chat_id, stage.turn_id, envelope, at=self.clock.now())
        audience.tell(SuggestionsMade(turn_id=stage.turn_id, chat_id=stage.chat_id, suggestions=envelope))


def prompt_for(message: MessageInFlight, answer: str) -> list[ChatMessage]:
    user = f"Question: {message.message[:_QUESTION_CHARACTERS]}\n\nAnswer: {answer[:_ANSWER_CHARACTERS]}"
    return [
        ChatMessage(role="system", text=catalog.prompt("post_processing")),
        ChatMessage(role="user", text=user),
    ]
