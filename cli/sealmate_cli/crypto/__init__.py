"""The one door to the key scheme of docs/formats.md: a pure leaf, no network, no files, no clock."""

from .accounts import AccountKeys, MasterKeys, SigningKey, WrappedKeys, make_account_keys, unlock_account
from .chats import ChatKey, Details, hash_of, make_chat_key, unwrap_chat_key, wrap_chat_key
from .envelope import read_epoch
from .errors import CryptoError
from .keys import Random, system_random
from .methods import MethodKind, UnlockMethod
from .passwords import CURRENT_PROFILE, Proof, derive_password
from .recovery import decode_recovery_key, derive_recovery, encode_recovery_key, normalise_recovery_text
from .statements import EpochStatement

__all__ = [
    "CURRENT_PROFILE",
    "AccountKeys",
    "ChatKey",
    "CryptoError",
    "Details",
    "EpochStatement",
    "MasterKeys",
    "MethodKind",
    "Proof",
    "Random",
    "SigningKey",
    "UnlockMethod",
    "WrappedKeys",
    "decode_recovery_key",
    "derive_password",
    "derive_recovery",
    "encode_recovery_key",
    "hash_of",
    "make_account_keys",
    "make_chat_key",
    "normalise_recovery_text",
    "read_epoch",
    "system_random",
    "unlock_account",
    "unwrap_chat_key",
    "wrap_chat_key",
]
