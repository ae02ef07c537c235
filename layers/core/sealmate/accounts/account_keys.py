"""Checks what can be checked of an account's new keys without being able to open them.

Errors: InvalidKeys, whose `part` names what doesn't fit.
"""

from __future__ import annotations

from collections.abc import Sequence

from sealmate import errors
from sealmate.accounts.records import Account, Credential, CredentialKind, Method, Statement
from sealmate.accounts.requests import (
    AccountKeys,
    EpochStatement,
    MethodEnvelopes,
    MethodKeys,
    PasskeyKeys,
    PasswordKeys,
)
from sealmate.seal.envelope import Header, Namespace, length_prefixed

_FIRST_EPOCH = 1


def check(keys: AccountKeys, *, account_id: str) -> None:
    """Every envelope is what its place asks for, all of the first epoch, and the account's own signature binds it."""
    headers = {part: _header(part, envelope, namespace) for part, envelope, namespace in _envelopes(keys)}
    first, name = _first(keys)
    _require(first.method_id != keys.recovery.method_id, "method_id")
    _require(keys.password is None or keys.password.auth != keys.recovery.auth, "auth")
    under_master = {headers[part].key_id for part in (f"{name}.public", "recovery.public", "signing.private")}
    _require(len(under_master) == 1, "master key")
    _require(headers[f"{name}.secret"].key_id != headers["recovery.secret"].key_id, "secret")
    _require(headers[f"{name}.master"].key_id != headers["recovery.master"].key_id, "master")
    _require(keys.statement.epoch == _FIRST_EPOCH and not keys.statement.previous, "statement")
    check_signature(keys.signing.public_key, keys.statement, account_id=account_id)


def check_added(keys: MethodEnvelopes, *, account: Account) -> None:
    """A further method's envelopes: each what its place asks for, and all of the master key the account has now."""
    epoch = account.statement.epoch
    _header("secret", keys.secret, Namespace.UNLOCK_SECRET)
    _header("master", keys.master, Namespace.UNLOCK_MASTER, epoch=epoch)
    public = _header("public", keys.public, Namespace.UNLOCK_PUBLIC, epoch=epoch)
    _require(public.key_id == Header.parse(account.signing_private).key_id, "master key")


def credential_method(
    method_id: str,
    kind: CredentialKind,
    credential: Credential,
    keys: MethodEnvelopes | None,
    *,
    name: str,
    now: int,
) -> Method:
    """A passkey or security key as it is stored; without `keys` it unlocks nothing."""
    return Method(
        method_id=method_id,
        kind=kind,
        secret=keys.secret if keys else b"",
        master=keys.master if keys else b"",
        public=keys.public if keys else b"",
        credential=credential,
        name=name,
        created_at=now,
    )


def check_replacement(keys: MethodKeys, new: Method, known: list[Method], *, account: Account) -> None:
    """A method that takes another's place: also like none that is there."""
    check_added(keys, account=account)
    kek = Header.parse(new.secret).key_id
    _require(new.method_id not in {method.method_id for method in known}, "method_id")
    _require(new.auth_mac not in {method.auth_mac for method in known}, "auth")
    _require(kek not in {Header.parse(method.secret).key_id for method in known if method.unlocks}, "secret")


def check_all_new(methods: Sequence[Method], known: Sequence[Method], *, signing: bytes, epoch: int) -> None:
    """Methods that take the place of all there are: each like none that is there, and all of the epoch's one master key."""
    master = _header("signing", signing, Namespace.SIGNING_KEY, epoch=epoch).key_id
    for method in methods:
        _header("secret", method.secret, Namespace.UNLOCK_SECRET)
        _header("master", method.master, Namespace.UNLOCK_MASTER, epoch=epoch)
        public = _header("public", method.public, Namespace.UNLOCK_PUBLIC, epoch=epoch)
        _require(public.key_id == master, "master key")
    ids = [method.method_id for method in (*methods, *known)]
    proving = [method.auth_mac for method in (*methods, *known) if method.auth_mac]
    credentials = [method.credential for method in methods if method.credential]
    _require(len(set(ids)) == len(ids), "method_id")
    _require(len(set(proving)) == len(proving), "auth")
    _require(len({each.credential_id for each in credentials}) == len(credentials), "credentials")


def statement_bytes(account_id: str, *, epoch: int, commitment: bytes, previous: bytes) -> bytes:
    """The epoch statement as it is signed."""
    return (
        length_prefixed(b"sealmate v1 epoch")
        + length_prefixed(account_id.encode())
        + epoch.to_bytes(4, "big")
        + length_prefixed(commitment)
        + length_prefixed(previous)
    )


def password_method(password: PasswordKeys, *, auth_mac: bytes) -> Method:
    return Method(
        method_id=password.method_id,
        kind="password",
        auth_mac=auth_mac,
        secret=password.secret,
        master=password.master,
        public=password.public,
        salt=password.salt,
        kdf_profile=password.kdf_profile,
    )


def recovery_method(recovery: MethodKeys, *, auth_mac: bytes) -> Method:
    return Method(
        method_id=recovery.method_id,
        kind="recovery",
        auth_mac=auth_mac,
        secret=recovery.secret,
        master=recovery.master,
        public=recovery.public,
    )


def statement_record(signed: EpochStatement) -> Statement:
    return Statement(
        epoch=signed.epoch, commitment=signed.commitment, previous=signed.previous, signature=signed.signature
    )


def _first(keys: AccountKeys) -> tuple[PasswordKeys | PasskeyKeys, str]:
    """What opens the account beside the recovery key, and how it is called."""
    if keys.password is not None:
        return keys.password, "password"
    if keys.passkey is None:
        raise errors.InvalidKeys(part="passkey")
    return keys.passkey, "passkey"


def _envelopes(keys: AccountKeys) -> list[tuple[str, bytes, Namespace]]:
    def of_method(name: str, method: MethodEnvelopes) -> list[tuple[str, bytes, Namespace]]:
        return [
            (f"{name}.secret", method.secret, Namespace.UNLOCK_SECRET),
            (f"{name}.master", method.master, Namespace.UNLOCK_MASTER),
            (f"{name}.public", method.public, Namespace.UNLOCK_PUBLIC),
        ]

    signing = ("signing.private", keys.signing.private, Namespace.SIGNING_KEY)
    first, name = _first(keys)
    return [*of_method(name, first), *of_method("recovery", keys.recovery), signing]


def _header(part: str, envelope: bytes, namespace: Namespace, *, epoch: int = _FIRST_EPOCH) -> Header:
    try:
        header = Header.parse(envelope)
    except errors.SealBroken:
        raise errors.InvalidKeys(part=part) from None
    _require(header.namespace is namespace and header.epoch == epoch, part)
    return header


def check_signature(public_key: bytes, statement: EpochStatement, *, account_id: str) -> None:
    """InvalidKeys unless the statement is signed with this key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signed = statement_bytes(
        account_id, epoch=statement.epoch, commitment=statement.commitment, previous=statement.previous
    )
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(statement.signature, signed)
    except (InvalidSignature, ValueError):
        raise errors.InvalidKeys(part="statement.signature") from None


def _require(fits: bool, part: str) -> None:
    if not fits:
        raise errors.InvalidKeys(part=part)
