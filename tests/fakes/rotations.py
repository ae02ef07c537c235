"""Rotations in memory, over the rows of accounts and those of chats, under the conditions that DynamoDB checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sealmate.accounts.records import Account, Link, Manifest
from sealmate.accounts.rotation import ChatWraps, Flip, Lease, Secure, StagedMethod, Wraps
from sealmate.turns.ports import Chat
from tests.fakes.accounts import Rows, turned
from tests.fakes.stores import Tables


class FakeRotations:
    def __init__(self, rows: Rows, tables: Tables) -> None:
        self._rows, self._tables = rows, tables

    def lease(self, account_id: str) -> Lease | None:
        return self._rows.leases.get(account_id)

    def take(self, lease: Lease, *, now: int) -> bool:
        with self._whole():
            held = self.lease(lease.account_id)
            if held is not None and held.expires_at > now and held.session_id != lease.session_id:
                return False
            self._rows.leases[lease.account_id] = lease
            return True

    def extend(self, lease: Lease, *, expires_at: int, now: int) -> bool:
        return self._note(lease, now=now, expires_at=expires_at)

    def ring(self, account_id: str) -> int:
        return self._tables.rings[account_id]

    def chats(self, account_id: str, *, cursor: str | None, limit: int) -> tuple[list[ChatWraps], str | None]:
        mine = {chat.chat_id: chat for (owner, _), chat in self._tables.chats.items() if owner == account_id}
        left = sorted(chat_id for chat_id in mine if chat_id > (cursor or ""))
        page = [mine[chat_id] for chat_id in left[:limit]]
        found = [self._wraps(account_id, chat) for chat in page if not chat.deleted]
        return found, page[-1].chat_id if len(left) > limit else None

    def stage_chats(self, lease: Lease, chats: Mapping[str, Wraps], *, now: int) -> bool:
        with self._whole():
            if not self._held(lease, now=now):
                return False
            for chat_id, wraps in chats.items():
                chat = self._tables.chats.get((lease.account_id, chat_id))
                if chat is None or chat.deleted:
                    continue
                if self._epoch(lease.account_id, chat_id) == lease.epoch:
                    chat = replace(chat, keys=chat.staged, generation=max(chat.staged))
                self._tables.chats[lease.account_id, chat_id] = replace(chat, staged=dict(wraps))
                self._tables.staged_by[lease.account_id, chat_id] = lease.lease_id, lease.epoch + 1
            return True

    def stage_account(
        self,
        lease: Lease,
        methods: Mapping[str, StagedMethod],
        signing: bytes,
        *,
        apps: Mapping[str, bytes],
        now: int,
    ) -> bool:
        return self._note(lease, now=now, methods=dict(methods), apps=dict(apps), signing=signing)

    def flip(self, flip: Flip, *, now: int) -> bool:
        rows, account_id, lease = self._rows, flip.lease.account_id, flip.lease
        with self._whole():
            methods = {m.method_id: m for m in rows.methods.get(account_id, [])}
            unlocking = {method_id for method_id, method in methods.items() if method.unlocks}
            same = self._unchanged(flip.before) and self._tables.rings[account_id] == flip.ring
            there = all((account_id, name) in rows.apps for name in lease.apps)
            if not (same and there and self._held(lease, now=now) and unlocking == set(lease.methods)):
                return False
            for name, key in lease.apps.items():
                rows.apps[account_id, name] = replace(rows.apps[account_id, name], key=key)
            for method_id, staged in lease.methods.items():
                methods[method_id] = replace(methods[method_id], master=staged.master, public=staged.public)
            rows.methods[account_id] = list(methods.values())
            rows.accounts[account_id] = replace(
                rows.accounts[account_id],
                signing_private=flip.signing,
                statement=flip.link.statement,
                manifest=flip.manifest,
                rotated_at=now,
            )
            rows.overdue[account_id] = turned(account_id, now)
            self._tables.epochs[account_id] = flip.link.statement.epoch
            rows.links[account_id, flip.link.statement.epoch] = flip.link
            del rows.leases[account_id]
            return True

    def secure(self, secure: Secure, *, now: int) -> bool:
        rows, account_id, lease = self._rows, secure.before.account_id, secure.lease
        session = (account_id, secure.session.session_id)
        with self._whole():
            same = self._unchanged(secure.before) and self._tables.rings[account_id] == secure.ring
            apps = [rows.apps.get((account_id, app.name)) for app in secure.apps]
            same_apps = [app and app.revision + 1 for app in apps] == [app.revision for app in secure.apps]
            if not (same and same_apps and self._held(lease, now=now) and session in rows.sessions):
                return False
            rows.apps |= {(account_id, app.name): app for app in secure.apps}
            rows.accounts[account_id] = replace(secure.after, ways_in=secure.before.ways_in + 1)
            rows.methods[account_id] = list(secure.methods)
            rows.backups = {each for each in rows.backups if each[0] != account_id}
            rows.backups |= {(account_id, mac) for mac in secure.backup_macs}
            rows.links = {key: link for key, link in rows.links.items() if key[0] != account_id}
            rows.sessions = {k: v for k, v in rows.sessions.items() if k[0] != account_id or k == session}
            self._tables.epochs[account_id] = secure.after.statement.epoch
            del rows.leases[account_id]
            return True

    def put_manifest(self, account: Account, manifest: Manifest) -> bool:
        with self._whole():
            if not self._unchanged(account):
                return False
            stored = self._rows.accounts[account.account_id]
            self._rows.accounts[account.account_id] = replace(stored, manifest=manifest)
            return True

    def acknowledge(self, account_id: str, epoch: int, session_id: str) -> Link | None:
        with self._whole():
            link = self._rows.links.get((account_id, epoch))
            if link is None:
                return None
            link = replace(link, acknowledged=link.acknowledged | {session_id})
            self._rows.links[account_id, epoch] = link
            return link

    def tidy(self, account_id: str, epoch: int, *, limit: int) -> None:
        with self._whole():
            staged = [key for key in self._tables.chats if key[0] == account_id and self._epoch(*key) == epoch]
            for key in staged[:limit]:
                chat = self._tables.chats[key]
                self._tables.chats[key] = replace(chat, keys=chat.staged, staged={}, generation=max(chat.staged))
                del self._tables.staged_by[key]

    def _wraps(self, account_id: str, chat: Chat) -> ChatWraps:
        lease_id, epoch = self._tables.staged_by.get((account_id, chat.chat_id), ("", 0))
        return ChatWraps(
            chat_id=chat.chat_id, keys=chat.keys, staged=chat.staged, staged_epoch=epoch, lease_id=lease_id
        )

    def _epoch(self, account_id: str, chat_id: str) -> int:
        """Of what is staged; 0 if nothing is."""
        chat = self._tables.chats[account_id, chat_id]
        return self._tables.staged_by[account_id, chat_id][1] if chat.staged else 0

    def _held(self, lease: Lease, *, now: int) -> bool:
        held = self.lease(lease.account_id)
        return held is not None and held.lease_id == lease.lease_id and held.expires_at > now

    def _unchanged(self, account: Account) -> bool:
        stored = self._rows.accounts.get(account.account_id)
        return stored is not None and (stored.statement.epoch, stored.manifest, stored.ways_in) == (
            account.statement.epoch,
            account.manifest,
            account.ways_in,
        )

    def _note(self, lease: Lease, *, now: int, **changes: Any) -> bool:
        with self._whole():
            if not self._held(lease, now=now):
                return False
            held = self._rows.leases[lease.account_id]
            self._rows.leases[lease.account_id] = replace(held, **changes)
            return True

    @contextmanager
    def _whole(self) -> Iterator[None]:
        with self._rows.lock, self._tables.lock:
            yield
