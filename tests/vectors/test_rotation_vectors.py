"""The terminal client meets every vector of rotations, and the server those of what it checks."""

from __future__ import annotations

import json

import pytest

from sealmate.accounts.manifest_shapes import SignedManifest
from sealmate.accounts.manifests import manifest_bytes as server_manifest_bytes
from sealmate.seal.envelope import digest
from sealmate_cli.crypto import CryptoError, Pins
from sealmate_cli.crypto.chats import unwrap_chat_key
from sealmate_cli.crypto.manifests import make_manifest, manifest_bytes, manifest_hash, verify_manifest
from sealmate_cli.crypto.master_keys import MasterKeys
from sealmate_cli.crypto.methods import UnlockMethod
from sealmate_cli.crypto.rotation import follow_links, open_device_link
from sealmate_cli.wire import http as wire

from . import make_vectors, rotation
from .fixed import Json, decode
from .test_cli_vectors import named

VECTORS: Json = json.loads(make_vectors.ROTATION_FILE.read_text())
ACCOUNT: str = VECTORS["account"]
PUBLIC = decode(VECTORS["signing_public_key"])
by_place = pytest.mark.parametrize("vector", VECTORS["manifests"], ids=["first", "second", "third"])


def methods_of(vector: Json) -> list[UnlockMethod]:
    return [UnlockMethod(m["method_id"], "any", b"", b"", decode(m["public"])) for m in vector["methods"]]


def test_the_generator_makes_this_very_file() -> None:
    assert make_vectors.as_text(rotation.vectors()) == make_vectors.ROTATION_FILE.read_text()


@by_place
def test_manifest(vector: Json) -> None:
    manifest = wire.SignedManifest.model_validate(vector["manifest"]).manifest()
    before = vector["before"] and wire.SignedManifest.model_validate(vector["before"]).manifest()
    methods = methods_of(vector)
    assert manifest_bytes(ACCOUNT, manifest, PUBLIC) == decode(vector["bytes"])
    assert manifest_hash(ACCOUNT, manifest, PUBLIC) == decode(vector["sha256"])
    verify_manifest(manifest, account=ACCOUNT, epoch=manifest.epoch, methods=methods, signing_public=PUBLIC)
    made = make_manifest(
        account=ACCOUNT,
        epoch=manifest.epoch,
        methods=reversed(methods),
        signing_seed=decode(VECTORS["signing_seed"]),
        before=before,
    )
    assert made == manifest


@by_place
def test_the_server_reads_the_same_bytes(vector: Json) -> None:
    manifest = SignedManifest.model_validate(vector["manifest"]).record()
    signed = server_manifest_bytes(ACCOUNT, manifest, signing_public=PUBLIC)
    assert signed == decode(vector["bytes"])
    assert digest(signed) == decode(vector["sha256"])


@named(VECTORS["manifests_refused"])
def test_hostile_manifest_refused(vector: Json) -> None:
    manifest = wire.SignedManifest.model_validate(vector["manifest"]).manifest()
    with pytest.raises(CryptoError) as raised:
        verify_manifest(
            manifest, account=ACCOUNT, epoch=vector["epoch"], methods=methods_of(vector), signing_public=PUBLIC
        )
    assert raised.value.reason == vector["reason"]


def followed(vector: Json) -> MasterKeys:
    return follow_links(
        wire.WrappedKeysAnswer.model_validate(vector["wrapped"]).keys(),
        epoch=vector["epoch"],
        master_key=decode(vector["master_key"]),
        statement=decode(vector["statement"]),
        signing_public=PUBLIC,
    )


@pytest.mark.parametrize("vector", VECTORS["following"], ids=["two links", "one link", "none"])
def test_following(vector: Json) -> None:
    keys = followed(vector)
    assert (keys.epoch, keys.master_key) == (vector["wrapped"]["epoch"], decode(vector["opened"]))
    assert keys.signing_seed == decode(VECTORS["signing_seed"])
    last = wire.WrappedKeysAnswer.model_validate(vector["wrapped"]).keys().links[-1]
    assert open_device_link(last, keys) == decode(vector["device_keys"][-1])


@named(VECTORS["following_refused"])
def test_hostile_link_refused(vector: Json) -> None:
    with pytest.raises(CryptoError) as raised:
        followed(vector)
    assert raised.value.reason == vector["reason"]


def pins_of(vector: Json) -> Pins:
    statement, manifest = decode(vector["statement"]), decode(vector["manifest"])
    return Pins(vector["epoch"], statement, vector["sequence"], manifest)


@named(VECTORS["pins"])
def test_what_a_device_remembers(vector: Json) -> None:
    before = pins_of(vector["before"])
    manifest = vector["manifest"] and wire.SignedManifest.model_validate(vector["manifest"]).manifest()
    statement = wire.Statement.model_validate(vector["statement"]).statement()
    if "reason" in vector:
        with pytest.raises(CryptoError) as raised:
            before.advanced(ACCOUNT, statement, manifest, PUBLIC)
        assert raised.value.reason == vector["reason"]
    else:
        assert before.advanced(ACCOUNT, statement, manifest, PUBLIC) == pins_of(vector["after"])


@pytest.mark.parametrize("epoch", [1, 2])
def test_one_chat_key_under_two_master_keys(epoch: int) -> None:
    vector = VECTORS["chat_key"]
    opened = unwrap_chat_key(
        decode(vector["envelopes"][epoch - 1]),
        decode(vector["master_keys"][epoch - 1]),
        account=ACCOUNT,
        chat=vector["chat"],
        generation=vector["generation"],
        epoch=epoch,
    )
    assert opened.key == decode(vector["key"])
