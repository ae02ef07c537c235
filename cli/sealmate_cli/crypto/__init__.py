"""The one door to the key scheme of docs/formats.md: a pure leaf, no network, no files, no clock."""

from .accounts import AccountKeys, make_account_keys, prove_master, unlock_account
from .apps import StoredApp, open_app_key, renew_app, rewrap_app_key
from .base32 import normalise as normalise_base32
from .chats import ChatKey, Details, hash_of, make_chat_key, unwrap_chat_key, wrap_chat_key
from .envelope import read_epoch
from .errors import CryptoError
from .falling_back import unlock_by_former
from .keys import Random, system_random
from .manifests import Manifest, make_manifest, verify_manifest
from .master_keys import EpochLink, FormerMethod, MasterKeys, SigningKey, WrappedApp, WrappedKeys
from .methods import MethodKind, UnlockMethod
from .pairing import (
    NONCE_BYTES,
    SECRET_BYTES,
    Invitation,
    JoiningDevice,
    Transcript,
    agree,
    commit,
    open_keys,
    read_invitation,
    seal_keys,
)
from .passwords import CURRENT_PROFILE, Proof, derive_password
from .pins import Pins
from .recovery import decode_recovery_key, derive_recovery, encode_recovery_key
from .replacements import NewMethod, make_password, make_recovery_key
from .rotation import (
    Turned,
    follow_links,
    open_device_link,
    open_wrapped,
    rewrap_chat_key,
    turn_master,
    verify_own_manifest,
)
from .securing import SecuredAccount, secure_account
from .statements import EpochStatement, signing_public_key, statement_hash
from .xwing import SEED_BYTES, KeyPair

__all__ = [
    "CURRENT_PROFILE",
    "NONCE_BYTES",
    "SECRET_BYTES",
    "SEED_BYTES",
    "AccountKeys",
    "ChatKey",
    "CryptoError",
    "Details",
    "EpochLink",
    "EpochStatement",
    "FormerMethod",
    "Invitation",
    "JoiningDevice",
    "KeyPair",
    "Manifest",
    "MasterKeys",
    "MethodKind",
    "NewMethod",
    "Pins",
    "Proof",
    "Random",
    "SecuredAccount",
    "SigningKey",
    "StoredApp",
    "Transcript",
    "Turned",
    "UnlockMethod",
    "WrappedApp",
    "WrappedKeys",
    "agree",
    "commit",
    "decode_recovery_key",
    "derive_password",
    "derive_recovery",
    "encode_recovery_key",
    "follow_links",
    "hash_of",
    "make_account_keys",
    "make_chat_key",
    "make_manifest",
    "make_password",
    "make_recovery_key",
    "normalise_base32",
    "open_app_key",
    "open_device_link",
    "open_keys",
    "open_wrapped",
    "prove_master",
    "read_epoch",
    "read_invitation",
    "renew_app",
    "rewrap_app_key",
    "rewrap_chat_key",
    "seal_keys",
    "secure_account",
    "signing_public_key",
    "statement_hash",
    "system_random",
    "turn_master",
    "unlock_account",
    "unlock_by_former",
    "unwrap_chat_key",
    "verify_manifest",
    "verify_own_manifest",
    "wrap_chat_key",
]
