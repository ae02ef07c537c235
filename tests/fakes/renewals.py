"""Renewals in memory: each happens at once or not at all, as a transaction does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sealmate.accounts.records import EmailChange, Method, PendingTotp, Session
from tests.fakes.accounts import Rows


class FakeRenewals:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def backup_codes_left(self, account_id: str) -> int:
        return sum(owner == account_id for owner, _ in self._rows.backups)

    def backup_codes(self, session: Session, *, macs: Sequence[bytes]) -> bool:
        rows, account_id = self._rows, session.account_id
        with rows.lock:
            if not self._signed_in(session):
                return False
            kept = {each for each in rows.backups if each[0] != account_id}
            rows.backups = kept | {(account_id, mac) for mac in macs}
            return True

    def method(self, session: Session, *, old: Method | None, new: Method, epoch: int, sequence: int | None) -> bool:
        rows, account_id = self._rows, session.account_id
        with rows.lock:
            account, known = rows.accounts.get(account_id), rows.methods.get(account_id, [])
            if [each for each in known if each.kind == new.kind] != ([old] if old else []):
                return False
            if account is None or not self._signed_in(session):
                return False
            if (account.statement.epoch, account.manifest_sequence) != (epoch, sequence):
                return False
            rows.accounts[account_id] = replace(account, ways_in=account.ways_in + 1)
            rows.methods[account_id] = [each for each in known if each.kind != new.kind] + [new]
            ended = [key for key in rows.sessions if key[0] == account_id and key[1] != session.session_id]
            for key in ended:
                del rows.sessions[key]
            return True

    def put_totp(self, pending: PendingTotp) -> None:
        self._rows.pending_totps[pending.account_id] = pending

    def pending_totp(self, account_id: str) -> PendingTotp | None:
        return self._rows.pending_totps.get(account_id)

    def totp(self, session: Session, *, pending: PendingTotp, step: int, old: bytes) -> bool:
        rows, account_id = self._rows, session.account_id
        with rows.lock:
            account, stored = rows.accounts.get(account_id), rows.pending_totps.get(account_id)
            same = stored is not None and stored.totp_sealed == pending.totp_sealed
            if account is None or account.totp_sealed != old or not same or not self._signed_in(session):
                return False
            del rows.pending_totps[account_id]
            rows.accounts[account_id] = replace(account, totp_sealed=pending.totp_sealed, totp_step=step)
            return True

    def put_email(self, change: EmailChange) -> None:
        self._rows.pending_emails[change.account_id] = change

    def count_email_try(self, account_id: str, *, limit: int, now: int) -> EmailChange | None:
        with self._rows.lock:
            stored = self._rows.pending_emails.get(account_id)
            if stored is None or stored.tries >= limit or stored.expires_at <= now:
                return None
            self._rows.pending_emails[account_id] = replace(stored, tries=stored.tries + 1)
            return self._rows.pending_emails[account_id]

    def email(self, session: Session, *, change: EmailChange, old_key: str) -> bool:
        rows, account_id = self._rows, session.account_id
        with rows.lock:
            account, stored = rows.accounts.get(account_id), rows.pending_emails.get(account_id)
            same = stored is not None and stored.change_id == change.change_id
            if account is None or account.email_key != old_key or not same or not self._signed_in(session):
                return False
            if change.email_key in rows.emails or rows.emails.get(old_key) != account_id:
                return False
            del rows.pending_emails[account_id], rows.emails[old_key]
            rows.emails[change.email_key] = account_id
            rows.accounts[account_id] = replace(account, email_key=change.email_key, email_sealed=change.email_sealed)
            return True

    def _signed_in(self, session: Session) -> bool:
        return (session.account_id, session.session_id) in self._rows.sessions
