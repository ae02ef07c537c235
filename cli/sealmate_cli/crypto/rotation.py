"""The next master key: made, sealed to every method, linked to from the one before; and the link followed."""

import hmac
from dataclasses import dataclass, replace

from . import envelope
from .apps import rewrap_app_key
from .chats import ChatKey, unwrap_chat_key, wrap_chat_key
from .envelope import Namespace, Place
from .errors import CryptoError
from .keys import Random, derive, system_random
from .manifests import Manifest, make_manifest, verify_manifest
from .master_keys import EpochLink, MasterKeys, SigningKey, WrappedApp, WrappedKeys, open_signing_key, wrap_signing_key
from .methods import KEY_BYTES, UnlockMethod, places
from .statements import EpochStatement, make_statement, signing_public_key, statement_hash, verify_statement
from .xwing import PUBLIC_KEY_BYTES


@dataclass(frozen=True)
class Turned:
    """All that the next epoch needs beside the chats' keys."""

    keys: MasterKeys
    methods: tuple[UnlockMethod, ...]
    signing: SigningKey
    link: EpochLink
    manifest: Manifest
    apps: tuple[WrappedApp, ...] = ()

    @property
    def wrapped(self) -> WrappedKeys:
        """As it will be stored."""
        return WrappedKeys(
            account=self.keys.account,
            epoch=self.keys.epoch,
            methods=self.methods,
            signing=self.signing,
            statement=self.link.statement,
            manifest=self.manifest,
            apps=self.apps,
        )


def turn_master(wrapped: WrappedKeys, keys: MasterKeys, *, random: Random = system_random) -> Turned:
    """`wrapped` as the server gives it now, `keys` opened from it. Nothing is sealed to a method that the account didn't name."""
    public = expect_present(wrapped, keys)
    new = replace(keys, epoch=keys.epoch + 1, master_key=random(KEY_BYTES))
    methods = tuple(_seal_anew(method, keys, new, random) for method in wrapped.methods)
    statement = next_statement(wrapped, new)
    return Turned(
        keys=new,
        methods=methods,
        signing=SigningKey(public, wrap_signing_key(new, random)),
        link=_make_link(keys, new, statement, random),
        apps=tuple(rewrap_app_key(app, old=keys, new=new, random=random) for app in wrapped.apps),
        manifest=make_manifest(
            account=new.account,
            epoch=new.epoch,
            methods=methods,
            signing_seed=new.signing_seed,
            before=wrapped.manifest,
        ),
    )


def expect_present(wrapped: WrappedKeys, keys: MasterKeys) -> bytes:
    """`keys` are the account's as `wrapped` has them. Their signing key's public half; CryptoError."""
    public = signing_public_key(keys.signing_seed)
    if wrapped.epoch != keys.epoch:
        raise CryptoError("wrong_epoch")
    verify_own_manifest(wrapped, public)
    return public


def next_statement(wrapped: WrappedKeys, new: MasterKeys) -> EpochStatement:
    """Of the epoch of `new`, after the present one."""
    return make_statement(
        account=new.account,
        epoch=new.epoch,
        master_key=new.master_key,
        signing_seed=new.signing_seed,
        previous=statement_hash(new.account, wrapped.statement),
    )


def verify_own_manifest(wrapped: WrappedKeys, signing_public: bytes) -> None:
    """A manifest that is there must be the account's word on the very methods that are there."""
    if wrapped.manifest is not None:
        verify_manifest(
            wrapped.manifest,
            account=wrapped.account,
            epoch=wrapped.epoch,
            methods=wrapped.methods,
            signing_public=signing_public,
        )


def rewrap_chat_key(
    wrapped: bytes, *, chat: str, generation: int, old: MasterKeys, new: MasterKeys, random: Random = system_random
) -> bytes:
    key = open_wrapped(wrapped, old, chat=chat, generation=generation)
    return wrap_chat_key(key, new.master_key, epoch=new.epoch, random=random)


def open_wrapped(wrapped: bytes, keys: MasterKeys, *, chat: str, generation: int) -> ChatKey:
    return unwrap_chat_key(
        wrapped, keys.master_key, account=keys.account, chat=chat, generation=generation, epoch=keys.epoch
    )


def follow_links(
    wrapped: WrappedKeys, *, epoch: int, master_key: bytes, statement: bytes, signing_public: bytes
) -> MasterKeys:
    """From a device's own epoch to that of `wrapped`. `statement`: the hash it remembers, `signing_public`: the key.

    `link_missing` if no link leads on: then a method must open the keys anew.
    """
    for link in wrapped.links:
        if link.forward is not None and link.statement.epoch == epoch + 1 and epoch < wrapped.epoch:
            master_key = _follow(
                link.forward,
                to=link.statement,
                account=wrapped.account,
                epoch=epoch,
                master_key=master_key,
                statement=statement,
                signing_public=signing_public,
            )
            epoch, statement = epoch + 1, statement_hash(wrapped.account, link.statement)
    if epoch != wrapped.epoch:
        raise CryptoError("epoch_rolled_back" if wrapped.epoch < epoch else "link_missing")
    if statement != statement_hash(wrapped.account, wrapped.statement):
        raise CryptoError("epoch_forked")
    seed = open_signing_key(wrapped, master_key)
    if not hmac.compare_digest(signing_public_key(seed), signing_public):
        raise CryptoError("signing_key_mismatch")
    return MasterKeys(wrapped.account, epoch, master_key, signing_seed=seed)


def _follow(
    forward: bytes,
    *,
    to: EpochStatement,
    account: str,
    epoch: int,
    master_key: bytes,
    statement: bytes,
    signing_public: bytes,
) -> bytes:
    """The next master key. The signing key is the same as before, so nobody else can have made the link."""
    following = envelope.open_with(master_key, _forward_place(account, epoch), forward)
    if len(following) != KEY_BYTES:
        raise CryptoError("bad_content")
    verify_statement(to, account=account, epoch=epoch + 1, master_key=following, signing_public_key=signing_public)
    if to.previous != statement:
        raise CryptoError("statement_not_chained")
    return following


def open_device_link(link: EpochLink, keys: MasterKeys) -> bytes:
    """The device key of the epoch before `keys`, for what a browser kept of its own under it."""
    device_key = envelope.open_with(keys.master_key, _device_place(keys.account, keys.epoch), link.device)
    if len(device_key) != KEY_BYTES:
        raise CryptoError("bad_content")
    return device_key


def _make_link(old: MasterKeys, new: MasterKeys, statement: EpochStatement, random: Random) -> EpochLink:
    device_key = derive(old.master_key, b"sealmate v1 device store")
    return EpochLink(
        statement=statement,
        forward=envelope.seal(old.master_key, _forward_place(old.account, old.epoch), new.master_key, random=random),
        device=envelope.seal(new.master_key, _device_place(new.account, new.epoch), device_key, random=random),
    )


def _seal_anew(method: UnlockMethod, old: MasterKeys, new: MasterKeys, random: Random) -> UnlockMethod:
    """Only who holds the old master key can have written the public key that the new one is sealed to."""
    *_, public = places(old.account, method.method_id, method.kind, old.epoch)
    public_key = envelope.open_with(old.master_key, public, method.public)
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise CryptoError("bad_content")
    _, next_master, next_public = places(new.account, method.method_id, method.kind, new.epoch)
    return replace(
        method,
        master=envelope.seal_to(public_key, next_master, new.master_key),
        public=envelope.seal(new.master_key, next_public, public_key, random=random),
    )


def _forward_place(account: str, epoch: int) -> Place:
    """`epoch`: the one that the link leads from."""
    return Place(Namespace.LINK, account, "account", account, epoch=epoch, version=epoch + 1)


def _device_place(account: str, epoch: int) -> Place:
    """`epoch`: the one that the link leads to."""
    return Place(Namespace.DEVICE_LINK, account, "account", account, epoch=epoch, version=epoch - 1)
