"""A pairing as the new device walks it: joined by whoever comes first, then its nonce, then the keys and a session of its own.

It has no session until then; a secret that it made itself shows that it is the one that joined.
"""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts import proofs
from sealmate.accounts.answers import WrappedKeys, wrapped_keys
from sealmate.accounts.notices import Notices
from sealmate.accounts.owner import account_of
from sealmate.accounts.pairing import Joined, Pairing, Pairings
from sealmate.accounts.pairing_shapes import JoinPairing, PairingJoined, PairingLooked
from sealmate.accounts.records import Device
from sealmate.accounts.sessions import Issued, Sessions
from sealmate.accounts.stores import AccountStore
from sealmate.accounts.whole_keys import read_whole
from sealmate.ports import Clock


@dataclass(frozen=True, kw_only=True)
class TakingKeys:
    clock: Clock
    accounts: AccountStore
    pairings: Pairings
    sessions: Sessions
    notices: Notices

    def join(self, body: JoinPairing) -> PairingJoined:
        """Safe to repeat. PairingOver, PairingTaken."""
        pairing = self._under_way(body.pairing_id)
        joined = Joined(
            device=body.device,
            public_key=body.public_key,
            commitment=body.commitment,
            claim_hash=proofs.sha256(body.claim),
        )
        if not self.pairings.join(body.pairing_id, joined):
            raise errors.PairingTaken()
        account = account_of(self.accounts, pairing.account_id)
        return PairingJoined(
            account_id=account.account_id,
            signing_public_key=account.signing_public,
            expires_at=pairing.expires_at,
        )

    def look(self, *, pairing_id: str, claim: bytes) -> PairingLooked:
        """PairingOver."""
        pairing = self._mine(pairing_id, claim)
        return PairingLooked(nonce=pairing.giver_nonce, sealed=pairing.sealed)

    def reveal(self, *, pairing_id: str, claim: bytes, nonce: bytes) -> None:
        """Safe to repeat. PairingOver, also before the other device has answered."""
        self._mine(pairing_id, claim)
        if not self.pairings.reveal(pairing_id, nonce=nonce):
            raise errors.PairingOver()

    def finish(self, *, pairing_id: str, claim: bytes, key: str, place: str) -> tuple[Issued, WrappedKeys]:
        """Once; `key` and `place` as of any device that signs in.

        PairingOver, also if nothing was given, or the account's keys were turned since.
        """
        pairing = self._mine(pairing_id, claim)
        if pairing.sealed is None or pairing.joined is None:
            raise errors.PairingOver()
        device = Device(key=key, name=pairing.joined.device, place=place)
        issued = self.sessions.make(account_id=pairing.account_id, device=device)
        if not self.pairings.admit(issued.session, pairing=pairing):
            raise errors.PairingOver()
        whole = read_whole(self.accounts, pairing.account_id)
        self.notices.tell(whole.account, "device_paired", place=place)
        return issued, wrapped_keys(whole.account, whole.methods)

    def _mine(self, pairing_id: str, claim: bytes) -> Pairing:
        pairing = self._under_way(pairing_id)
        if pairing.joined is None or not proofs.matches(proofs.sha256(claim), pairing.joined.claim_hash):
            raise errors.PairingOver()
        return pairing

    def _under_way(self, pairing_id: str) -> Pairing:
        pairing = self.pairings.get(pairing_id)
        if pairing is None or pairing.expires_at <= self.clock.now() or pairing.finished:
            raise errors.PairingOver()
        return pairing
