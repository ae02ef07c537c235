"""The transaction that secures an account: all that opened it ends, and all that opens it from now on begins."""

from __future__ import annotations

from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from sealmate.accounts.records import Account
from sealmate.accounts.rotation import Secure
from sealmate.adapters.dynamodb.account_items import (
    AccountItem,
    AppItem,
    BackupItem,
    LinkItem,
    MethodItem,
    RotationItem,
    SessionItem,
)
from sealmate.adapters.dynamodb.apps import app_key, set_settings
from sealmate.adapters.dynamodb.items import RingItem
from sealmate.adapters.dynamodb.methods import method_item
from sealmate.adapters.dynamodb.renewals import while_signed_in
from sealmate.adapters.dynamodb.rotations import held, set_manifest, unchanged
from sealmate.adapters.dynamodb.table import Item, committed

# With the other rows no more than the hundred writes of a transaction; sessions beyond are revoked after it.
_SESSIONS_AT_ONCE = 30


class DynamoSecuring:
    def secure(self, secure: Secure, *, now: int) -> bool:
        """`codes_made` counts how often: of two that renew the codes at once, one finds it moved on."""
        account_id = secure.before.account_id
        try:
            made = AccountItem.get(account_id, "ACCOUNT", consistent_read=True).codes_made
        except DoesNotExist:
            return False
        methods = list(MethodItem.query(account_id, MethodItem.sk.startswith("METHOD#"), consistent_read=True))
        backups = list(BackupItem.query(account_id, BackupItem.sk.startswith("BACKUP#"), consistent_read=True))
        ending = [*backups, *_links_and_other_sessions(secure)]
        same_codes = AccountItem.codes_made.does_not_exist() if made is None else AccountItem.codes_made == made

        def write(transaction: TransactWrite) -> None:
            while_signed_in(secure.session, transaction)
            transaction.update(
                AccountItem(account_id, "ACCOUNT"),
                actions=[*_keys_of(secure.after), AccountItem.codes_made.set((made or 0) + 1)],
                condition=unchanged(secure.before) & same_codes,
            )
            transaction.delete(RotationItem(account_id, "ROTATION"), condition=held(secure.lease, now=now))
            seen: Condition = RingItem.revision == secure.ring if secure.ring else RingItem.pk.does_not_exist()
            transaction.condition_check(RingItem, account_id, "RING", condition=seen)
            for method in methods:
                transaction.delete(method, condition=MethodItem.pk.exists())
            for item in ending:
                transaction.delete(item)
            for new in secure.methods:
                transaction.save(method_item(account_id, new), condition=MethodItem.pk.does_not_exist())
            for app in secure.apps:
                transaction.update(
                    AppItem(account_id, app_key(app.name)),
                    actions=[AppItem.key.set(app.key), *set_settings(app.settings, revision=app.revision)],
                    condition=AppItem.revision == app.revision - 1,
                )
            for mac in secure.backup_macs:
                transaction.save(BackupItem(account_id, f"BACKUP#{mac.hex()}"))

        return committed(write)


def _keys_of(account: Account) -> list[Action]:
    statement, manifest = account.statement, account.manifest
    return [
        AccountItem.epoch.set(statement.epoch),
        AccountItem.commitment.set(statement.commitment),
        AccountItem.previous.set(statement.previous),
        AccountItem.signature.set(statement.signature),
        AccountItem.signing_public.set(account.signing_public),
        AccountItem.signing_private.set(account.signing_private),
        AccountItem.rotated_at.set(account.rotated_at or 0),
        AccountItem.agenda.set("rotation"),
        AccountItem.agenda_at.set(account.rotated_at or 0),
        AccountItem.ways_in.set(account.ways_in + 1),
        *(set_manifest(manifest) if manifest else ()),
    ]


def _links_and_other_sessions(secure: Secure) -> list[Item]:
    account_id = secure.before.account_id
    links = LinkItem.query(account_id, LinkItem.sk.startswith("LINK#"), consistent_read=True)
    sessions = SessionItem.query(
        account_id, SessionItem.sk.startswith("SESSION#"), consistent_read=True, limit=_SESSIONS_AT_ONCE
    )
    return [*links, *(each for each in sessions if each.session_id != secure.session.session_id)]
