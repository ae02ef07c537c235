"""Devices that turn an account's master key, with the terminal client's crypto: a request is a step, and any may be the last."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from sealmate import errors
from sealmate.accounts.account import OwnAccount
from sealmate.accounts.app_shapes import RenewedApp
from sealmate.accounts.manifest_shapes import SignedManifest
from sealmate.accounts.records import Account, App, Method, MethodKind, Session, Statement
from sealmate.accounts.requests import EpochStatement, MethodKeys, PasswordKeys, Signing
from sealmate.accounts.rotating import Rotating
from sealmate.accounts.rotation_shapes import (
    AccountAnew,
    AppAnew,
    ChatRing,
    FlipRotation,
    LeaseTaken,
    MethodAnew,
    NewLink,
    Stage,
    StagedChat,
    WrappedAnew,
)
from sealmate.accounts.securing import Securing
from sealmate.accounts.securing_shapes import SecureAccount
from sealmate.turns.ports import Chat, Chats, Imported
from sealmate_cli import crypto
from sealmate_cli.crypto.master_keys import wrap_signing_key
from sealmate_cli.crypto.methods import make_method
from sealmate_cli.crypto.statements import make_statement
from sealmate_cli.wire.http import WrappedKeysAnswer
from tests.fakes.app_devices import make_app, open_settings

ACCOUNT = "11111111-0000-4000-8000-0000000000aa"


@cache
def made() -> tuple[crypto.AccountKeys, crypto.MasterKeys, bytes]:
    """Of the one account, and what opens it by its recovery key."""
    keys, master, recovery = crypto.make_account_keys(ACCOUNT, "kelp forest at noon")
    return keys, master, crypto.derive_recovery(crypto.decode_recovery_key(recovery), account=ACCOUNT).kek


def account() -> tuple[Account, list[Method]]:
    """As signing up stores them."""
    keys, _, _ = made()
    stored = Account(
        account_id=ACCOUNT,
        created_at=0,
        email_key="ada",
        email_sealed=b"",
        totp_sealed=b"",
        totp_step=0,
        signing_public=keys.signing.public_key,
        signing_private=keys.signing.private,
        statement=Statement(**vars(keys.statement)),
    )
    return stored, [_method("password", keys.password), _method("recovery", keys.recovery)]


def _method(kind: MethodKind, made: crypto.UnlockMethod) -> Method:
    return Method(
        method_id=made.method_id,
        kind=kind,
        auth_mac=b"",
        secret=made.secret,
        master=made.master,
        public=made.public,
    )


@dataclass(kw_only=True)
class Turning:
    """One device. `pins` are what it remembers; `keys` what it has open; `kek` is of the recovery key that its owner has."""

    rotating: Rotating
    own: OwnAccount
    chats: Chats
    session: Session
    keys: crypto.MasterKeys = field(default_factory=lambda: made()[1])
    pins: crypto.Pins = field(default_factory=crypto.Pins)
    turn_master: Callable[[crypto.WrappedKeys, crypto.MasterKeys], crypto.Turned] = crypto.turn_master
    kek: bytes = field(default_factory=lambda: made()[2])

    def wrapped(self, *, former: bool = False) -> crypto.WrappedKeys:
        answer = self.own.keys(self.session, former=former)
        return WrappedKeysAnswer.model_validate_json(answer.model_dump_json()).keys()

    def catch_up(self) -> crypto.WrappedKeys:
        """Follows the links to the account's epoch, with every check; a device that was away too long unlocks anew."""
        wrapped, public = self.wrapped(), crypto.signing_public_key(self.keys.signing_seed)
        statement = self.pins.statement or crypto.statement_hash(ACCOUNT, made()[0].statement)
        try:
            self.keys = crypto.follow_links(
                wrapped,
                epoch=self.keys.epoch,
                master_key=self.keys.master_key,
                statement=statement,
                signing_public=public,
            )
        except crypto.CryptoError as error:
            if error.reason != "link_missing":
                raise
            self.keys = _unlock(wrapped, self.kek)
        if wrapped.manifest:
            crypto.verify_manifest(
                wrapped.manifest, account=ACCOUNT, epoch=wrapped.epoch, methods=wrapped.methods, signing_public=public
            )
        self.pins = self.pins.advanced(ACCOUNT, wrapped.statement, wrapped.manifest, public)
        return wrapped

    def sign_in(self) -> crypto.WrappedKeys:
        """As a device that has nothing but the recovery key and what it remembers."""
        wrapped = self.wrapped()
        self.keys = _unlock(wrapped, self.kek)
        self.pins = self.pins.advanced(ACCOUNT, wrapped.statement, wrapped.manifest, wrapped.signing.public_key)
        return wrapped

    def fall_back(self) -> crypto.MasterKeys | None:
        """As `sign_in`, where the recovery key's present envelopes don't open."""
        wrapped = self.wrapped(former=True)
        return crypto.unlock_by_former(wrapped, account=ACCOUNT, kind="recovery", kek=made()[2], lowest_epoch=0)

    def turn(self) -> Iterator[str]:
        """A whole rotation, one request a step; what it yields names the step that was done. Errors end it."""
        wrapped = self.catch_up()
        old = self.keys  # the device may go on to others meanwhile
        lease = self.rotating.take(self.session, expected_epoch=wrapped.epoch, lease_id=None)
        yield "lease"
        turned = self.turn_master(wrapped, old)
        self.rotating.stage(self.session, lease.lease_id, Stage(account=_account_anew(turned)))
        yield "account"
        while True:
            for chat in self._unstaged(lease, turned.keys):
                self.rotating.stage(self.session, lease.lease_id, Stage(chats=(_anew(chat, old, turned.keys),)))
                yield "chat"
            try:
                self.rotating.flip(self.session, lease.lease_id, _flip(lease, turned))
            except errors.KeysChanged:
                if self.wrapped() != wrapped:
                    raise
                lease = self.rotating.take(self.session, expected_epoch=old.epoch, lease_id=lease.lease_id)
                yield "again"
            else:
                break
        yield "flip"
        self.catch_up()
        self.acknowledge()
        yield "acknowledged"

    def secure(self, securing: Securing) -> Iterator[str]:
        """As `turn`, but everything is replaced; `secured` is what opens it from then on."""
        wrapped = self.catch_up()
        lease = self.rotating.take(self.session, expected_epoch=wrapped.epoch, lease_id=None)
        yield "lease"
        made, old = SecuredAccount(wrapped), self.keys
        while True:
            for chat in self._unstaged(lease, made.keys, further=1):
                self.rotating.stage(self.session, lease.lease_id, Stage(chats=(made.chat(chat, old),)))
                yield "chat"
            try:
                apps = [made.app(app, old) for app in self.rotating.accounts.apps(ACCOUNT)]
                securing(self.session, lease.lease_id, made.body(lease.ring, apps=apps))
            except errors.KeysChanged:
                if self.wrapped() != wrapped:
                    raise
                lease = self.rotating.take(self.session, expected_epoch=old.epoch, lease_id=lease.lease_id)
                yield "again"
            else:
                break
        self.keys, self.kek = made.keys, made.kek
        self.pins = self.pins.advanced(ACCOUNT, *self._seen())
        yield "flip"

    def acknowledge(self) -> None:
        self.rotating.acknowledge(self.session, epoch=self.keys.epoch)

    def begin_chat(self, chat_id: str, *, at: int = 0) -> None:
        """WrongEpoch if the key was turned and this device hasn't seen it."""
        key = crypto.make_chat_key(ACCOUNT, chat_id)
        self.chats.add(
            Imported(
                account_id=ACCOUNT,
                chat_id=chat_id,
                generation=1,
                chat_key=crypto.wrap_chat_key(key, self.keys.master_key, epoch=self.keys.epoch),
                key_epoch=self.keys.epoch,
                details=None,
                created_at=at,
                active_at=at,
                records=[],
            ),
            at=at,
        )

    def open_all(self) -> dict[str, bytes]:
        """Every chat's key, from the wrap of this device's own epoch. CryptoError; IndexError if one is missing."""
        opened, cursor = {}, None
        while True:
            page, cursor = self.chats.chats(ACCOUNT, cursor=cursor, limit=50)
            for chat in (chat for chat in page if not chat.deleted):
                opened[chat.chat_id] = self.open(chat)
            if cursor is None:
                return opened

    def open(self, chat: Chat) -> bytes:
        wraps = [wraps[1] for wraps in (chat.keys, chat.staged) if 1 in wraps]
        mine = [wrap for wrap in wraps if crypto.read_epoch(wrap) == self.keys.epoch]
        return crypto.open_wrapped(mine[0], self.keys, chat=chat.chat_id, generation=1).key

    def name_methods(self) -> None:
        """Signs the next manifest, of the methods there are."""
        wrapped = self.catch_up()
        manifest = crypto.make_manifest(
            account=ACCOUNT,
            epoch=wrapped.epoch,
            methods=wrapped.methods,
            signing_seed=self.keys.signing_seed,
            before=wrapped.manifest,
        )
        self.rotating.put_manifest(self.session, _signed(manifest))

    def _seen(self) -> tuple[crypto.EpochStatement, crypto.Manifest | None, bytes]:
        wrapped = self.wrapped()
        return wrapped.statement, wrapped.manifest, wrapped.signing.public_key

    def _unstaged(self, lease: LeaseTaken, new: crypto.MasterKeys, *, further: int = 0) -> list[ChatRing]:
        """Reads back what is staged; what doesn't open with the new key is to be staged (again)."""
        left, cursor = [], None
        while True:
            page = self.rotating.staged(self.session, lease.lease_id, cursor=cursor)
            left += [chat for chat in page.chats if not _opens(chat, new, further=further)]
            cursor = page.cursor
            if cursor is None:
                return left


class SecuredAccount:
    """Everything that opens an account from now on, made as a client does; its recovery key is `kek`."""

    def __init__(self, wrapped: crypto.WrappedKeys) -> None:
        self.before, self.kek = wrapped, crypto.system_random(32)
        self.keys = crypto.MasterKeys(
            wrapped.account, wrapped.epoch + 1, crypto.system_random(32), signing_seed=crypto.system_random(32)
        )
        self.password, self.recovery = (
            self._method("password", crypto.system_random(32)),
            self._method("recovery", self.kek),
        )

    def chat(self, chat: ChatRing, old: crypto.MasterKeys) -> StagedChat:
        """With one generation more."""
        anew = _anew(chat, old, self.keys)
        generation = max(key.generation for key in anew.keys) + 1
        key = replace(crypto.make_chat_key(old.account, chat.chat_id), generation=generation)
        envelope = crypto.wrap_chat_key(key, self.keys.master_key, epoch=self.keys.epoch)
        return StagedChat(
            chat_id=chat.chat_id, keys=[*anew.keys, WrappedAnew(generation=generation, envelope=envelope)]
        )

    def app(self, stored: App, old: crypto.MasterKeys) -> RenewedApp:
        """Its settings as they are, under another key."""
        revision = stored.revision + 1
        made = make_app(self.keys, crypto.system_random(32), open_settings(stored, old), revision=revision)
        return RenewedApp(app="web", revision=stored.revision, key=made.key, settings=made.settings)

    def body(self, ring: int, *, apps: Iterable[RenewedApp] = ()) -> SecureAccount:
        seed, before = self.keys.signing_seed, self.before
        statement = make_statement(
            account=self.keys.account,
            epoch=self.keys.epoch,
            master_key=self.keys.master_key,
            signing_seed=seed,
            previous=crypto.statement_hash(self.keys.account, before.statement),
        )
        manifest = crypto.make_manifest(
            account=self.keys.account,
            epoch=self.keys.epoch,
            methods=[self.password, self.recovery],
            signing_seed=seed,
            before=before.manifest,
            signed_before=before.signing.public_key,
        )
        return SecureAccount(
            ring=ring,
            signing=Signing(
                public_key=crypto.signing_public_key(seed), private=wrap_signing_key(self.keys, crypto.system_random)
            ),
            statement=EpochStatement(**vars(statement)),
            manifest=_signed(manifest),
            password=PasswordKeys(**self._proving(self.password), salt=bytes(16), kdf_profile=1),
            recovery=MethodKeys(**self._proving(self.recovery)),
            apps=tuple(apps),
        )

    @staticmethod
    def _proving(method: crypto.UnlockMethod) -> dict[str, Any]:
        envelopes = {name: getattr(method, name) for name in ("method_id", "secret", "master", "public")}
        return {**envelopes, "auth": crypto.system_random(32)}

    def _method(self, kind: crypto.MethodKind, kek: bytes) -> crypto.UnlockMethod:
        return make_method(
            account=self.keys.account,
            method_id=str(uuid.uuid4()),
            kind=kind,
            kek=kek,
            master_key=self.keys.master_key,
            epoch=self.keys.epoch,
            signing_public_key=crypto.signing_public_key(self.keys.signing_seed),
        )


def _unlock(wrapped: crypto.WrappedKeys, kek: bytes) -> crypto.MasterKeys:
    return crypto.unlock_account(wrapped, account=ACCOUNT, kind="recovery", kek=kek, lowest_epoch=0)


def run(steps: Iterator[str], *, until: Callable[[str], bool] = lambda _: False) -> list[str]:
    """The steps that were done, up to the one at which the device dies."""
    done = []
    for step in steps:
        done.append(step)
        if until(step):
            break
    return done


def _wraps(chat: ChatRing, epoch: int) -> dict[int, bytes]:
    return {key.generation: key.envelope for key in chat.keys if crypto.read_epoch(key.envelope) == epoch}


def _opens(chat: ChatRing, keys: crypto.MasterKeys, *, further: int = 0) -> bool:
    wraps = _wraps(chat, keys.epoch)
    before = set(_wraps(chat, keys.epoch - 1))
    generations = before | set(range(max(before, default=0) + 1, max(before, default=0) + 1 + further))
    try:
        for generation, wrap in wraps.items():
            crypto.open_wrapped(wrap, keys, chat=chat.chat_id, generation=generation)
    except crypto.CryptoError:
        return False
    return set(wraps) == generations


def _anew(chat: ChatRing, old: crypto.MasterKeys, new: crypto.MasterKeys) -> StagedChat:
    keys = [
        WrappedAnew(
            generation=generation,
            envelope=crypto.rewrap_chat_key(wrap, chat=chat.chat_id, generation=generation, old=old, new=new),
        )
        for generation, wrap in _wraps(chat, old.epoch).items()
    ]
    return StagedChat(chat_id=chat.chat_id, keys=keys)


def _account_anew(turned: crypto.Turned) -> AccountAnew:
    methods = [MethodAnew(method_id=m.method_id, master=m.master, public=m.public) for m in turned.methods]
    apps = tuple(AppAnew.model_validate(vars(app)) for app in turned.apps)
    return AccountAnew(methods=methods, signing=turned.signing.private, apps=apps)


def _flip(lease: LeaseTaken, turned: crypto.Turned) -> FlipRotation:
    link = turned.link
    return FlipRotation(
        ring=lease.ring,
        statement=EpochStatement(**vars(link.statement)),
        manifest=_signed(turned.manifest),
        link=NewLink(forward=link.forward or b"", device=link.device),
    )


def _signed(manifest: crypto.Manifest) -> SignedManifest:
    named = [{"method_id": method_id, "public_hash": hashed} for method_id, hashed in manifest.methods]
    return SignedManifest.model_validate({**vars(manifest), "methods": named})
