"""Everything that opens an account, made anew: for when somebody else had a device or a key of it. Nothing leads there from before."""

from dataclasses import dataclass

from .keys import Random, system_random
from .manifests import Manifest, make_manifest
from .master_keys import MasterKeys, SigningKey, WrappedKeys, wrap_signing_key
from .methods import KEY_BYTES
from .replacements import NewMethod, make_password, make_recovery_key
from .rotation import expect_present, next_statement
from .statements import EpochStatement, signing_public_key


@dataclass(frozen=True, kw_only=True)
class SecuredAccount:
    keys: MasterKeys
    password: NewMethod
    recovery: NewMethod
    signing: SigningKey
    statement: EpochStatement
    manifest: Manifest


def secure_account(
    wrapped: WrappedKeys, keys: MasterKeys, *, password: str, random: Random = system_random
) -> tuple[SecuredAccount, str]:
    """`wrapped` as the server gives it now, `keys` opened from it; with the recovery key as text, to show once.

    Statement and manifest follow the present ones by their hashes, and are signed by the new key.
    """
    before = expect_present(wrapped, keys)
    new = MasterKeys(keys.account, keys.epoch + 1, random(KEY_BYTES), signing_seed=random(KEY_BYTES))
    by_password = make_password(new, password, random=random)
    recovery, recovery_key = make_recovery_key(new, random=random)
    manifest = make_manifest(
        account=new.account,
        epoch=new.epoch,
        methods=(by_password.method, recovery.method),
        signing_seed=new.signing_seed,
        before=wrapped.manifest,
        signed_before=before,
    )
    made = SecuredAccount(
        keys=new,
        password=by_password,
        recovery=recovery,
        signing=SigningKey(signing_public_key(new.signing_seed), wrap_signing_key(new, random)),
        statement=next_statement(wrapped, new),
        manifest=manifest,
    )
    return made, recovery_key
