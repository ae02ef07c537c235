"""What takes the place of something that opens an account, each time in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.exceptions import DoesNotExist
from pynamodb.transactions import TransactWrite

from sealmate.accounts.records import EmailChange, Method, PendingTotp, Session
from sealmate.adapters.dynamodb.account_items import (
    AccountItem,
    BackupItem,
    EmailItem,
    MethodItem,
    PendingEmailItem,
    PendingTotpItem,
    SessionItem,
)
from sealmate.adapters.dynamodb.conditional import applied
from sealmate.adapters.dynamodb.links import signed_as
from sealmate.adapters.dynamodb.methods import method_item
from sealmate.adapters.dynamodb.sessions import session_key
from sealmate.adapters.dynamodb.table import committed

_PENDING = "PENDING#TOTP"
_PENDING_EMAIL = "PENDING#EMAIL"
# With the other rows no more than the hundred writes of a transaction.
_SESSIONS_AT_ONCE = 80


class DynamoRenewals:
    def backup_codes_left(self, account_id: str) -> int:
        return BackupItem.count(account_id, BackupItem.sk.startswith("BACKUP#"), consistent_read=True)

    def backup_codes(self, session: Session, *, macs: Sequence[bytes]) -> bool:
        """`codes_made` counts how often: of two at once, which both saw the same codes, one finds it moved on."""
        account_id = session.account_id
        try:
            made = AccountItem.get(account_id, "ACCOUNT", consistent_read=True).codes_made
        except DoesNotExist:
            return False
        before = list(BackupItem.query(account_id, BackupItem.sk.startswith("BACKUP#"), consistent_read=True))
        unmoved = AccountItem.codes_made.does_not_exist() if made is None else AccountItem.codes_made == made

        def write(transaction: TransactWrite) -> None:
            while_signed_in(session, transaction)
            transaction.update(
                AccountItem(account_id, "ACCOUNT"),
                actions=[AccountItem.codes_made.set((made or 0) + 1)],
                condition=AccountItem.pk.exists() & unmoved,
            )
            for item in before:
                transaction.delete(item)
            for mac in macs:
                transaction.save(BackupItem(account_id, f"BACKUP#{mac.hex()}"))

        return committed(write)

    def method(self, session: Session, *, old: Method | None, new: Method, epoch: int, sequence: int | None) -> bool:
        """`ways_in` counts the changes: of two at once, one finds it moved on, and so does a rotation that hasn't seen this one."""
        account_id = session.account_id
        try:
            counted = AccountItem.get(account_id, "ACCOUNT", consistent_read=True).ways_in
        except DoesNotExist:
            return False
        items = MethodItem.query(account_id, MethodItem.sk.startswith("METHOD#"), consistent_read=True)
        if [item.method_id for item in items if item.kind == new.kind] != ([old.method_id] if old else []):
            return False
        unmoved = AccountItem.ways_in.does_not_exist() if counted is None else AccountItem.ways_in == counted
        others = [item for item in _sessions(account_id) if item.session_id != session.session_id]

        def write(transaction: TransactWrite) -> None:
            while_signed_in(session, transaction)
            transaction.update(
                AccountItem(account_id, "ACCOUNT"),
                actions=[AccountItem.ways_in.set((counted or 0) + 1)],
                condition=(AccountItem.epoch == epoch) & unmoved & signed_as(sequence),
            )
            if old is not None:
                gone = MethodItem(account_id, f"METHOD#{old.method_id}")
                transaction.delete(gone, condition=MethodItem.auth_mac == old.auth_mac)
            transaction.save(method_item(account_id, new), condition=MethodItem.pk.does_not_exist())
            for item in others:
                transaction.delete(item)

        return committed(write)

    def put_totp(self, pending: PendingTotp) -> None:
        PendingTotpItem(
            pending.account_id,
            _PENDING,
            session_id=pending.session_id,
            totp_sealed=pending.totp_sealed,
            expires_at=pending.expires_at,
            ttl=pending.expires_at,
        ).save()

    def pending_totp(self, account_id: str) -> PendingTotp | None:
        try:
            item = PendingTotpItem.get(account_id, _PENDING, consistent_read=True)
        except DoesNotExist:
            return None
        return PendingTotp(
            account_id=account_id,
            session_id=item.session_id,
            totp_sealed=item.totp_sealed,
            expires_at=int(item.expires_at),
        )

    def totp(self, session: Session, *, pending: PendingTotp, step: int, old: bytes) -> bool:
        account_id = session.account_id
        still_old = AccountItem.totp_sealed == old if old else AccountItem.totp_sealed.does_not_exist()

        def write(transaction: TransactWrite) -> None:
            while_signed_in(session, transaction)
            transaction.delete(
                PendingTotpItem(account_id, _PENDING), condition=PendingTotpItem.totp_sealed == pending.totp_sealed
            )
            transaction.update(
                AccountItem(account_id, "ACCOUNT"),
                actions=[AccountItem.totp_sealed.set(pending.totp_sealed), AccountItem.totp_step.set(step)],
                condition=AccountItem.pk.exists() & still_old,
            )

        return committed(write)

    def put_email(self, change: EmailChange) -> None:
        PendingEmailItem(
            change.account_id,
            _PENDING_EMAIL,
            session_id=change.session_id,
            change_id=change.change_id,
            email_key=change.email_key,
            email_sealed=change.email_sealed,
            new_mac=change.new_mac,
            old_mac=change.old_mac,
            expires_at=change.expires_at,
            tries=change.tries,
            ttl=change.expires_at,
        ).save()

    def count_email_try(self, account_id: str, *, limit: int, now: int) -> EmailChange | None:
        item = PendingEmailItem(account_id, _PENDING_EMAIL)
        counted = applied(
            lambda: item.update(
                actions=[PendingEmailItem.tries.add(1)],
                condition=(PendingEmailItem.tries < limit) & (PendingEmailItem.expires_at > now),
            )
        )
        return _email_change(item) if counted else None

    def email(self, session: Session, *, change: EmailChange, old_key: str) -> bool:
        account_id = session.account_id

        def write(transaction: TransactWrite) -> None:
            while_signed_in(session, transaction)
            transaction.delete(
                PendingEmailItem(account_id, _PENDING_EMAIL), condition=PendingEmailItem.change_id == change.change_id
            )
            transaction.update(
                AccountItem(account_id, "ACCOUNT"),
                actions=[
                    AccountItem.email_key.set(change.email_key),
                    AccountItem.email_sealed.set(change.email_sealed),
                ],
                condition=AccountItem.email_key == old_key,
            )
            transaction.delete(EmailItem(f"EMAIL#{old_key}", "EMAIL"), condition=EmailItem.account_id == account_id)
            transaction.save(
                EmailItem(f"EMAIL#{change.email_key}", "EMAIL", account_id=account_id),
                condition=EmailItem.pk.does_not_exist(),
            )

        return committed(write)


def _email_change(item: PendingEmailItem) -> EmailChange:
    return EmailChange(
        account_id=item.pk,
        session_id=item.session_id,
        change_id=item.change_id,
        email_key=item.email_key,
        email_sealed=item.email_sealed,
        new_mac=item.new_mac,
        old_mac=item.old_mac,
        expires_at=int(item.expires_at),
        tries=int(item.tries),
    )


def while_signed_in(session: Session, transaction: TransactWrite) -> None:
    key = session_key(session.session_id)
    transaction.condition_check(SessionItem, session.account_id, key, condition=SessionItem.pk.exists())


def _sessions(account_id: str) -> list[SessionItem]:
    found = SessionItem.query(
        account_id, SessionItem.sk.startswith("SESSION#"), consistent_read=True, limit=_SESSIONS_AT_ONCE
    )
    return list(found)
