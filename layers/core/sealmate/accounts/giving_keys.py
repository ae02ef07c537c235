"""A pairing as the signed-in device walks it: begun, answered once somebody has joined, given after a proof, or ended.

The codes that people compare follow from what both devices said; the server can't tell whether they are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts import tries
from sealmate.accounts.owner import account_of
from sealmate.accounts.pairing import Pairing, Pairings
from sealmate.accounts.pairing_shapes import JoinedDevice, PairingShown, PairingStarted
from sealmate.accounts.records import Session
from sealmate.accounts.stores import AccountStore, TryStore
from sealmate.ports import Clock
from sealmate.seal.envelope import Header, Namespace, digest

LIFETIME = 600
_KEY_ID = 8


@dataclass(frozen=True, kw_only=True)
class GivingKeys:
    """Every step is for the session that began the pairing; to any other it doesn't exist."""

    clock: Clock
    accounts: AccountStore
    counters: TryStore
    pairings: Pairings

    def start(self, session: Session, *, pairing_id: str) -> PairingStarted:
        """Safe to repeat. TooManyTries; PairingOver if another session has one of this id."""
        known = self.pairings.get(pairing_id)
        if known is None:
            tries.count_try(session.account_id, policy=tries.PAIRINGS, counters=self.counters, clock=self.clock)
            made = Pairing(
                pairing_id=pairing_id,
                account_id=session.account_id,
                session_id=session.session_id,
                expires_at=self.clock.now() + LIFETIME,
            )
            if self.pairings.begin(made):
                return PairingStarted(expires_at=made.expires_at)
        return PairingStarted(expires_at=self._of(session, pairing_id).expires_at)

    def show(self, session: Session, *, pairing_id: str) -> PairingShown:
        """PairingOver."""
        pairing = self._of(session, pairing_id)
        joined = pairing.joined
        return PairingShown(
            expires_at=pairing.expires_at,
            joined=joined
            and JoinedDevice(device=joined.device, public_key=joined.public_key, commitment=joined.commitment),
            nonce=pairing.joiner_nonce,
            finished=pairing.finished,
        )

    def answer(self, session: Session, *, pairing_id: str, nonce: bytes) -> None:
        """PairingOver, also before anybody has joined."""
        self._of(session, pairing_id)
        if not self.pairings.answer(pairing_id, nonce=nonce):
            raise errors.PairingOver()

    def give(self, session: Session, *, pairing_id: str, sealed: bytes) -> None:
        """Takes a session that was proved lately; the edge asks for that. PairingOver, InvalidKeys."""
        pairing, account = self._of(session, pairing_id), account_of(self.accounts, session.account_id)
        if pairing.joined is None or pairing.joiner_nonce is None:
            raise errors.PairingOver()
        epoch = account.statement.epoch
        _check_sealed(sealed, public_key=pairing.joined.public_key, epoch=epoch)
        if not self.pairings.give(pairing_id, sealed=sealed, epoch=epoch):
            raise errors.PairingOver()

    def end(self, session: Session, *, pairing_id: str) -> None:
        """Safe to repeat."""
        pairing = self.pairings.get(pairing_id)
        if pairing is not None and _begun_by(session, pairing):
            self.pairings.end(pairing_id)

    def _of(self, session: Session, pairing_id: str) -> Pairing:
        pairing = self.pairings.get(pairing_id)
        if pairing is None or pairing.expires_at <= self.clock.now() or not _begun_by(session, pairing):
            raise errors.PairingOver()
        return pairing


def _begun_by(session: Session, pairing: Pairing) -> bool:
    return (pairing.account_id, pairing.session_id) == (session.account_id, session.session_id)


def _check_sealed(sealed: bytes, *, public_key: bytes, epoch: int) -> None:
    """What can be checked without opening it: an envelope of the account's epoch, to the very device that joined."""
    try:
        header = Header.parse(sealed)
    except errors.SealBroken:
        raise errors.InvalidKeys(part="sealed") from None
    found = (header.namespace, header.key_id, header.epoch)
    if found != (Namespace.PAIRING, digest(public_key)[:_KEY_ID], epoch):
        raise errors.InvalidKeys(part="sealed")
