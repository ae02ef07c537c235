"""The terminal client meets every vector of pairing."""

from __future__ import annotations

import json

import pytest

from sealmate_cli.crypto import CryptoError, Invitation, JoiningDevice, Pins, Transcript
from sealmate_cli.crypto.keys import system_random
from sealmate_cli.crypto.master_keys import MasterKeys
from sealmate_cli.crypto.pairing import agree, commit, open_keys, read_invitation, seal_keys
from sealmate_cli.crypto.xwing import KeyPair

from . import make_vectors, pairing
from .fixed import Json, decode
from .test_cli_vectors import named

VECTORS: Json = json.loads(make_vectors.PAIRING_FILE.read_text())
PAIR = KeyPair(decode(VECTORS["seed"]))


def agreed(vector: Json) -> Transcript:
    return agree(
        Invitation(decode(vector["secret"])),
        account=vector["account"],
        signing_public=decode(vector["signing_public_key"]),
        device=JoiningDevice(vector["device"], decode(vector["public_key"]), decode(vector["commitment"])),
        giver_nonce=decode(vector["giver_nonce"]),
        joiner_nonce=decode(vector["joiner_nonce"]),
    )


def test_the_generator_makes_this_very_file() -> None:
    made = pairing.vectors(VECTORS["hpke"])
    assert make_vectors.as_text(made) == make_vectors.PAIRING_FILE.read_text()


@pytest.mark.parametrize("vector", VECTORS["invitations"], ids=["random", "zeros", "ones"])
def test_an_invitation_as_text(vector: Json) -> None:
    invitation = Invitation(decode(vector["secret"]))
    assert (invitation.text, invitation.pairing_id) == (vector["text"], vector["pairing_id"])
    assert read_invitation(f" {vector['text'].lower().replace('0', 'o')} ") == invitation


@pytest.mark.parametrize("text", VECTORS["invitations_refused"])
def test_what_is_no_invitation(text: str) -> None:
    with pytest.raises(CryptoError) as raised:
        read_invitation(text)
    assert raised.value.reason == "bad_pairing_code"


@named(VECTORS["agreed"])
def test_what_both_devices_show(vector: Json) -> None:
    transcript = agreed(vector)
    assert (transcript.digest, transcript.code) == (decode(vector["transcript"]), vector["code"])
    invitation = Invitation(decode(vector["secret"]))
    made = commit(invitation.pairing_id, decode(vector["public_key"]), decode(vector["joiner_nonce"]))
    assert made == decode(vector["commitment"])


def test_whatever_is_changed_between_the_devices_shows_in_the_code() -> None:
    assert len({vector["code"] for vector in VECTORS["agreed"]}) == len(VECTORS["agreed"])


@named(VECTORS["agreed_refused"])
def test_who_does_not_keep_to_the_commitment_is_refused(vector: Json) -> None:
    with pytest.raises(CryptoError) as raised:
        agreed(vector)
    assert raised.value.reason == vector["reason"]


@named(VECTORS["opened"])
def test_the_keys_open(vector: Json) -> None:
    master_key, pins = open_keys(decode(vector["sealed"]), PAIR, agreed(VECTORS["agreed"][0]))
    assert master_key == decode(vector["master_key"])
    assert pins == Pins(vector["epoch"], decode(vector["statement"]), vector["sequence"], decode(vector["manifest"]))


@named(VECTORS["opened_refused"])
def test_hostile_keys_are_refused(vector: Json) -> None:
    with pytest.raises(CryptoError) as raised:
        open_keys(decode(vector["sealed"]), PAIR, agreed(VECTORS["agreed"][0]))
    assert raised.value.reason == vector["reason"]


def test_what_one_device_seals_the_other_opens() -> None:
    transcript, pins = agreed(VECTORS["agreed"][0]), Pins(4, system_random(32), 2, system_random(32))
    keys = MasterKeys(pairing.ACCOUNT, 4, system_random(32), system_random(32))
    sealed = seal_keys(keys, pins, device=pairing.DEVICE, transcript=transcript)
    assert len(sealed) == 1283
    assert open_keys(sealed, PAIR, transcript) == (keys.master_key, pins)
