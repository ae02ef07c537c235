"""Accounts: created whole in one transaction, entered by spending a second factor in another."""

from __future__ import annotations

from itertools import chain

from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from sealmate.accounts.receipts import Counts, Kind
from sealmate.accounts.records import (
    GRANTED_AGAIN_AFTER,
    Account,
    App,
    Grant,
    Link,
    Login,
    Method,
    NewAccount,
    SecondFactor,
    Session,
    SignUp,
    Statement,
)
from sealmate.accounts.resets import Reset
from sealmate.adapters.dynamodb.account_items import (
    ERASING,
    AccountItem,
    AppItem,
    BackupItem,
    EmailItem,
    ErasureItem,
    GrantedItem,
    LinkItem,
    MethodItem,
    RotationItem,
    SessionItem,
    SignUpItem,
)
from sealmate.adapters.dynamodb.apps import apps_of
from sealmate.adapters.dynamodb.devices import note_device
from sealmate.adapters.dynamodb.items import LedgerItem, WalletItem, ledger_key
from sealmate.adapters.dynamodb.links import links_of, manifest_json, manifest_of
from sealmate.adapters.dynamodb.methods import end_login, method_item, method_of
from sealmate.adapters.dynamodb.receipts import receipt_item
from sealmate.adapters.dynamodb.resets import end_reset
from sealmate.adapters.dynamodb.sessions import session_item, session_key
from sealmate.adapters.dynamodb.table import Item, committed

# With the other rows of an account no more than the hundred writes of a transaction; sessions beyond are revoked after it.
_SESSIONS_AT_ONCE = 60


class DynamoAccounts:
    def id_of(self, email_key: str) -> str | None:
        try:
            return EmailItem.get(_email(email_key), "EMAIL", consistent_read=True).account_id
        except DoesNotExist:
            return None

    def get(self, account_id: str) -> Account | None:
        try:
            item = AccountItem.get(account_id, "ACCOUNT", consistent_read=True)
        except DoesNotExist:
            return None
        return Account(
            account_id=account_id,
            created_at=int(item.created_at),
            email_key=item.email_key,
            email_sealed=item.email_sealed,
            totp_sealed=item.totp_sealed or b"",
            totp_step=int(item.totp_step),
            signing_public=item.signing_public,
            signing_private=item.signing_private,
            statement=Statement(
                epoch=int(item.epoch),
                commitment=item.commitment,
                previous=item.previous or b"",
                signature=item.signature,
            ),
            manifest=manifest_of(item.manifest),
            rotated_at=None if item.rotated_at is None else int(item.rotated_at),
            ways_in=int(item.ways_in or 0),
        )

    def methods(self, account_id: str) -> list[Method]:
        items = MethodItem.query(account_id, MethodItem.sk.startswith("METHOD#"), consistent_read=True)
        return [method_of(item) for item in items]

    def stand_in(self, account_id: str, methods: list[Method]) -> None:
        for method in methods:
            method_item(account_id, method).save()

    def links(self, account_id: str) -> list[Link]:
        return links_of(account_id)

    def apps(self, account_id: str) -> list[App]:
        return apps_of(account_id)

    def granted_before(self, email_key: str, *, now: int) -> bool:
        try:
            return GrantedItem.get(_granted(email_key), "GRANTED", consistent_read=True).until > now
        except DoesNotExist:
            return False

    def create(self, new: NewAccount, *, sign_up: SignUp) -> bool:
        account, account_id = new.account, new.account.account_id
        begun = [
            EmailItem(_email(account.email_key), "EMAIL", account_id=account_id),
            _account_item(account),
            *(method_item(account_id, method) for method in new.methods),
            *(_backup_item(account_id, mac) for mac in new.backup_macs),
            session_item(new.session),
            *_credit_rows(account, new.grant),
        ]

        def write(transaction: TransactWrite) -> None:
            transaction.delete(
                SignUpItem(f"SIGNUP#{sign_up.signup_id}", "SIGNUP"),
                condition=SignUpItem.token_hash == sign_up.token_hash,
            )
            for item in begun:
                transaction.save(item, condition=type(item).pk.does_not_exist())
            if new.grant is not None:
                over = GrantedItem.until.does_not_exist() | (GrantedItem.until <= account.created_at)
                transaction.condition_check(GrantedItem, _granted(account.email_key), "GRANTED", condition=over)
            note_device(new.session, transaction, answered=True)

        return committed(write)

    def admit(self, session: Session, *, login: Login, factor: SecondFactor) -> bool:
        def write(transaction: TransactWrite) -> None:
            end_login(login, transaction)
            _spend(factor, session.account_id, transaction)
            end_reset(session.account_id, transaction)
            transaction.save(session_item(session))
            note_device(session, transaction)

        return committed(write)

    def prove(self, session: Session, *, factor: SecondFactor, until: int) -> bool:
        def write(transaction: TransactWrite) -> None:
            _spend(factor, session.account_id, transaction)
            transaction.update(
                SessionItem(session.account_id, session_key(session.session_id)),
                actions=[SessionItem.proved_until.set(until)],
                condition=SessionItem.pk.exists(),
            )

        return committed(write)

    def shred(
        self, account: Account, *, factor: SecondFactor, now: int, erasure_id: str, reset: Reset | None = None
    ) -> bool:
        account_id = account.account_id
        spent = factor.backup_mac is not None and _backup_item(account_id, factor.backup_mac)
        found = _what_opens(account_id)
        deleted: Counts = {**{kind: len(rows) for kind, rows in found.items()}, "other": 2 + len(found["other"])}
        unspent: Condition = AccountItem.pk.exists()
        if factor.totp_step is not None:
            unspent = _unspent(factor)

        def write(transaction: TransactWrite) -> None:
            transaction.delete(AccountItem(account_id, "ACCOUNT"), condition=unspent)
            if spent:
                transaction.delete(spent, condition=BackupItem.pk.exists())
            transaction.delete(
                EmailItem(_email(account.email_key), "EMAIL"), condition=EmailItem.account_id == account_id
            )
            for item in chain(*found.values()):
                if not spent or item.sk != spent.sk:
                    transaction.delete(item)
            transaction.delete(RotationItem(account_id, "ROTATION"))
            end_reset(account_id, transaction, only=reset)
            transaction.save(
                ErasureItem(
                    ERASING,
                    account_id,
                    erasure_id=erasure_id,
                    shredded_at=now,
                    email_sealed=account.email_sealed,
                )
            )
            transaction.save(receipt_item(erasure_id, requested_at=now, deleted=deleted))
            until = now + GRANTED_AGAIN_AFTER
            transaction.save(GrantedItem(_granted(account.email_key), "GRANTED", until=until, ttl=until))

        return committed(write)


def _what_opens(account_id: str) -> dict[Kind, list[Item]]:
    """The rows of an account beside its own and its address; of its sessions as many as go into one transaction."""
    methods = MethodItem.query(account_id, MethodItem.sk.startswith("METHOD#"), consistent_read=True)
    backups = BackupItem.query(account_id, BackupItem.sk.startswith("BACKUP#"), consistent_read=True)
    sessions = SessionItem.query(
        account_id, SessionItem.sk.startswith("SESSION#"), consistent_read=True, limit=_SESSIONS_AT_ONCE
    )
    links = LinkItem.query(account_id, LinkItem.sk.startswith("LINK#"), consistent_read=True)
    apps = AppItem.query(account_id, AppItem.sk.startswith("APP#"), consistent_read=True)
    return {"ways_in": [*methods], "backup_codes": [*backups], "sessions": [*sessions], "other": [*links, *apps]}


def _spend(factor: SecondFactor, account_id: str, transaction: TransactWrite) -> None:
    if factor.totp_step is not None:
        transaction.update(
            AccountItem(account_id, "ACCOUNT"),
            actions=[AccountItem.totp_step.set(factor.totp_step)],
            condition=_unspent(factor),
        )
    if factor.backup_mac is not None:
        transaction.delete(_backup_item(account_id, factor.backup_mac), condition=BackupItem.pk.exists())


def _unspent(factor: SecondFactor) -> Condition:
    """No later step was, and the authenticator is still the one that showed it."""
    sealed: Condition = AccountItem.totp_sealed.does_not_exist()
    if factor.totp_sealed:
        sealed = AccountItem.totp_sealed == factor.totp_sealed
    unspent: Condition = (AccountItem.totp_step < factor.totp_step) & sealed
    return unspent


def _email(email_key: str) -> str:
    return f"EMAIL#{email_key}"


def _granted(email_key: str) -> str:
    return f"GRANTED#{email_key}"


def _credit_rows(account: Account, grant: Grant | None) -> list[Item]:
    wallet = WalletItem(account.account_id, "WALLET", available=grant.credits if grant else 0, held=0)
    if grant is None:
        return [wallet]
    booked = LedgerItem(
        account.account_id,
        ledger_key(account.created_at, grant.row_id),
        row_id=grant.row_id,
        kind="grant",
        credits=grant.credits,
        at=account.created_at,
    )
    return [wallet, booked]


def _account_item(account: Account) -> AccountItem:
    statement = account.statement
    return AccountItem(
        account.account_id,
        "ACCOUNT",
        created_at=account.created_at,
        email_key=account.email_key,
        email_sealed=account.email_sealed,
        totp_sealed=account.totp_sealed or None,
        totp_step=account.totp_step,
        signing_public=account.signing_public,
        signing_private=account.signing_private,
        epoch=statement.epoch,
        commitment=statement.commitment,
        previous=statement.previous or None,
        signature=statement.signature,
        manifest=account.manifest and manifest_json(account.manifest),
        manifest_sequence=account.manifest_sequence,
        agenda="rotation",
        agenda_at=account.created_at,
    )


def _backup_item(account_id: str, mac: bytes) -> BackupItem:
    return BackupItem(account_id, f"BACKUP#{mac.hex()}")
