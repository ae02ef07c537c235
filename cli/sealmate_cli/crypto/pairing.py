"""Giving a new device the account's keys: what both devices hash, the code that people compare, and the sealed keys.

The new device commits to its nonce before it sees the giver's, so whoever stands between them is bound to what each side
sees before knowing the other's code, and has one chance in a million to show the same one twice.
"""

import hmac
import uuid
from dataclasses import dataclass

from . import base32, envelope, xwing
from .envelope import Namespace, Place
from .errors import CryptoError
from .keys import derive, lp, sha256, u32
from .master_keys import MasterKeys
from .methods import KEY_BYTES
from .pins import Pins

SECRET_BYTES = 10
NONCE_BYTES = 32
_HASH_BYTES = 32
_CODES = 1_000_000


@dataclass(frozen=True)
class Invitation:
    """What the giver shows; the server learns only the id that follows from it."""

    secret: bytes

    @property
    def text(self) -> str:
        return base32.write(self.secret)

    @property
    def pairing_id(self) -> str:
        return str(uuid.UUID(bytes=derive(self.secret, b"sealmate v1 pairing id", 16), version=4))


@dataclass(frozen=True)
class JoiningDevice:
    """What the new device says of itself before it has heard anything."""

    name: str
    public_key: bytes
    commitment: bytes


@dataclass(frozen=True)
class Transcript:
    """All that the two devices have said, as one hash; equal on both only if nobody changed anything."""

    account: str
    pairing_id: str
    digest: bytes

    @property
    def code(self) -> str:
        number = int.from_bytes(derive(self.digest, b"sealmate v1 pairing code", 8), "big") % _CODES
        return f"{number:06}"


def read_invitation(text: str) -> Invitation:
    try:
        return Invitation(base32.read(text, length=SECRET_BYTES))
    except ValueError as error:
        raise CryptoError("bad_pairing_code") from error


def commit(pairing_id: str, public_key: bytes, nonce: bytes) -> bytes:
    return sha256(lp(b"sealmate v1 pairing commitment") + lp(pairing_id.encode()) + lp(public_key) + lp(nonce))


def agree(
    invitation: Invitation,
    *,
    account: str,
    signing_public: bytes,
    device: JoiningDevice,
    giver_nonce: bytes,
    joiner_nonce: bytes,
) -> Transcript:
    """`nonce_mismatch` if the new device committed to another nonce."""
    pairing_id = invitation.pairing_id
    if not hmac.compare_digest(commit(pairing_id, device.public_key, joiner_nonce), device.commitment):
        raise CryptoError("nonce_mismatch")
    said = (
        b"sealmate v1 pairing",
        invitation.secret,
        account.encode(),
        signing_public,
        device.name.encode(),
        device.public_key,
        giver_nonce,
        joiner_nonce,
    )
    return Transcript(account, pairing_id, sha256(b"".join(map(lp, said))))


def seal_keys(keys: MasterKeys, pins: Pins, *, device: JoiningDevice, transcript: Transcript) -> bytes:
    """The master key, and the highest epoch and manifest that the giver has seen."""
    content = keys.master_key + pins.statement + u32(pins.sequence) + pins.manifest
    return envelope.seal_to(device.public_key, place(transcript, keys.epoch), content)


def open_keys(sealed: bytes, pair: xwing.KeyPair, transcript: Transcript) -> tuple[bytes, Pins]:
    """The master key and the giver's pins. Nothing is proved of them yet but that who sealed them knows the invitation."""
    epoch = envelope.read_epoch(sealed)
    content = envelope.open_sealed(pair, place(transcript, epoch), sealed)
    master_key, rest = content[:KEY_BYTES], content[KEY_BYTES:]
    statement, number, manifest = rest[:_HASH_BYTES], rest[_HASH_BYTES:][:4], rest[_HASH_BYTES + 4 :]
    sequence = int.from_bytes(number, "big")
    if len(number) != 4 or len(manifest) != (_HASH_BYTES if sequence else 0):
        raise CryptoError("bad_content")
    return master_key, Pins(epoch, statement, sequence, manifest)


def place(transcript: Transcript, epoch: int) -> Place:
    return Place(
        Namespace.PAIRING,
        transcript.account,
        scope="pairing",
        record=transcript.pairing_id,
        epoch=epoch,
        parent=transcript.digest,
    )
