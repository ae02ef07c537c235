"""Sessions: begun at sign-in, checked at every request, rotated, revoked.

A secret is 16 bytes and their 16-byte tag under the session's `lineage`, so one that was ever issued is known without
keeping all of them: should it come back after its time, somebody holds a copy, and the session ends. Each secret
follows from the one before by the key service alone, so that a rotation whose reply was lost, or that two tabs ask for
at once, can be repeated.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from sealmate import errors
from sealmate.accounts import proofs
from sealmate.accounts.device_proofs import DeviceProofs
from sealmate.accounts.records import Device, Session
from sealmate.accounts.stores import SessionConnections, SessionStore
from sealmate.accounts.transport import LIFETIME, HttpRequest, Presented, Token, presented
from sealmate.ports import Clock, KeyService, Push, Random

_ROTATE_AFTER = 3600
# A token that its device hasn't renewed for so long after it was due opens nothing: a copy of it dies with it.
_OVERDUE = 3600
_GRACE = 60
_SEEN_EVERY = 3600
_HALF = 16


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A session with the token that opens it, which is nowhere stored."""

    session: Session
    token: str


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """What only rotating and revoking need comes as functions, so that checking a request builds nothing else."""

    clock: Clock
    random: Random
    keys: Callable[[], KeyService]
    store: SessionStore
    connections: Callable[[], SessionConnections]
    push: Callable[[], Push]
    origins: tuple[str, ...]

    def make(self, *, account_id: str, device: Device) -> Issued:
        """A new session, for the caller to store in the transaction that signs in."""
        now, lineage = self.clock.now(), self.random.bytes(32)
        secret = _secret(self.random.bytes(_HALF), lineage)
        session = Session(
            account_id=account_id,
            session_id=self.random.uuid(),
            device=device.name,
            created_at=now,
            last_seen_at=now,
            rotate_at=now + _ROTATE_AFTER,
            expires_at=now + LIFETIME,
            lineage=lineage,
            secret_hash=proofs.sha256(secret),
            device_key=device.key,
            place=device.place,
        )
        return _issued(session, secret)

    def authenticate(self, request: HttpRequest | None) -> Session:
        """Whose request this is. NotSignedIn, RenewalDue; ForeignOrigin."""
        session = self._check(presented(request, origins=self.origins))
        if self.clock.now() >= session.rotate_at + _OVERDUE:
            raise errors.RenewalDue()
        return session

    def signed(self, request: HttpRequest | None) -> Session:
        """As `authenticate`, for what a copied token must not do: its device signed this very request (device_proofs.py)."""
        session = self.authenticate(request)
        self._device_proofs().check(request, session)
        return session

    def proved(self, request: HttpRequest | None) -> Session:
        """As `signed`, for what changes the ways in: StepUpNeeded if nothing was proved lately (stepping_up.py)."""
        if self.authenticate(request).proved_until <= self.clock.now():
            raise errors.StepUpNeeded()
        return self.signed(request)

    def renewable(self, request: HttpRequest | None) -> Session:
        """As `authenticate`, also for a token that is good for nothing but being renewed."""
        return self._check(presented(request, origins=self.origins))

    def next_nonce(self, session: Session) -> str:
        """What its device may sign with a request, before it is told to."""
        return self._device_proofs().make_nonce(session)

    def rotate(self, request: HttpRequest | None) -> tuple[Issued, bool]:
        """The session with its new token, and whether it travels as a cookie; for its own device, so that a copied token ends soon."""
        shown = presented(request, origins=self.origins)
        session, secret, now = self._check(shown), shown.token.secret, self.clock.now()
        self._device_proofs().check(request, session)
        if now < session.previous_until:
            current = proofs.matches(proofs.sha256(secret), session.secret_hash)
            return _issued(session, secret if current else self._next(session, secret)), shown.by_cookie
        new = self._next(session, secret)
        rotated = replace(
            session,
            secret_hash=proofs.sha256(new),
            previous_hash=session.secret_hash,
            previous_until=now + _GRACE,
            rotate_at=now + _ROTATE_AFTER,
            expires_at=now + LIFETIME,
        )
        # Losing to another rotation is fine, as both make the same secret; losing to a revocation is not.
        if not self.store.rotate(rotated, expected_hash=session.secret_hash) and not self._stored(shown.token):
            raise errors.NotSignedIn()
        return _issued(rotated, new), shown.by_cookie

    def of_account(self, account_id: str) -> list[Session]:
        """Those that haven't expired, the one seen last first."""
        now = self.clock.now()
        alive = (s for s in self.store.of_account(account_id) if s.expires_at > now)
        return sorted(alive, key=lambda s: (s.last_seen_at, s.session_id), reverse=True)

    def log_out(self, request: HttpRequest | None) -> None:
        """Ends the session a request shows. NotSignedIn, ForeignOrigin; one that has ended is ended again, as a repetition may be.

        That needs no proof: without its row a session may have no WebSockets, whoever says so.
        """
        token = presented(request, origins=self.origins).token
        if self._stored(token) is not None:
            self._check(presented(request, origins=self.origins))
        self.revoke(token.account_id, token.session_id)

    def revoke(self, account_id: str, session_id: str) -> None:
        """Ends a session and closes its WebSockets; its tickets die with it, as redeeming one looks for the session.

        Safe to repeat, also after it broke off. WebSockets go first, so that whoever holds nothing but the session's own
        token can repeat it, and once more after the row: one that opens later finds no session.
        """
        self._close(self.connections().of_session(account_id, session_id))
        self.store.delete(account_id, session_id)
        self._close(self.connections().of_session(account_id, session_id))

    def revoke_others(self, session: Session) -> None:
        """Ends all of the account's sessions but this one, and closes their WebSockets. Safe to repeat."""
        for other in self.store.of_account(session.account_id):
            if other.session_id != session.session_id:
                self.store.delete(other.account_id, other.session_id)
        opened = self.connections().of_account(session.account_id)
        self._close([each.connection_id for each in opened if each.session_id != session.session_id])

    def revoke_all(self, account_id: str) -> None:
        """Ends all sessions of an account whose unlock methods are gone, so that no new one can begin. Safe to repeat."""
        for session in self.store.of_account(account_id):
            self.store.delete(account_id, session.session_id)
        self._close([opened.connection_id for opened in self.connections().of_account(account_id)])

    def _close(self, opened: list[str]) -> None:
        for connection_id in opened:
            self.connections().remove(connection_id)
        for connection_id in opened:
            # Without its row a connection can neither act nor hear, so one that can't be reached does no harm.
            with suppress(errors.DeliveryFailed):
                self.push().close(connection_id)

    def _check(self, shown: Presented) -> Session:
        now, given = self.clock.now(), proofs.sha256(shown.token.secret)
        session = self._stored(shown.token)
        if session is None or session.expires_at <= now:
            raise errors.NotSignedIn()
        in_grace = now < session.previous_until and proofs.matches(given, session.previous_hash)
        if not (proofs.matches(given, session.secret_hash) or in_grace):
            if _was_issued(shown.token.secret, session.lineage):
                self.revoke(session.account_id, session.session_id)
            raise errors.NotSignedIn()
        if now - session.last_seen_at >= _SEEN_EVERY:
            self.store.touch(session, now=now)
        return session

    def _device_proofs(self) -> DeviceProofs:
        return DeviceProofs(clock=self.clock, random=self.random, store=self.store)

    def _stored(self, token: Token) -> Session | None:
        return self.store.get(token.account_id, token.session_id)

    def _next(self, session: Session, secret: bytes) -> bytes:
        return _secret(proofs.next_nonce(session.session_id, secret, keys=self.keys()), session.lineage)


def _issued(session: Session, secret: bytes) -> Issued:
    token = Token(account_id=session.account_id, session_id=session.session_id, secret=secret)
    return Issued(session=session, token=token.encode())


def _secret(nonce: bytes, lineage: bytes) -> bytes:
    return nonce + hmac.digest(lineage, nonce, "sha256")[:_HALF]


def _was_issued(secret: bytes, lineage: bytes) -> bool:
    return hmac.compare_digest(secret, _secret(secret[:_HALF], lineage))
