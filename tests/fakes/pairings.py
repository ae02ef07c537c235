"""Pairings of devices in memory; each operation happens at once or not at all."""

from __future__ import annotations

from dataclasses import replace

from sealmate.accounts.pairing import Joined, Pairing
from sealmate.accounts.records import Session
from tests.fakes.accounts import Rows, begin


class FakePairings:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def begin(self, pairing: Pairing) -> bool:
        with self._rows.lock:
            return self._rows.pairings.setdefault(pairing.pairing_id, pairing) is pairing

    def get(self, pairing_id: str) -> Pairing | None:
        return self._rows.pairings.get(pairing_id)

    def join(self, pairing_id: str, joined: Joined) -> bool:
        with self._rows.lock:
            pairing = self.get(pairing_id)
            if pairing is None or pairing.joined not in (None, joined):
                return False
            return self._keep(replace(pairing, joined=joined))

    def answer(self, pairing_id: str, *, nonce: bytes) -> bool:
        with self._rows.lock:
            pairing = self.get(pairing_id)
            if pairing is None or pairing.joined is None or pairing.giver_nonce not in (None, nonce):
                return False
            return self._keep(replace(pairing, giver_nonce=nonce))

    def reveal(self, pairing_id: str, *, nonce: bytes) -> bool:
        with self._rows.lock:
            pairing = self.get(pairing_id)
            if pairing is None or pairing.giver_nonce is None or pairing.joiner_nonce not in (None, nonce):
                return False
            return self._keep(replace(pairing, joiner_nonce=nonce))

    def give(self, pairing_id: str, *, sealed: bytes, epoch: int) -> bool:
        with self._rows.lock:
            pairing = self.get(pairing_id)
            if pairing is None or pairing.joiner_nonce is None or pairing.sealed not in (None, sealed):
                return False
            return self._keep(replace(pairing, sealed=sealed, epoch=epoch))

    def admit(self, session: Session, *, pairing: Pairing) -> bool:
        rows = self._rows
        with rows.lock:
            stored, account = self.get(pairing.pairing_id), rows.accounts.get(pairing.account_id)
            if stored is None or stored.finished or stored.sealed is None or stored.sealed != pairing.sealed:
                return False
            if (pairing.account_id, pairing.session_id) not in rows.sessions:
                return False
            if account is None or account.statement.epoch != pairing.epoch:
                return False
            begin(rows, session, answered=True)
            return self._keep(replace(stored, finished=True))

    def end(self, pairing_id: str) -> None:
        self._rows.pairings.pop(pairing_id, None)

    def _keep(self, pairing: Pairing) -> bool:
        self._rows.pairings[pairing.pairing_id] = pairing
        return True
