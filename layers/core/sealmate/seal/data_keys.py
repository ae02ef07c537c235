"""What the server must read again, sealed under KMS data keys: `u16(length) ‖ data key's ciphertext ‖ envelope` (docs/formats.md)."""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.ports import DataKey, KeyService, Random
from sealmate.seal.envelope import Address, Namespace, seal, unseal


def context(purpose: str, owner: str) -> dict[str, str]:
    """KMS's encryption context: it is checked by KMS and shown in its audit log, so it holds ids only."""
    return {"app": "sealmate", "purpose": purpose, "owner": owner}


@dataclass(frozen=True, kw_only=True)
class DataKeySeal:
    """One data key a blob, for what is written seldom: e-mail addresses, TOTP seeds, provider keys, caches."""

    keys: KeyService
    random: Random

    def seal(self, content: bytes, *, purpose: str, owner: str) -> bytes:
        key = self.keys.make_data_key(context(purpose, owner))
        return seal_with(key, content, purpose=purpose, owner=owner, random=self.random)

    def open(self, blob: bytes, *, purpose: str, owner: str) -> bytes:
        sealed_key, envelope = split(blob)
        plain = self.keys.open_data_key(sealed_key, context(purpose, owner))
        return open_with(plain, envelope, purpose=purpose, owner=owner)


def seal_with(key: DataKey, content: bytes, *, purpose: str, owner: str, random: Random) -> bytes:
    """A blob under a data key that is at hand, so that many records cost one call to KMS."""
    envelope = seal(
        key.plain,
        content,
        namespace=Namespace.AT_REST,
        epoch=1,
        address=Address(account=owner, scope=purpose, record=owner),
        random=random.bytes,
    )
    return len(key.sealed).to_bytes(2, "big") + key.sealed + envelope


def open_with(plain_key: bytes, envelope: bytes, *, purpose: str, owner: str) -> bytes:
    address = Address(account=owner, scope=purpose, record=owner)
    return unseal(plain_key, envelope, namespace=Namespace.AT_REST, address=address)


def split(blob: bytes) -> tuple[bytes, bytes]:
    """A blob's sealed data key and its envelope."""
    size = int.from_bytes(blob[:2], "big")
    if len(blob) < 2 + size or not size:
        raise errors.SealBroken(reason="cut")
    return blob[2 : 2 + size], blob[2 + size :]


@dataclass(frozen=True, kw_only=True)
class TurnKey:
    """The one data key of a turn: everything of it that is in flight is sealed under this, so it costs one call a function."""

    key: DataKey
    turn_id: str
    random: Random

    def seal(self, content: bytes, *, part: str) -> bytes:
        return seal_with(self.key, content, purpose=part, owner=self.turn_id, random=self.random)

    def open(self, blob: bytes, *, part: str) -> bytes:
        """A blob of this turn; one of another turn, or another part, doesn't open."""
        return open_with(self.key.plain, split(blob)[1], purpose=part, owner=self.turn_id)


def make_turn_key(turn_id: str, *, keys: KeyService, random: Random) -> TurnKey:
    return TurnKey(key=keys.make_data_key(context("turn", turn_id)), turn_id=turn_id, random=random)


def turn_key_of(blob: bytes, turn_id: str, *, keys: KeyService, random: Random) -> TurnKey:
    """The key that a blob of this turn was sealed under."""
    sealed, _ = split(blob)
    plain = keys.open_data_key(sealed, context("turn", turn_id))
    return TurnKey(key=DataKey(plain=plain, sealed=sealed), turn_id=turn_id, random=random)
