"""The accounts' stores in memory. Each operation happens at once or not at all, as a conditional write does."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from sealmate.accounts.overdue import Overdue
from sealmate.accounts.pairing import Pairing
from sealmate.accounts.receipts import Receipt
from sealmate.accounts.records import (
    GRANTED_AGAIN_AFTER,
    Account,
    App,
    Challenge,
    EmailChange,
    Erasure,
    Grant,
    Link,
    Login,
    Method,
    NewAccount,
    PendingTotp,
    SecondFactor,
    SeenDevice,
    Session,
    SignUp,
    Ticket,
    Tries,
)
from sealmate.accounts.resets import Reset, ResetRequest
from sealmate.accounts.rotation import Lease
from sealmate.billing.ports import Wallet


@dataclass(kw_only=True)
class Rows:
    """What the tables hold, shared by the stores below."""

    emails: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    methods: dict[str, list[Method]] = field(default_factory=dict)
    backups: set[tuple[str, bytes]] = field(default_factory=set)
    leases: dict[str, Lease] = field(default_factory=dict)
    links: dict[tuple[str, int], Link] = field(default_factory=dict)
    apps: dict[tuple[str, str], App] = field(default_factory=dict)
    grants: dict[str, Grant | None] = field(default_factory=dict)
    granted: dict[str, int] = field(default_factory=dict)
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict)
    sign_ups: dict[str, SignUp] = field(default_factory=dict)
    logins: dict[str, Login] = field(default_factory=dict)
    tries: dict[str, Tries] = field(default_factory=dict)
    devices: dict[tuple[str, str], SeenDevice] = field(default_factory=dict)
    nonces: set[tuple[str, str]] = field(default_factory=set)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    challenges: dict[str, Challenge] = field(default_factory=dict)
    pairings: dict[str, Pairing] = field(default_factory=dict)
    pending_emails: dict[str, EmailChange] = field(default_factory=dict)
    pending_totps: dict[str, PendingTotp] = field(default_factory=dict)
    reset_requests: dict[str, ResetRequest] = field(default_factory=dict)
    resets: dict[str, Reset] = field(default_factory=dict)
    overdue: dict[str, Overdue] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    erasing: dict[str, Erasure] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)


def ends(rows: Rows, login: Login) -> bool:
    """Whether a login is as it was, and the method that proved it is there."""
    stored = rows.logins.get(login.login_id)
    known = {method.method_id for method in rows.methods.get(login.account_id, [])}
    return stored is not None and stored.proved_by == login.proved_by and login.proved_by in known


def begin(rows: Rows, session: Session, *, answered: bool = False) -> None:
    """A session and its device; one that is known stays as it was answered. A reset is over: not everything is lost."""
    rows.resets.pop(session.account_id, None)
    rows.sessions[session.account_id, session.session_id] = session
    key = (session.account_id, session.device_key)
    known = rows.devices.get(key)
    rows.devices[key] = SeenDevice(
        account_id=session.account_id,
        key=session.device_key,
        name=session.device,
        place=session.place,
        first_seen_at=known.first_seen_at if known else session.created_at,
        answered=answered or (known is not None and known.answered),
    )


def under_way(rows: Rows, reset: Reset) -> bool:
    """Whether a reset is as it was read: not stopped, and no mail was sent since."""
    stored = rows.resets.get(reset.account_id)
    return stored is not None and (stored.reset_id, stored.mailed) == (reset.reset_id, reset.mailed)


def turned(account_id: str, at: int) -> Overdue:
    """From then on an account's key is waited for."""
    return Overdue(account_id=account_id, step="rotation", at=at)


def _replayed(factor: SecondFactor, account: Account) -> bool:
    """Or of an authenticator that was replaced."""
    if factor.totp_step is None:
        return False
    return account.totp_step >= factor.totp_step or account.totp_sealed != factor.totp_sealed


class _Store:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows


class FakeAccounts(_Store):
    def id_of(self, email_key: str) -> str | None:
        return self._rows.emails.get(email_key)

    def get(self, account_id: str) -> Account | None:
        return self._rows.accounts.get(account_id)

    def methods(self, account_id: str) -> list[Method]:
        return sorted(self._rows.methods.get(account_id, []), key=lambda method: method.method_id)

    def stand_in(self, account_id: str, methods: list[Method]) -> None:
        self._rows.methods[account_id] = methods

    def links(self, account_id: str) -> list[Link]:
        return [link for (owner, _), link in sorted(self._rows.links.items()) if owner == account_id]

    def apps(self, account_id: str) -> list[App]:
        return [app for (owner, _), app in sorted(self._rows.apps.items()) if owner == account_id]

    def granted_before(self, email_key: str, *, now: int) -> bool:
        return self._rows.granted.get(email_key, 0) > now

    def create(self, new: NewAccount, *, sign_up: SignUp) -> bool:
        rows, account = self._rows, new.account
        with rows.lock:
            stored = rows.sign_ups.get(sign_up.signup_id)
            taken = account.email_key in rows.emails or account.account_id in rows.accounts
            if new.grant is not None and self.granted_before(account.email_key, now=account.created_at):
                return False
            if stored is None or stored.token_hash is None or stored.token_hash != sign_up.token_hash or taken:
                return False
            del rows.sign_ups[sign_up.signup_id]
            rows.emails[account.email_key] = account.account_id
            rows.accounts[account.account_id] = account
            rows.methods[account.account_id] = list(new.methods)
            rows.backups |= {(account.account_id, mac) for mac in new.backup_macs}
            rows.overdue[account.account_id] = turned(account.account_id, account.created_at)
            rows.grants[account.account_id] = new.grant
            begin(rows, new.session, answered=True)
            return True

    def admit(self, session: Session, *, login: Login, factor: SecondFactor) -> bool:
        rows = self._rows
        with rows.lock:
            if not ends(rows, login) or not self._spend(factor, session.account_id):
                return False
            del rows.logins[login.login_id]
            begin(rows, session)
            return True

    def prove(self, session: Session, *, factor: SecondFactor, until: int) -> bool:
        rows, key = self._rows, (session.account_id, session.session_id)
        with rows.lock:
            if key not in rows.sessions or not self._spend(factor, session.account_id):
                return False
            rows.sessions[key] = replace(rows.sessions[key], proved_until=until)
            return True

    def _spend(self, factor: SecondFactor, account_id: str) -> bool:
        """Last of the conditions of a write, as it changes something."""
        rows, account = self._rows, self._rows.accounts.get(account_id)
        if account is None:
            return False
        replayed = _replayed(factor, account)
        spent = factor.backup_mac is not None and (account_id, factor.backup_mac) not in rows.backups
        if replayed or spent:
            return False
        if factor.totp_step is not None:
            rows.accounts[account_id] = replace(account, totp_step=factor.totp_step)
        if factor.backup_mac is not None:
            rows.backups.discard((account_id, factor.backup_mac))
        return True

    def shred(
        self, account: Account, *, factor: SecondFactor, now: int, erasure_id: str, reset: Reset | None = None
    ) -> bool:
        rows, account_id = self._rows, account.account_id
        with rows.lock:
            stored = rows.accounts.get(account_id)
            replayed = stored and _replayed(factor, stored)
            spent = factor.backup_mac is not None and (account_id, factor.backup_mac) not in rows.backups
            stopped = reset is not None and not under_way(rows, reset)
            if stored is None or replayed or spent or stopped:
                return False
            rows.receipts[erasure_id] = self._receipt(account_id, erasure_id, now)
            rows.granted[account.email_key] = now + GRANTED_AGAIN_AFTER
            del rows.accounts[account_id], rows.emails[account.email_key], rows.methods[account_id]
            rows.backups = {each for each in rows.backups if each[0] != account_id}
            rows.leases.pop(account_id, None)
            rows.resets.pop(account_id, None)
            rows.overdue.pop(account_id, None)
            rows.apps = {key: app for key, app in rows.apps.items() if key[0] != account_id}
            rows.links = {key: link for key, link in rows.links.items() if key[0] != account_id}
            rows.sessions = {key: session for key, session in rows.sessions.items() if key[0] != account_id}
            rows.erasing[account_id] = Erasure(
                account_id=account_id, erasure_id=erasure_id, shredded_at=now, email_sealed=account.email_sealed
            )
            return True

    def _receipt(self, account_id: str, erasure_id: str, now: int) -> Receipt:
        rows = self._rows
        counted = {
            "ways_in": len(rows.methods[account_id]),
            "backup_codes": sum(owner == account_id for owner, _ in rows.backups),
            "sessions": sum(owner == account_id for owner, _ in rows.sessions),
            "other": 2 + sum(owner == account_id for owner, _ in [*rows.links, *rows.apps]),
        }
        deleted = {kind: count for kind, count in counted.items() if count}
        return Receipt(erasure_id=erasure_id, requested_at=now, deleted=deleted)


class FakeRemains(_Store):
    """`left`: how many messages each account has left; a batch is ten of them. `books`: rows of the ledger."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows)
        self.left: dict[str, int] = {}
        self.books: dict[str, int] = {}
        self._claimed: dict[str, int] = {}

    def pending(self) -> list[str]:
        return sorted(self._rows.erasing)

    def erasure(self, account_id: str) -> Erasure | None:
        return self._rows.erasing.get(account_id)

    def erase_some(self, erasure: Erasure) -> int:
        account_id = erasure.account_id
        batch = min(10, self.left.get(account_id, 0))
        self.left[account_id] = self.left.get(account_id, 0) - batch
        receipt = self._rows.receipts.get(erasure.erasure_id)
        if receipt and batch:
            deleted = {**receipt.deleted, "messages": receipt.deleted.get("messages", 0) + batch}
            self._rows.receipts[erasure.erasure_id] = replace(receipt, deleted=deleted)
        return batch

    def kept(self, account_id: str) -> int:
        return self.books.get(account_id, 0)

    def claim_mail(self, erasure: Erasure, *, now: int, until: int) -> bool:
        with self._rows.lock:
            if erasure.account_id not in self._rows.erasing or self._claimed.get(erasure.account_id, 0) > now:
                return False
            self._claimed[erasure.account_id] = until
            return True

    def forget(self, account_id: str) -> None:
        self._rows.erasing.pop(account_id, None)


class FakeReceipts(_Store):
    def get(self, erasure_id: str) -> Receipt | None:
        return self._rows.receipts.get(erasure_id)

    def close(self, receipt: Receipt) -> bool:
        with self._rows.lock:
            stored = self.get(receipt.erasure_id)
            if stored is None or stored.erased_at is not None:
                return False
            closed = replace(stored, erased_at=receipt.erased_at, kept=receipt.kept, mac=receipt.mac)
            self._rows.receipts[receipt.erasure_id] = closed
            return True


class FakeErasures:
    """Notes what was started, and can be told to be away."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.away = False

    def start(self, account_id: str) -> bool:
        if not self.away:
            self.started.append(account_id)
        return not self.away


class FakeSignUps(_Store):
    def put(self, sign_up: SignUp) -> None:
        self._rows.sign_ups[sign_up.signup_id] = sign_up

    def get(self, signup_id: str) -> SignUp | None:
        return self._rows.sign_ups.get(signup_id)

    def count_try(self, signup_id: str, *, limit: int, now: int) -> SignUp | None:
        with self._rows.lock:
            stored = self._rows.sign_ups.get(signup_id)
            if stored is None or stored.tries >= limit or stored.expires_at <= now:
                return None
            self._rows.sign_ups[signup_id] = replace(stored, tries=stored.tries + 1)
            return self._rows.sign_ups[signup_id]

    def prove_email(self, sign_up: SignUp, *, token_hash: bytes, totp_sealed: bytes, expires_at: int) -> bool:
        with self._rows.lock:
            stored = self._rows.sign_ups.get(sign_up.signup_id)
            if stored is None or stored.code_mac is None or stored.code_mac != sign_up.code_mac:
                return False
            self._rows.sign_ups[sign_up.signup_id] = replace(
                stored,
                code_mac=None,
                token_hash=token_hash,
                totp_sealed=totp_sealed,
                tries=0,
                expires_at=expires_at,
            )
            return True


class FakeLogins(_Store):
    def put(self, login: Login) -> None:
        self._rows.logins[login.login_id] = login

    def get(self, login_id: str) -> Login | None:
        return self._rows.logins.get(login_id)

    def prove_password(self, login_id: str, *, method_id: str) -> None:
        with self._rows.lock:
            if login_id in self._rows.logins:
                self._rows.logins[login_id] = replace(self._rows.logins[login_id], proved_by=method_id)


class FakeSessions(_Store):
    def get(self, account_id: str, session_id: str) -> Session | None:
        return self._rows.sessions.get((account_id, session_id))

    def of_account(self, account_id: str) -> list[Session]:
        return [session for (owner, _), session in sorted(self._rows.sessions.items()) if owner == account_id]

    def rotate(self, rotated: Session, *, expected_hash: bytes) -> bool:
        with self._rows.lock:
            stored = self.get(rotated.account_id, rotated.session_id)
            if stored is None or stored.secret_hash != expected_hash:
                return False
            self._rows.sessions[rotated.account_id, rotated.session_id] = replace(
                stored,
                secret_hash=rotated.secret_hash,
                previous_hash=expected_hash,
                previous_until=rotated.previous_until,
                rotate_at=rotated.rotate_at,
                expires_at=rotated.expires_at,
            )
            return True

    def spend_nonce(self, session: Session, nonce: str, *, expires_at: int) -> bool:
        assert expires_at
        with self._rows.lock:
            spent = (session.account_id, nonce) in self._rows.nonces
            self._rows.nonces.add((session.account_id, nonce))
            return not spent

    def touch(self, session: Session, *, now: int) -> None:
        with self._rows.lock:
            stored = self.get(session.account_id, session.session_id)
            if stored is not None:
                self._rows.sessions[session.account_id, session.session_id] = replace(stored, last_seen_at=now)

    def delete(self, account_id: str, session_id: str) -> None:
        self._rows.sessions.pop((account_id, session_id), None)


class FakeDevices(_Store):
    def get(self, account_id: str, key: str) -> SeenDevice | None:
        return self._rows.devices.get((account_id, key))

    def of_account(self, account_id: str) -> list[SeenDevice]:
        return [device for (owner, _), device in sorted(self._rows.devices.items()) if owner == account_id]

    def answer(self, account_id: str, key: str) -> None:
        with self._rows.lock:
            device = self.get(account_id, key)
            if device is not None:
                self._rows.devices[account_id, key] = replace(device, answered=True)

    def forget(self, account_id: str, key: str) -> None:
        self._rows.devices.pop((account_id, key), None)


class FakeTries(_Store):
    def get(self, key: str) -> Tries | None:
        return self._rows.tries.get(key)

    def replace(self, key: str, *, expected: Tries | None, new: Tries) -> bool:
        with self._rows.lock:
            if self._rows.tries.get(key) != expected:
                return False
            self._rows.tries[key] = new
            return True

    def forget(self, key: str) -> None:
        self._rows.tries.pop(key, None)


class FakeTickets(_Store):
    def put(self, ticket: Ticket) -> None:
        self._rows.tickets[ticket.ticket_hash] = ticket

    def take(self, ticket_hash: str) -> Ticket | None:
        with self._rows.lock:
            return self._rows.tickets.pop(ticket_hash, None)


class FakeGrantedWallets(_Store):
    """Wallets as sign-up leaves them."""

    def wallet(self, account_id: str) -> Wallet:
        grant = self._rows.grants.get(account_id)
        return Wallet(available=grant.credits if grant else 0, held=0)
