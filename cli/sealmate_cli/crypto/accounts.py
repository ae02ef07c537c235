"""An account's keys: made at signup on the device, opened at login with every check."""

import hmac
import uuid
from dataclasses import dataclass

from .errors import CryptoError
from .keys import Random, system_random
from .manifests import Manifest, make_manifest
from .master_keys import MasterKeys, SigningKey, WrappedKeys, open_signing_key, wrap_signing_key
from .methods import KEY_BYTES, MethodKind, UnlockMethod, make_method, open_method
from .passwords import CURRENT_PROFILE, SALT_BYTES, derive_password
from .recovery import derive_recovery, encode_recovery_key
from .statements import EpochStatement, make_statement, signing_public_key, verify_statement

FIRST_EPOCH = 1


@dataclass(frozen=True)
class AccountKeys:
    """What signup sends: envelopes and proofs only."""

    password: UnlockMethod
    password_salt: bytes
    password_auth: bytes
    kdf_profile: int
    recovery: UnlockMethod
    recovery_auth: bytes
    signing: SigningKey
    statement: EpochStatement
    manifest: Manifest


def make_account_keys(
    account: str, password: str, *, random: Random = system_random
) -> tuple[AccountKeys, MasterKeys, str]:
    """The keys to send, the keys to keep, and the recovery key as text to show once."""
    keys = MasterKeys(account, FIRST_EPOCH, random(KEY_BYTES), signing_seed=random(KEY_BYTES))
    signing_public = signing_public_key(keys.signing_seed)
    salt, recovery_key = random(SALT_BYTES), random(KEY_BYTES)
    by_password = derive_password(password, account=account, salt=salt, profile=CURRENT_PROFILE)
    by_recovery = derive_recovery(recovery_key, account=account)

    by_kind = (
        method_of(keys, "password", by_password.kek, random),
        method_of(keys, "recovery", by_recovery.kek, random),
    )
    to_send = AccountKeys(
        password=by_kind[0],
        password_salt=salt,
        password_auth=by_password.auth,
        kdf_profile=CURRENT_PROFILE,
        recovery=by_kind[1],
        recovery_auth=by_recovery.auth,
        signing=SigningKey(signing_public, wrap_signing_key(keys, random)),
        statement=make_statement(
            account=account, epoch=keys.epoch, master_key=keys.master_key, signing_seed=keys.signing_seed
        ),
        manifest=make_manifest(
            account=account, epoch=keys.epoch, methods=by_kind, signing_seed=keys.signing_seed, before=None
        ),
    )
    return to_send, keys, encode_recovery_key(recovery_key)


def method_of(keys: MasterKeys, kind: MethodKind, kek: bytes, random: Random) -> UnlockMethod:
    """A new method that opens these keys."""
    return make_method(
        account=keys.account,
        method_id=str(uuid.UUID(bytes=random(16), version=4)),
        kind=kind,
        kek=kek,
        master_key=keys.master_key,
        epoch=keys.epoch,
        signing_public_key=signing_public_key(keys.signing_seed),
        random=random,
    )


def unlock_account(
    wrapped: WrappedKeys, *, account: str, kind: MethodKind, kek: bytes, lowest_epoch: int
) -> MasterKeys:
    """Opens the master key and proves it: `lowest_epoch` is the highest this device has seen (0: none)."""
    if wrapped.account != account:
        raise CryptoError("wrong_account")
    if wrapped.epoch < lowest_epoch:
        raise CryptoError("epoch_rolled_back")
    method = next((each for each in wrapped.methods if each.kind == kind), None)
    if method is None:
        raise CryptoError("no_such_method")
    opened = open_method(method, account=account, kek=kek, epoch=wrapped.epoch)
    return prove_master(wrapped, opened.master_key, opened.signing_public_key)


def prove_master(wrapped: WrappedKeys, master_key: bytes, signing_public: bytes) -> MasterKeys:
    """It is the account's own, of this epoch, by the word of a signing key that is known apart from `wrapped`."""
    if not hmac.compare_digest(signing_public, wrapped.signing.public_key):
        raise CryptoError("signing_key_mismatch")
    verify_statement(
        wrapped.statement,
        account=wrapped.account,
        epoch=wrapped.epoch,
        master_key=master_key,
        signing_public_key=signing_public,
    )
    seed = open_signing_key(wrapped, master_key)
    if signing_public_key(seed) != signing_public:
        raise CryptoError("signing_key_mismatch")
    return MasterKeys(wrapped.account, wrapped.epoch, master_key, signing_seed=seed)
