"""Rotations: lease and links beside the account, staged wraps in the chats' own rows, and the transaction that turns the key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from sealmate.accounts.records import Account, Link, Manifest
from sealmate.accounts.rotation import ChatWraps, Flip, Lease, StagedMethod, Wraps
from sealmate.adapters.dynamodb.account_items import AccountItem, AppItem, LinkItem, MethodItem, RotationItem
from sealmate.adapters.dynamodb.apps import app_key
from sealmate.adapters.dynamodb.chats import wraps
from sealmate.adapters.dynamodb.conditional import applied
from sealmate.adapters.dynamodb.generations import as_read, settle_staged
from sealmate.adapters.dynamodb.items import ChatItem, RingItem
from sealmate.adapters.dynamodb.links import link_item, link_key, link_of, manifest_json, signed_as
from sealmate.adapters.dynamodb.noting import ALIVE
from sealmate.adapters.dynamodb.table import Refused, commit, committed, settled
from sealmate.model import from_base64url, to_base64url


class DynamoRotations:
    def lease(self, account_id: str) -> Lease | None:
        try:
            item = RotationItem.get(account_id, "ROTATION", consistent_read=True)
        except DoesNotExist:
            return None
        methods = {
            method_id: StagedMethod(master=from_base64url(master), public=from_base64url(public))
            for method_id, (master, public) in (item.methods or {}).items()
        }
        return Lease(
            account_id=account_id,
            lease_id=item.lease_id,
            epoch=int(item.epoch),
            session_id=item.session_id,
            expires_at=int(item.expires_at),
            methods=methods,
            apps={name: from_base64url(key) for name, key in (item.apps or {}).items()},
            signing=item.signing,
        )

    def take(self, lease: Lease, *, now: int) -> bool:
        free = RotationItem.pk.does_not_exist() | (RotationItem.expires_at <= now)
        item = RotationItem(
            lease.account_id,
            "ROTATION",
            lease_id=lease.lease_id,
            epoch=lease.epoch,
            session_id=lease.session_id,
            expires_at=lease.expires_at,
            ttl=lease.expires_at,
        )
        return applied(partial(item.save, condition=free | (RotationItem.session_id == lease.session_id)))

    def extend(self, lease: Lease, *, expires_at: int, now: int) -> bool:
        return self._note(lease, [RotationItem.expires_at.set(expires_at), RotationItem.ttl.set(expires_at)], now=now)

    def ring(self, account_id: str) -> int:
        try:
            return int(RingItem.get(account_id, "RING", consistent_read=True).revision)
        except DoesNotExist:
            return 0

    def chats(self, account_id: str, *, cursor: str | None, limit: int) -> tuple[list[ChatWraps], str | None]:
        rows, last = _rows(account_id, cursor=cursor, limit=limit)
        return [_wraps(item) for item in rows if not item.deleted], last

    def stage_chats(self, lease: Lease, chats: Mapping[str, Wraps], *, now: int) -> bool:
        left = list(chats)
        while True:
            rows = [row for chat_id in left if (row := _row(lease.account_id, chat_id)) is not None]
            try:
                commit(partial(self._stage, lease=lease, rows=rows, chats=chats, now=now))
            except Refused as refused:
                if refused.failed[0]:
                    return False
                # A chat was deleted or tidied between the two: looked at again.
                left = [row.chat_id for row in rows]
            else:
                return True

    @staticmethod
    def _stage(
        transaction: TransactWrite, *, lease: Lease, rows: list[ChatItem], chats: Mapping[str, Wraps], now: int
    ) -> None:
        transaction.condition_check(RotationItem, lease.account_id, "ROTATION", condition=held(lease, now=now))
        for row in rows:
            keys = {str(generation): to_base64url(wrap) for generation, wrap in chats[row.chat_id].items()}
            staged = {"lease": lease.lease_id, "epoch": lease.epoch + 1, "keys": keys}
            actions: list[Action] = [ChatItem.staged.set(staged)]
            if row.staged and row.staged["epoch"] == lease.epoch:
                actions += settle_staged(row)
            transaction.update(row, actions=actions, condition=ALIVE & as_read(row))

    def stage_account(
        self,
        lease: Lease,
        methods: Mapping[str, StagedMethod],
        signing: bytes,
        *,
        apps: Mapping[str, bytes],
        now: int,
    ) -> bool:
        kept = {each: [to_base64url(m.master), to_base64url(m.public)] for each, m in methods.items()}
        keys = {name: to_base64url(key) for name, key in apps.items()}
        staged: list[Action] = [
            RotationItem.methods.set(kept),
            RotationItem.apps.set(keys),
            RotationItem.signing.set(signing),
        ]
        return self._note(lease, staged, now=now)

    def flip(self, flip: Flip, *, now: int) -> bool:
        lease, account_id, epoch = flip.lease, flip.lease.account_id, flip.link.statement.epoch
        methods = MethodItem.query(account_id, MethodItem.sk.startswith("METHOD#"), consistent_read=True)
        unlocking = [method for method in methods if method.secret]
        if {method.method_id for method in unlocking} != set(lease.methods):
            return False

        def write(transaction: TransactWrite) -> None:
            transaction.update(
                AccountItem(account_id, "ACCOUNT"),
                actions=[
                    AccountItem.epoch.set(epoch),
                    AccountItem.commitment.set(flip.link.statement.commitment),
                    AccountItem.previous.set(flip.link.statement.previous),
                    AccountItem.signature.set(flip.link.statement.signature),
                    AccountItem.signing_private.set(flip.signing),
                    AccountItem.rotated_at.set(now),
                    AccountItem.agenda.set("rotation"),
                    AccountItem.agenda_at.set(now),
                    *set_manifest(flip.manifest),
                ],
                condition=unchanged(flip.before),
            )
            transaction.delete(RotationItem(account_id, "ROTATION"), condition=held(lease, now=now))
            seen: Condition = RingItem.revision == flip.ring if flip.ring else RingItem.pk.does_not_exist()
            transaction.condition_check(RingItem, account_id, "RING", condition=seen)
            for method in unlocking:
                new = lease.methods[method.method_id]
                transaction.update(
                    method,
                    actions=[MethodItem.master.set(new.master), MethodItem.public.set(new.public)],
                    condition=(MethodItem.master == method.master) & (MethodItem.public == method.public),
                )
            for name, key in lease.apps.items():
                item = AppItem(account_id, app_key(name))
                transaction.update(item, actions=[AppItem.key.set(key)], condition=AppItem.pk.exists())
            transaction.save(link_item(account_id, flip.link))

        return committed(write)

    def put_manifest(self, account: Account, manifest: Manifest) -> bool:
        item = AccountItem(account.account_id, "ACCOUNT")
        return applied(
            lambda: settled(partial(item.update, actions=set_manifest(manifest), condition=unchanged(account)))
        )

    def acknowledge(self, account_id: str, epoch: int, session_id: str) -> Link | None:
        item = LinkItem(account_id, link_key(epoch))
        noted = LinkItem.acknowledged.add({session_id})
        if not applied(partial(item.update, actions=[noted], condition=LinkItem.pk.exists())):
            return None
        return link_of(item)

    def tidy(self, account_id: str, epoch: int, *, limit: int) -> None:
        tidied, cursor = 0, None
        while tidied < limit:
            rows, cursor = _rows(account_id, cursor=cursor, limit=limit)
            for row in [row for row in rows if row.staged and row.staged["epoch"] == epoch][: limit - tidied]:
                actions: list[Action] = [*settle_staged(row), ChatItem.staged.remove()]
                update = partial(row.update, actions=actions, condition=ALIVE & as_read(row))
                applied(partial(settled, update))
                tidied += 1
            if cursor is None:
                break

    @staticmethod
    def _note(lease: Lease, actions: list[Action], *, now: int) -> bool:
        item = RotationItem(lease.account_id, "ROTATION")
        return applied(lambda: settled(partial(item.update, actions=actions, condition=held(lease, now=now))))


def held(lease: Lease, *, now: int) -> Condition:
    held: Condition = (RotationItem.lease_id == lease.lease_id) & (RotationItem.expires_at > now)
    return held


def unchanged(account: Account) -> Condition:
    """Neither epoch nor manifest is another, and no way in was added or replaced since the account was read."""
    ways_in = account.ways_in
    none_added: Condition = AccountItem.ways_in == ways_in if ways_in else AccountItem.ways_in.does_not_exist()
    same: Condition = (AccountItem.epoch == account.statement.epoch) & signed_as(account.manifest_sequence) & none_added
    return same


def set_manifest(manifest: Manifest) -> list[Action]:
    return [
        AccountItem.manifest_sequence.set(manifest.sequence),
        AccountItem.manifest.set(manifest_json(manifest)),
    ]


def _row(account_id: str, chat_id: str) -> ChatItem | None:
    try:
        row = ChatItem.get(account_id, f"CHAT#{chat_id}", consistent_read=True)
    except DoesNotExist:
        return None
    return None if row.deleted else row


def _rows(account_id: str, *, cursor: str | None, limit: int) -> tuple[list[ChatItem], str | None]:
    """From behind the chat `cursor`."""
    page = ChatItem.query(
        account_id,
        ChatItem.sk.between(f"CHAT#{cursor or ''}.", "CHAT#~") if cursor else ChatItem.sk.startswith("CHAT#"),
        consistent_read=True,
        limit=limit,
        attributes_to_get=["pk", "sk", "chat_id", "keys", "staged", "deleted"],
    )
    found = list(page)
    last = page.last_evaluated_key
    return found, last["sk"]["S"].removeprefix("CHAT#") if last else None


def _wraps(item: ChatItem) -> ChatWraps:
    staged = item.staged or {"keys": {}, "epoch": 0, "lease": ""}
    return ChatWraps(
        chat_id=item.chat_id,
        keys=wraps(item.keys),
        staged=wraps(staged["keys"]),
        staged_epoch=int(staged["epoch"]),
        lease_id=staged["lease"],
    )
