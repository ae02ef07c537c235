"""The server's sealing meets every vector that concerns it: what it opens, what it makes, what it refuses."""

from __future__ import annotations

import pytest

from sealmate import errors
from sealmate.seal.envelope import Address, Header, Namespace, derive, seal, seal_to, unseal
from sealmate_cli.crypto import envelope
from sealmate_cli.crypto.xwing import KeyPair
from tests.vectors.fixed import Json, decode
from tests.vectors.test_cli_vectors import VECTORS, named, place_of

SYMMETRIC = [v for v in VECTORS["envelopes"] if v["suite"] == 1]
# The server's opener is not told an epoch, so it can't refuse another one: devices do.
REFUSED = [
    v
    for v in VECTORS["envelopes_refused"]
    if v["suite"] == 1 and not v["name"].endswith((": lower generation", ": higher generation"))
]
SEALED_BY_SERVER = ("answer", "title", "suggestions")


def address_of(vector: Json) -> Address:
    place = vector["place"]
    return Address(
        account=place["account"],
        scope=place["scope"],
        record=place["record"],
        version=place["version"],
        parent=decode(place["parent"]),
    )


def opened(vector: Json) -> bytes:
    namespace = Namespace(vector["place"]["namespace"])
    return unseal(decode(vector["key"]), decode(vector["envelope"]), namespace=namespace, address=address_of(vector))


@named(VECTORS["derivations"])
def test_derivation(vector: Json) -> None:
    made = derive(decode(vector["key"]), decode(vector["info"]), vector["length"], salt=decode(vector["salt"]))
    assert made == decode(vector["output"])


@named(SYMMETRIC)
def test_opens(vector: Json) -> None:
    assert opened(vector) == decode(vector["content"])


@named(SYMMETRIC)
def test_makes_the_same_bytes(vector: Json) -> None:
    given = decode(vector["envelope"])
    salt, iv = given[19:51], given[83:95]
    made = seal(
        decode(vector["key"]),
        decode(vector["content"]),
        namespace=Namespace(vector["place"]["namespace"]),
        epoch=vector["place"]["epoch"],
        address=address_of(vector),
        random=lambda n: {32: salt, 12: iv}[n],
    )
    assert made == given


@named(REFUSED)
def test_refuses(vector: Json) -> None:
    with pytest.raises(errors.SealBroken):
        opened(vector)


@named(VECTORS["envelopes"])
def test_reads_the_header(vector: Json) -> None:
    header = Header.parse(decode(vector["envelope"]))
    assert (header.namespace, header.epoch) == (vector["place"]["namespace"], vector["place"]["epoch"])
    assert header.encode() == decode(vector["header"])


@named([v for v in VECTORS["envelopes"] if v["place"]["namespace_name"] in SEALED_BY_SERVER])
def test_what_the_server_seals_a_device_opens(vector: Json) -> None:
    device = KeyPair(decode(vector["key"]))
    sealed = seal_to(
        device.public_key,
        decode(vector["content"]),
        namespace=Namespace(vector["place"]["namespace"]),
        epoch=vector["place"]["epoch"],
        address=address_of(vector),
    )
    assert envelope.open_sealed(device, place_of(vector), sealed) == decode(vector["content"])
