"""An account's devices, told apart by their keys: the first sign-in of a new one is told to its owner, by mail and on all others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts.answers import NewDevice, NewDevices
from sealmate.accounts.notices import Notices
from sealmate.accounts.records import Account, SeenDevice, Session
from sealmate.accounts.sessions import Sessions
from sealmate.accounts.stores import DeviceStore, SessionConnections
from sealmate.events import DeviceSignedIn
from sealmate.ports import Clock, Push

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Devices:
    """A device's row is written in the transaction that begins its session, so it is asked for before: see `is_new`."""

    clock: Clock
    store: DeviceStore
    sessions: Sessions
    notices: Notices
    connections: Callable[[], SessionConnections]
    push: Callable[[], Push]

    def is_new(self, session: Session) -> bool:
        """Of a session that is about to begin."""
        return self.store.get(session.account_id, session.device_key) is None

    def announce(self, account: Account, session: Session) -> None:
        """The device is signed in, so nothing here may tell it otherwise; the notice waits in its row in any case."""
        self.notices.tell(account, "device_added", place=session.place)
        told = DeviceSignedIn(device_id=session.device_key, device=session.device, place=session.place or None)
        for opened in self.connections().of_account(account.account_id):
            if opened.session_id != session.session_id:
                try:
                    self.push().send(opened.connection_id, told)
                except (errors.ConnectionGone, errors.DeliveryFailed):
                    _log.info("gone", extra={"connection_id": opened.connection_id})

    def unanswered(self, session: Session) -> NewDevices:
        """Other devices that nobody has said yes or no to, the newest first."""
        waiting = [
            NewDevice(device_id=each.key, device=each.name, place=each.place or None, first_seen_at=each.first_seen_at)
            for each in self.store.of_account(session.account_id)
            if not each.answered and each.key != session.device_key
        ]
        return NewDevices(devices=sorted(waiting, key=lambda each: each.first_seen_at, reverse=True))

    def answer(self, session: Session, device_id: str, *, mine: bool) -> None:
        """Mine: nothing more is asked. Not mine: its sessions end, and it is new again should it come back.

        DeviceNotFound. StepUpNeeded if this device is itself one that nobody has said yes to: it must not vouch for another.
        """
        device = self.store.get(session.account_id, device_id)
        if device is None or device.key == session.device_key:
            raise errors.DeviceNotFound()
        if not mine:
            self._shut_out(device)
        elif self._may_vouch(session):
            self.store.answer(session.account_id, device_id)
        else:
            raise errors.StepUpNeeded()

    def _may_vouch(self, session: Session) -> bool:
        own = self.store.get(session.account_id, session.device_key)
        return (own is not None and own.answered) or session.proved_until > self.clock.now()

    def _shut_out(self, device: SeenDevice) -> None:
        """The row last, so that what broke off can be repeated."""
        for session in self.sessions.of_account(device.account_id):
            if session.device_key == device.key:
                self.sessions.revoke(device.account_id, session.session_id)
        self.store.forget(device.account_id, device.key)
