"""What the two devices of a pairing send and are told; docs/protocol.md explains each."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sealmate.accounts.requests import DeviceName, Secret, Transport
from sealmate.model import Bytes, Shape, Uuid

PublicKey = Annotated[Bytes, Field(min_length=1216, max_length=1216)]
SealedKeys = Annotated[Bytes, Field(min_length=1283, max_length=1283)]


class StartPairing(Shape):
    pairing_id: Uuid


class AnswerPairing(Shape):
    nonce: Secret


class GiveKeys(Shape):
    sealed: SealedKeys


class JoinPairing(Shape):
    pairing_id: Uuid
    claim: Secret
    public_key: PublicKey
    commitment: Secret
    device: DeviceName


class LookAtPairing(Shape):
    pairing_id: Uuid
    claim: Secret


class RevealNonce(LookAtPairing):
    nonce: Secret


class FinishPairing(LookAtPairing):
    transport: Transport


class PairingStarted(Shape):
    expires_at: int


class JoinedDevice(Shape):
    device: str
    public_key: Bytes
    commitment: Bytes


class PairingShown(Shape):
    """To the device that gives: who has joined, with the nonce once it is revealed."""

    expires_at: int
    joined: JoinedDevice | None = None
    nonce: Bytes | None = None
    finished: bool


class PairingJoined(Shape):
    account_id: str
    signing_public_key: Bytes
    expires_at: int


class PairingLooked(Shape):
    """To the new device: the giver's nonce, and its keys once they are given."""

    nonce: Bytes | None = None
    sealed: Bytes | None = None
