"""The mailbox through which a signed-in device gives a new one the account's keys: what is kept of it, and where.

The server passes on what the two say and can open none of it (docs/decisions/0016-pairing.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sealmate.accounts.records import Session


@dataclass(frozen=True, kw_only=True)
class Joined:
    """The new device. `claim_hash` is of a secret of its own, so that nobody else goes on in its place."""

    device: str
    public_key: bytes
    commitment: bytes
    claim_hash: bytes


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """Of the session that began it. Each part comes once, in this order; `epoch`: of the account when the keys were sealed."""

    pairing_id: str
    account_id: str
    session_id: str
    expires_at: int
    joined: Joined | None = None
    giver_nonce: bytes | None = None
    joiner_nonce: bytes | None = None
    sealed: bytes | None = None
    epoch: int = 0
    finished: bool = False


class Pairings(Protocol):
    """Each part is written once: False if another one is there, or the part before it is missing. Repeating the same is fine."""

    def begin(self, pairing: Pairing) -> bool:
        """False if there is one of this id already."""

    def get(self, pairing_id: str) -> Pairing | None: ...

    def join(self, pairing_id: str, joined: Joined) -> bool:
        """The device that comes first stays the one."""

    def answer(self, pairing_id: str, *, nonce: bytes) -> bool:
        """The giver's nonce, after the new device has committed to its own."""

    def reveal(self, pairing_id: str, *, nonce: bytes) -> bool:
        """The new device's nonce, after the giver's."""

    def give(self, pairing_id: str, *, sealed: bytes, epoch: int) -> bool: ...

    def admit(self, session: Session, *, pairing: Pairing) -> bool:
        """Ends the pairing, begins the new device's session and notes the device as the owner's, in one transaction.

        False: it was ended before, the giver's session is over, or the account is at another epoch or gone.
        """

    def end(self, pairing_id: str) -> None: ...
