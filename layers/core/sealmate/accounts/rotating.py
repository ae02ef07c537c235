"""Turning the master key: a lease, wraps staged under the next epoch, and one flip. docs/decisions/0013-rotation.md.

The server can't open what is staged. It sees to it that no more than one device wins, and that nothing is left without a wrap:
headers tell it namespace, epoch and which key an envelope is under.
"""

from __future__ import annotations

from dataclasses import dataclass

from sealmate import errors
from sealmate.accounts import manifests
from sealmate.accounts.manifest_shapes import SignedManifest
from sealmate.accounts.owner import account_of
from sealmate.accounts.records import Account, FormerMethod, Link, Method, Session, Statement
from sealmate.accounts.rotation import Flip, Lease, RotationStore, StagedMethod
from sealmate.accounts.rotation_shapes import (
    AccountAnew,
    AppAnew,
    ChatRing,
    Flipped,
    FlipRotation,
    LeaseTaken,
    MethodAnew,
    Stage,
    StagedKeys,
)
from sealmate.accounts.sessions import Sessions
from sealmate.accounts.staged_keys import key_id_of, one_key_for_all
from sealmate.accounts.stores import AccountStore
from sealmate.ports import Clock, Random
from sealmate.seal.envelope import Namespace, digest

_LEASE = 600
_LINK = 30 * 86_400
_PAGE = 100
# Of the chats that one request tidies; the next acknowledgement, or the next rotation, goes on.
_TIDIED = 200


@dataclass(frozen=True, kw_only=True)
class Rotating:
    """`every`: seconds after which a rotation is due."""

    clock: Clock
    random: Random
    accounts: AccountStore
    rotations: RotationStore
    sessions: Sessions
    every: int

    def take(self, session: Session, *, expected_epoch: int, lease_id: str | None) -> LeaseTaken:
        """A new lease, or `lease_id` for longer. WrongEpoch, RotationUnderWay, LeaseOver."""
        account, now = self.account(session, epoch=expected_epoch), self.clock.now()
        # The ring is read first: whatever is begun after it is seen as a change, at worst once too often.
        ring = self.rotations.ring(account.account_id)
        if lease_id is not None:
            lease = self.held(session, lease_id)
            if not self.rotations.extend(lease, expires_at=now + _LEASE, now=now):
                raise errors.LeaseOver()
        else:
            lease = Lease(
                account_id=account.account_id,
                lease_id=self.random.uuid(),
                epoch=expected_epoch,
                session_id=session.session_id,
                expires_at=now + _LEASE,
            )
            if not self.rotations.take(lease, now=now):
                held = self.rotations.lease(account.account_id)
                raise errors.RotationUnderWay(retry_after=max(1, held.expires_at - now) if held else 1)
        return LeaseTaken(lease_id=lease.lease_id, epoch=lease.epoch, ring=ring, expires_at=now + _LEASE)

    def stage(self, session: Session, lease_id: str, stage: Stage) -> None:
        """LeaseOver, InvalidKeys. Staging again replaces."""
        lease, now = self.held(session, lease_id), self.clock.now()
        epoch = lease.epoch + 1
        chats = {chat.chat_id: {key.generation: key.envelope for key in chat.keys} for chat in stage.chats}
        for wraps in chats.values():
            for envelope in wraps.values():
                key_id_of(envelope, Namespace.CHAT_KEY, epoch=epoch)
        held = not chats or self.rotations.stage_chats(lease, chats, now=now)
        if held and stage.account:
            methods = {m.method_id: StagedMethod(master=m.master, public=m.public) for m in stage.account.methods}
            apps: dict[str, bytes] = {each.app: each.key for each in stage.account.apps}
            one_key_for_all(methods, stage.account.signing, apps=apps, epoch=epoch)
            held = self.rotations.stage_account(lease, methods, stage.account.signing, apps=apps, now=now)
        if not held:
            raise errors.LeaseOver()

    def staged(self, session: Session, lease_id: str, *, cursor: str | None) -> StagedKeys:
        """All there is to stage, with what was staged: chats by pages, the account with each."""
        lease = self.held(session, lease_id)
        chats, cursor = self.rotations.chats(session.account_id, cursor=cursor, limit=_PAGE)
        account = None
        if lease.signing:
            methods = [
                MethodAnew(method_id=each, master=m.master, public=m.public) for each, m in lease.methods.items()
            ]
            apps = tuple(AppAnew.model_validate({"app": name, "key": key}) for name, key in lease.apps.items())
            account = AccountAnew(methods=methods, signing=lease.signing, apps=apps)
        return StagedKeys(chats=[ChatRing.of(chat) for chat in chats], account=account, cursor=cursor)

    def flip(self, session: Session, lease_id: str, flip: FlipRotation) -> Flipped:
        """The next epoch becomes the present one, whole; or nothing is other than before.

        KeysChanged, LeaseOver, ManifestConflict, WrongEpoch, InvalidKeys.
        """
        lease, now = self.held(session, lease_id), self.clock.now()
        account = self.account(session, epoch=lease.epoch)
        manifests.check_next(flip.statement, account)
        manifest = flip.manifest.record()
        manifests.check_manifest(manifest, account, epoch=lease.epoch + 1)
        unlocking = [method for method in self.accounts.methods(account.account_id) if method.unlocks]
        signing = self._check_account(account, unlocking, lease, flip)
        self.check_chats(lease, under=key_id_of(signing, Namespace.SIGNING_KEY, epoch=lease.epoch + 1))
        link = Link(
            statement=Statement(**dict(flip.statement)),
            forward=flip.link.forward,
            device=flip.link.device,
            made_at=now,
            expires_at=now + _LINK,
            former=tuple(FormerMethod(method_id=m.method_id, master=m.master, public=m.public) for m in unlocking),
        )
        turned = Flip(before=account, lease=lease, ring=flip.ring, signing=signing, manifest=manifest, link=link)
        if not self.rotations.flip(turned, now=now):
            self.held(session, lease_id)
            self.account(session, epoch=lease.epoch)
            raise errors.KeysChanged()
        return Flipped(epoch=flip.statement.epoch, rotation_due_at=now + self.every)

    def put_manifest(self, session: Session, manifest: SignedManifest) -> None:
        """The next manifest of the present epoch, with all that unlocks. ManifestConflict, InvalidKeys."""
        account = self.account(session)
        manifests.check_manifest(manifest.record(), account, epoch=account.statement.epoch)
        manifests.check_all_named(manifest.record(), self.accounts.methods(account.account_id))
        if not self.rotations.put_manifest(account, manifest.record()):
            raise errors.ManifestConflict()

    def acknowledge(self, session: Session, *, epoch: int) -> None:
        """This session has the epoch's key. When all of the time before have, the wraps of the epoch before go.

        The link stays for its time: who signs in by a method that a faulty or hostile device sealed wrongly still gets here by it, and a
        browser without a session to what it keeps of its own.
        """
        account = self.account(session, epoch=epoch)
        link = self.rotations.acknowledge(account.account_id, epoch, session.session_id)
        if link is None:
            return
        waiting = {s.session_id for s in self.sessions.of_account(account.account_id) if s.created_at <= link.made_at}
        if not waiting <= link.acknowledged and link.expires_at > self.clock.now():
            return
        self.rotations.tidy(account.account_id, epoch, limit=_TIDIED)

    def _check_account(self, account: Account, unlocking: list[Method], lease: Lease, flip: FlipRotation) -> bytes:
        """The staged signing key, if all that unlocks and every app was staged, and manifest and link speak of the same keys."""
        apps = {app.name for app in self.accounts.apps(account.account_id)}
        unlocks = {method.method_id for method in unlocking}
        if lease.signing is None or unlocks != set(lease.methods) or apps != set(lease.apps):
            raise errors.KeysChanged()
        named = {(method_id, digest(method.public)) for method_id, method in lease.methods.items()}
        if named != set(flip.manifest.record().methods):
            raise errors.InvalidKeys(part="manifest.methods")
        old, new = lease.epoch, lease.epoch + 1
        of_old = key_id_of(account.signing_private, Namespace.SIGNING_KEY, epoch=old)
        of_new = key_id_of(lease.signing, Namespace.SIGNING_KEY, epoch=new)
        if key_id_of(flip.link.forward, Namespace.LINK, epoch=old) != of_old:
            raise errors.InvalidKeys(part="link.forward")
        if key_id_of(flip.link.device, Namespace.DEVICE_LINK, epoch=new) != of_new:
            raise errors.InvalidKeys(part="link.device")
        return lease.signing

    def check_chats(self, lease: Lease, *, under: bytes, further: int = 0) -> None:
        """No chat without a wrap of each generation, and of `further` new ones, by this lease, under the key that the account will have.

        KeysChanged.
        """
        cursor: str | None = None
        while True:
            chats, cursor = self.rotations.chats(lease.account_id, cursor=cursor, limit=_PAGE)
            for chat in chats:
                newest = max(chat.keys)
                wanted = set(chat.keys) | set(range(newest + 1, newest + 1 + further))
                mine = chat.lease_id == lease.lease_id and set(chat.staged) == wanted
                wraps = chat.staged.values() if mine else ()
                key_ids = {key_id_of(wrap, Namespace.CHAT_KEY, epoch=lease.epoch + 1) for wrap in wraps}
                if key_ids != {under}:
                    raise errors.KeysChanged()
            if cursor is None:
                return

    def account(self, session: Session, *, epoch: int | None = None) -> Account:
        """WrongEpoch."""
        account = account_of(self.accounts, session.account_id)
        if epoch not in (None, account.statement.epoch):
            raise errors.WrongEpoch()
        return account

    def held(self, session: Session, lease_id: str) -> Lease:
        """The session's own lease, while it lives. LeaseOver."""
        lease = self.rotations.lease(session.account_id)
        mine = lease is not None and (lease.lease_id, lease.session_id) == (lease_id, session.session_id)
        if lease is None or not mine or lease.expires_at <= self.clock.now():
            raise errors.LeaseOver()
        return lease
