"""The methods of nobody: read for an address without an account, so that answering it is as much work as for one that has an account."""

from __future__ import annotations

from dataclasses import replace

from sealmate.accounts.records import Method
from sealmate.accounts.signing_up import KDF_PROFILE
from sealmate.accounts.stores import AccountStore
from sealmate.ports import Random

STAND_IN = "STAND-IN"
# The envelopes' sizes of docs/formats.md: a secret, a master key and a public key.
_SECRET, _MASTER, _PUBLIC = 239, 1219, 1391


def methods_of(whose: str, *, accounts: AccountStore, random: Random) -> list[Method]:
    """An account's, or the stand-in's: those are made by the first who needs them, for the next one, and nothing proves them."""
    methods = accounts.methods(whose)
    if whose == STAND_IN and not methods:
        accounts.stand_in(STAND_IN, _made(random))
    return methods


def _made(random: Random) -> list[Method]:
    """As an account has them that was made with a password."""
    password = Method(
        method_id="password",
        kind="password",
        secret=random.bytes(_SECRET),
        master=random.bytes(_MASTER),
        public=random.bytes(_PUBLIC),
        auth_mac=random.bytes(32),
        salt=random.bytes(16),
        kdf_profile=KDF_PROFILE,
    )
    return [password, replace(password, method_id="recovery", kind="recovery", salt=None, kdf_profile=None)]
