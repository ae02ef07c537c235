"""Envelopes of every kind, bent at random: none opens, and none fails but with a reason of the key scheme.

SEALMATE_MUTATIONS says how many (`make prove`: 50,000 here, as many in the web app's code); SEALMATE_SEED repeats what a failure printed.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from sealmate import errors
from sealmate.seal.envelope import Namespace, unseal
from sealmate_cli.crypto import CryptoError
from sealmate_cli.crypto.envelope import Suite

from . import make_vectors
from .fixed import Json, decode, encode
from .test_cli_vectors import opened
from .test_server_vectors import address_of

MUTATIONS = int(os.environ.get("SEALMATE_MUTATIONS", "3000"))
SEED = int(os.environ.get("SEALMATE_SEED") or time.time_ns())
VECTORS: list[Json] = json.loads(make_vectors.FILE.read_text())["envelopes"]
WHOLE = [decode(each["envelope"]) for each in VECTORS]
REASONS = {
    "bad_padding",
    "commitment_mismatch",
    "not_an_envelope",
    "not_authentic",
    "truncated",
    "unknown_namespace",
    "unknown_suite",
    "unknown_version",
    "wrong_epoch",
    "wrong_key",
    "wrong_namespace",
    "wrong_suite",
}


@dataclass(frozen=True)
class Mutation:
    number: int
    how: str
    vector: Json
    envelope: bytes

    def __str__(self) -> str:
        return f"SEALMATE_SEED={SEED}, number {self.number}: {self.vector['name']}, {self.how}: {encode(self.envelope)}"


def flip(chance: random.Random, whole: bytes) -> bytes:
    bent = bytearray(whole)
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
    return bytes(bent)


def cut(chance: random.Random, whole: bytes) -> bytes:
    start, end = sorted(chance.sample(range(len(whole) + 1), 2))
    return chance.choice((whole[:end], whole[start:], whole[:start] + whole[end:]))


def splice(chance: random.Random, whole: bytes) -> bytes:
    """The beginning of this one and the end of another, at the same place or at any; or two parts of it exchanged."""
    other, at = chance.choice(WHOLE), chance.randrange(len(whole))
    near = at if chance.random() < 0.5 else chance.randrange(len(other))
    a, b, c = sorted(chance.sample(range(len(whole) + 1), 3))
    return chance.choice((whole[:at] + other[near:], whole[:a] + whole[b:c] + whole[a:b] + whole[c:]))


def extend(chance: random.Random, whole: bytes) -> bytes:
    at, more = chance.randrange(len(whole) + 1), chance.choice((1, 16, 64, 128, chance.randrange(1, 300)))
    added = chance.choice((bytes(more), chance.randbytes(more), whole[:more]))
    return chance.choice((whole + added, added + whole, whole[:at] + added + whole[at:]))


def overwrite(chance: random.Random, whole: bytes) -> bytes:
    start, end = sorted(chance.sample(range(len(whole) + 1), 2))
    filled = chance.choice((bytes(end - start), b"\xff" * (end - start), chance.randbytes(end - start)))
    return whole[:start] + filled + whole[end:]


HOW = (flip, cut, splice, extend, overwrite)


def mutations() -> Iterator[Mutation]:
    chance = random.Random(SEED)  # noqa: S311 - to be repeated, not to be secret
    for number in range(MUTATIONS):
        # In turn, so that each kind is bent in each way.
        vector, how = VECTORS[number % len(VECTORS)], HOW[number // len(VECTORS) % len(HOW)]
        whole = WHOLE[number % len(VECTORS)]
        bent = how(chance, whole)
        if bent != whole:
            yield Mutation(number, how.__name__, vector, bent)


def refused_by_device(mutation: Mutation) -> str:
    try:
        opened({**mutation.vector, "envelope": encode(mutation.envelope)})
    except CryptoError as error:
        return error.reason
    return "opened"


def refused_by_server(mutation: Mutation) -> bool:
    namespace, key = Namespace(mutation.vector["place"]["namespace"]), decode(mutation.vector["key"])
    try:
        unseal(key, mutation.envelope, namespace=namespace, address=address_of(mutation.vector))
    except errors.SealBroken:
        return True
    return False


def test_none_opens_on_a_device() -> None:
    for each in mutations():
        assert refused_by_device(each) in REASONS, each


def test_none_opens_at_the_server() -> None:
    for each in mutations():
        if each.vector["suite"] == Suite.KEY:
            assert refused_by_server(each), each
