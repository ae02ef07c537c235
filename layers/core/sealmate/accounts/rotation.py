"""What a rotation of the master key works on: lease, staged wraps, manifest, link; and the store that keeps them.

Every write is conditional: docs/decisions/0013-rotation.md says which condition guards which step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sealmate.accounts.records import Account, App, Link, Manifest, Method, Session

Wraps = Mapping[int, bytes]
"""A chat's keys by generation, each an envelope under one master key."""


@dataclass(frozen=True, kw_only=True)
class StagedMethod:
    """What replaces a method's `master` and `public` at the flip."""

    master: bytes
    public: bytes


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to stage the epoch after `epoch`, and what was staged beside the chats."""

    account_id: str
    lease_id: str
    epoch: int
    session_id: str
    expires_at: int
    methods: Mapping[str, StagedMethod] = field(default_factory=dict)
    apps: Mapping[str, bytes] = field(default_factory=dict)
    signing: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class ChatWraps:
    """A chat's row as a rotation sees it. `lease_id`: whose `staged` are, for which epoch."""

    chat_id: str
    keys: Wraps
    staged: Wraps
    staged_epoch: int = 0
    lease_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Flip:
    """All that becomes true in one transaction. `before`: the account as it was read; `ring`: the key ring's revision that was staged."""

    before: Account
    lease: Lease
    ring: int
    signing: bytes
    manifest: Manifest
    link: Link


@dataclass(frozen=True, kw_only=True)
class Secure:
    """All that becomes true in one transaction when an account is secured. `methods`, `apps`: all there are from then on."""

    before: Account
    after: Account
    lease: Lease
    ring: int
    session: Session
    methods: tuple[Method, ...]
    apps: tuple[App, ...]
    backup_macs: tuple[bytes, ...]


class SecuringStore(Protocol):
    def secure(self, secure: Secure, *, now: int) -> bool:
        """One transaction: account, methods, apps and backup codes anew, no link, no other session (beyond what it can hold: after it).

        False if epoch, manifest, key ring, a method, an app (which must have the revision before) or the lease changed meanwhile, or the
        session has ended; then nothing is other.
        """


class RotationStore(Protocol):
    """Reads are strongly consistent."""

    def lease(self, account_id: str) -> Lease | None: ...

    def take(self, lease: Lease, *, now: int) -> bool:
        """False while another session's lease lives; the own one is replaced, so that what it still stages is refused."""

    def extend(self, lease: Lease, *, expires_at: int, now: int) -> bool:
        """False if the lease is over."""

    def ring(self, account_id: str) -> int:
        """The key ring's revision: raised by whatever begins a chat."""

    def chats(self, account_id: str, *, cursor: str | None, limit: int) -> tuple[list[ChatWraps], str | None]:
        """All that aren't deleted, by id."""

    def stage_chats(self, lease: Lease, chats: Mapping[str, Wraps], *, now: int) -> bool:
        """Puts wraps of the next epoch beside the present ones; a chat that is gone is left out. False if the lease is over.

        What an earlier rotation staged for the present epoch takes the place of what was under the epoch before.
        """

    def stage_account(
        self,
        lease: Lease,
        methods: Mapping[str, StagedMethod],
        signing: bytes,
        *,
        apps: Mapping[str, bytes],
        now: int,
    ) -> bool:
        """`apps`: their keys by name. False if the lease is over."""

    def flip(self, flip: Flip, *, now: int) -> bool:
        """One transaction; False, and nothing is other, if epoch, manifest, key ring, a method, an app or the lease changed meanwhile."""

    def put_manifest(self, account: Account, manifest: Manifest) -> bool:
        """False if epoch or manifest aren't those of `account` any more, or a method was added or replaced since it was read."""

    def acknowledge(self, account_id: str, epoch: int, session_id: str) -> Link | None:
        """Notes that a session has followed the link to this epoch; None if none leads there (any more)."""

    def tidy(self, account_id: str, epoch: int, *, limit: int) -> None:
        """Drops wraps of former epochs from so many chats at most that have one of this."""
