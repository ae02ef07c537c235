"""What failed comes here: a turn that still streams is left alone until its lease has run out."""

from __future__ import annotations

import pytest

from sealmate import errors
from sealmate.turns.stages import Ended, Failed, Failure
from tests.fakes.line import ACCOUNT
from tests.unit.turns.conversation import Conversation


def fail(talk: Conversation, error: str = "States.Timeout") -> Ended:
    failure = Failure.model_validate({"Error": error, "Cause": ""})
    return talk.line.fail(Failed(**talk.ids, execution_id="execution", failure=failure))


def test_a_stream_that_lives_is_left_alone_until_its_lease_ends(talk: Conversation) -> None:
    talk.asked_and_reserved()
    now = talk.line.clock.now()
    talk.line.turns.claim(talk.turn, now=now, lease_until=now + 15, mate="tavi", model="local")
    for _ in range(2):
        with pytest.raises(errors.TurnAlreadyRunning):
            fail(talk)
        talk.line.clock.advance(15)
    talk.line.clock.advance(-14)
    assert fail(talk) == Ended(code="turn_interrupted")
    assert talk.line.wallets.wallet(ACCOUNT).available == 1000


def test_an_attempt_that_gave_up_is_ended_at_once(talk: Conversation) -> None:
    talk.asked_and_reserved()
    now = talk.line.clock.now()
    stream = talk.line.turns.claim(talk.turn, now=now, lease_until=now + 15, mate="tavi", model="local")
    talk.line.turns.give_up(talk.turn, attempt=stream.attempt)
    assert fail(talk, "ProviderBusy") == Ended(code="provider_busy")


@pytest.mark.parametrize("cause", ["", "no json", "[]", '{"errorMessage": 7}', {"errorMessage": "{}"}, None])
def test_a_cause_in_any_shape_ends_the_turn(talk: Conversation, cause: object) -> None:
    talk.asked_and_reserved()
    failure = Failure.model_validate({"Error": "ProviderBusy", "Cause": cause})
    ended = talk.line.fail(Failed(**talk.ids, execution_id="execution", failure=failure))
    assert ended == Ended(code="provider_busy")
