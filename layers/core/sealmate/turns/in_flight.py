"""The message in flight: what the stages of one turn need to read, KMS-sealed for minutes and then gone."""

from __future__ import annotations

from pydantic import TypeAdapter

from sealmate import errors
from sealmate.model import Bytes, Shape
from sealmate.ports import KeyService, Random
from sealmate.seal.data_keys import TurnKey, turn_key_of
from sealmate.seal.envelope import Address, Namespace, seal_to
from sealmate.turns.ports import Turns
from sealmate.turns.requests import Said

SAID: TypeAdapter[list[Said]] = TypeAdapter(list[Said])


class MessageInFlight(Shape):
    """`message_hash` is the SHA-256 of the message's sealed record, which the answer names as its parent.

    `first`: the chat is still to get its title. `temporary`: nothing is stored.
    """

    message: str
    history: list[Said]
    answer_public_key: Bytes
    cache_key: Bytes
    message_hash: Bytes
    generation: int
    mate: str | None
    first: bool
    temporary: bool = False

    def seal_for_chat(
        self, content: bytes, *, namespace: Namespace, account_id: str, chat_id: str, record: str, parent: bytes = b""
    ) -> bytes:
        """An envelope that only the chat's devices can open."""
        return seal_to(
            self.answer_public_key,
            content,
            namespace=namespace,
            epoch=self.generation,
            address=Address(account=account_id, scope=chat_id, record=record, parent=parent),
        )


def read(
    account_id: str, turn_id: str, *, turns: Turns, keys: KeyService, random: Random
) -> tuple[MessageInFlight, TurnKey]:
    """TurnInterrupted if it has gone already."""
    blob = turns.message(account_id, turn_id)
    key = turn_key_of(blob, turn_id, keys=keys, random=random)
    return MessageInFlight.model_validate_json(key.open(blob, part="message")), key


def read_answer(account_id: str, turn_id: str, key: TurnKey, *, turns: Turns) -> tuple[str, bytes]:
    """The finished answer's text and the hash of its envelope, from the stream's last snapshot."""
    stream = turns.stream(account_id, turn_id)
    if stream is None or stream.snapshot is None:
        raise errors.TurnInterrupted(turn_id=turn_id)
    snapshot = Snapshot.model_validate_json(key.open(stream.snapshot, part="snapshot"))
    return snapshot.text, snapshot.answer_hash


class Snapshot(Shape):
    """The answer so far. `answer_hash` is empty until it is finished and sealed."""

    text: str
    answer_hash: Bytes = b""
