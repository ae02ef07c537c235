"""The chain of turns: the order their parents give them, and the hash that binds each message to its parent's record."""

from collections.abc import Iterable, Mapping, Sequence

from sealmate_cli.crypto import CryptoError, hash_of
from sealmate_cli.wire.http import Turn


def in_parent_order(turns: Iterable[Turn]) -> list[Turn]:
    """Each after its parent, else as they came: ids sort by the clocks of several devices, and a clock may be slow."""
    by_id = {turn.turn_id: turn for turn in turns}
    placed: dict[str, Turn] = {}
    for turn in by_id.values():
        ancestry: dict[str, Turn] = {}
        step: Turn | None = turn
        while step is not None and step.turn_id not in placed and step.turn_id not in ancestry:
            ancestry[step.turn_id] = step
            step = by_id.get(step.parent.turn_id) if step.parent else None
        placed.update(reversed(ancestry.items()))
    return list(placed.values())


def record_hash(turn: Turn) -> bytes | None:
    """What a next message is sealed with: the hash of the answer, or of the message if there is none; None of a deleted turn."""
    record = turn.answer if turn.answer is not None else turn.message
    return None if record is None else hash_of(record)


def last_record(turns: Sequence[Turn]) -> tuple[str, bytes] | None:
    """(turn id, hash) of the last turn that wasn't deleted: what a next message goes on from."""
    hashes = ((turn.turn_id, record_hash(turn)) for turn in reversed(turns))
    return next(((turn_id, found) for turn_id, found in hashes if found is not None), None)


def check_parent(turn: Turn, by_id: Mapping[str, Turn]) -> None:
    """The hash a message was sealed with is that of its parent's answer, or of its message if the answer was still to come."""
    if turn.parent is None:
        return
    parent = by_id.get(turn.parent.turn_id)
    if parent is None:
        raise CryptoError("parent_missing")
    if parent.outcome in ("withheld", "deleted") and parent.answer is None:
        return  # What was taken back or deleted is no longer there to be hashed.
    if parent.message is None or turn.parent.hash not in (record_hash(parent), hash_of(parent.message)):
        raise CryptoError("chain_broken")
