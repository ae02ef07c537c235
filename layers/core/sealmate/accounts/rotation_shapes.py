"""What travels about rotations and the account manifest, both ways; docs/protocol.md explains each."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sealmate.accounts.app_shapes import AppKeyEnvelope, AppName
from sealmate.accounts.manifest_shapes import Number, SignedManifest
from sealmate.accounts.records import Link
from sealmate.accounts.requests import EpochStatement, SigningKey, UnlockMaster, UnlockPublic
from sealmate.accounts.rotation import ChatWraps
from sealmate.model import Bytes, Shape, Uuid
from sealmate.turns.replies import ChatKey

# As many as fit into one transaction beside the lease, with their rows of many generations.
CHATS_AT_ONCE = 50

Revision = Annotated[int, Field(ge=0, lt=2**53, strict=True)]
# A master key, or a device key, in an envelope.
SealedKey = Annotated[Bytes, Field(min_length=175, max_length=175)]


class TakeLease(Shape):
    """`lease_id`: the one to go on with, longer and with the ring as it is now."""

    expected_epoch: Number
    lease_id: Uuid | None = None


class LeaseTaken(Shape):
    lease_id: str
    epoch: int
    ring: int
    expires_at: int


class WrappedAnew(Shape):
    generation: Number
    envelope: SealedKey


class StagedChat(Shape):
    chat_id: Uuid
    keys: Annotated[list[WrappedAnew], Field(min_length=1, max_length=200)]


class MethodAnew(Shape):
    method_id: Uuid
    master: UnlockMaster
    public: UnlockPublic


class EpochLink(Shape):
    """From the epoch before `statement.epoch` to it; without `forward` nobody is led there.

    `former`, told only if asked for: the methods as they were in the epoch before.
    """

    statement: EpochStatement
    forward: SealedKey | None = None
    device: SealedKey
    former: tuple[MethodAnew, ...] | None = None

    @classmethod
    def of(cls, link: Link, *, former: bool) -> EpochLink:
        return cls(
            statement=EpochStatement(**vars(link.statement)),
            forward=link.forward,
            device=link.device,
            former=tuple(MethodAnew(**vars(method)) for method in link.former) if former else None,
        )


class AppAnew(Shape):
    app: AppName
    key: AppKeyEnvelope


class AccountAnew(Shape):
    """All methods at once, with the signing key and the apps' keys."""

    methods: Annotated[list[MethodAnew], Field(min_length=1, max_length=32)]
    signing: SigningKey
    apps: Annotated[tuple[AppAnew, ...], Field(max_length=32)] = ()


class Stage(Shape):
    chats: Annotated[tuple[StagedChat, ...], Field(max_length=CHATS_AT_ONCE)] = ()
    account: AccountAnew | None = None


class ChatRing(Shape):
    """All wraps of a chat's keys, those of the present epoch and those staged; each envelope names its epoch."""

    chat_id: str
    keys: list[ChatKey]

    @classmethod
    def of(cls, chat: ChatWraps) -> ChatRing:
        wraps = [*sorted(chat.keys.items()), *sorted(chat.staged.items())]
        return cls(chat_id=chat.chat_id, keys=[ChatKey(generation=g, envelope=envelope) for g, envelope in wraps])


class StagedKeys(Shape):
    chats: list[ChatRing]
    account: AccountAnew | None
    cursor: str | None


class NewLink(Shape):
    forward: SealedKey
    device: SealedKey


class FlipRotation(Shape):
    """`ring`: the revision that was staged."""

    ring: Revision
    statement: EpochStatement
    manifest: SignedManifest
    link: NewLink


class Flipped(Shape):
    epoch: int
    rotation_due_at: int


class PutManifest(Shape):
    manifest: SignedManifest


class Acknowledge(Shape):
    epoch: Number
