"""A new password or recovery key for an account that is open: made here, and opened once before anyone relies on it."""

import hmac
from dataclasses import dataclass

from .accounts import method_of
from .errors import CryptoError
from .keys import Random, system_random
from .master_keys import MasterKeys
from .methods import KEY_BYTES, MethodKind, UnlockMethod, open_method
from .passwords import CURRENT_PROFILE, SALT_BYTES, Proof, derive_password
from .recovery import derive_recovery, encode_recovery_key
from .statements import signing_public_key


@dataclass(frozen=True)
class NewMethod:
    """What is sent: envelopes and the proof only. Salt and profile belong to passwords."""

    method: UnlockMethod
    auth: bytes
    salt: bytes | None = None
    kdf_profile: int | None = None


def make_password(keys: MasterKeys, password: str, *, random: Random = system_random) -> NewMethod:
    salt = random(SALT_BYTES)
    proof = derive_password(password, account=keys.account, salt=salt, profile=CURRENT_PROFILE)
    return NewMethod(_proven(keys, "password", proof, random), proof.auth, salt, CURRENT_PROFILE)


def make_recovery_key(keys: MasterKeys, *, random: Random = system_random) -> tuple[NewMethod, str]:
    """The text is to be shown; it opens nothing until the server has the method."""
    key = random(KEY_BYTES)
    proof = derive_recovery(key, account=keys.account)
    return NewMethod(_proven(keys, "recovery", proof, random), proof.auth), encode_recovery_key(key)


def _proven(keys: MasterKeys, kind: MethodKind, proof: Proof, random: Random) -> UnlockMethod:
    """A method that was tried: it opens this very master key."""
    made = method_of(keys, kind, proof.kek, random)
    opened = open_method(made, account=keys.account, kek=proof.kek, epoch=keys.epoch)
    fits = hmac.compare_digest(opened.master_key, keys.master_key)
    if not fits or opened.signing_public_key != signing_public_key(keys.signing_seed):
        raise CryptoError("bad_content")
    return made
