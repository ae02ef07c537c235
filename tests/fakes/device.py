"""A person's device at sign-up: makes an account's keys as a client does, with the server's own sealing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sealmate.accounts.account_keys import statement_bytes
from sealmate.accounts.requests import AccountKeys
from sealmate.model import to_base64url
from sealmate.seal.envelope import Address, Namespace, derive, seal, seal_to
from tests.fakes.clock import FakeRandom


@dataclass(frozen=True, kw_only=True)
class Device:
    """Everything follows from the seed and the account: two devices of one seed and account make equal secrets."""

    account_id: str
    seed: str = "device"

    @property
    def password_auth(self) -> bytes:
        return self._bytes("password auth")

    @property
    def recovery_auth(self) -> bytes:
        return self._bytes("recovery auth")

    @property
    def master_key(self) -> bytes:
        return self._bytes("master")

    @property
    def signing_seed(self) -> bytes:
        return self._bytes("signing")

    def keys(self) -> AccountKeys:
        return AccountKeys.model_validate(self.wire_keys())

    def wire_keys(self) -> dict[str, Any]:
        """AccountKeys as JSON."""
        master, signing = self._bytes("master"), Ed25519PrivateKey.from_private_bytes(self._bytes("signing"))
        commitment = derive(master, b"sealmate v1 master commitment")
        statement = statement_bytes(self.account_id, epoch=1, commitment=commitment, previous=b"")
        password = self._method("password", self.password_auth)
        return {
            "password": {**password, "salt": to_base64url(self._bytes("salt")[:16]), "kdf_profile": 1},
            "recovery": self._method("recovery", self.recovery_auth),
            "signing": {
                "public_key": to_base64url(signing.public_key().public_bytes_raw()),
                "private": to_base64url(
                    seal(
                        master,
                        self._bytes("signing"),
                        namespace=Namespace.SIGNING_KEY,
                        epoch=1,
                        address=Address(account=self.account_id, scope="account", record=self.account_id),
                    )
                ),
            },
            "statement": {
                "epoch": 1,
                "commitment": to_base64url(commitment),
                "previous": "",
                "signature": to_base64url(signing.sign(statement)),
            },
        }

    def new_password(self, name: str) -> dict[str, Any]:
        """PasswordKeys as JSON, of the account's own master key. Its `auth` is `new_auth(name)`."""
        made = self._method("password", self.new_auth(name), name)
        return {**made, "salt": to_base64url(self._bytes(f"{name} salt")[:16]), "kdf_profile": 1}

    def new_recovery_key(self, name: str) -> dict[str, Any]:
        return self._method("recovery", self.new_auth(name), name)

    def new_auth(self, name: str) -> bytes:
        return self._bytes(f"{name} auth")

    def wire_passkey_keys(self) -> dict[str, Any]:
        """AccountKeys of an account that a passkey opens, as JSON."""
        keys = self.wire_keys()
        del keys["password"]
        passkey = self._method("passkey", b"")
        del passkey["auth"]
        return {**keys, "passkey": passkey}

    def added_keys(self, kind: str, method_id: str) -> dict[str, str]:
        """MethodEnvelopes of a further method."""
        envelopes = self._envelopes(kind, method_id, label=method_id)
        return {name: to_base64url(envelope) for name, envelope in envelopes.items()}

    def _method(self, kind: str, auth: bytes, name: str = "") -> dict[str, Any]:
        method_id = FakeRandom(f"{self.seed}/{self.account_id}/{kind}{name}").uuid()
        envelopes = self._envelopes(kind, method_id, label=kind + name)
        return {
            "method_id": method_id,
            "auth": to_base64url(auth),
            **{name: to_base64url(envelope) for name, envelope in envelopes.items()},
        }

    def _envelopes(self, kind: str, method_id: str, *, label: str) -> dict[str, bytes]:
        at = Address(account=self.account_id, scope=kind, record=method_id)
        master, seed, kek = self._bytes("master"), self._bytes(f"{label} seed"), self._bytes(f"{label} kek")
        public_key = _x_wing_public(seed)
        signing = Ed25519PrivateKey.from_private_bytes(self._bytes("signing")).public_key().public_bytes_raw()
        return {
            "secret": seal(kek, seed + signing, namespace=Namespace.UNLOCK_SECRET, epoch=1, address=at),
            "master": seal_to(public_key, master, namespace=Namespace.UNLOCK_MASTER, epoch=1, address=at),
            "public": seal(master, public_key, namespace=Namespace.UNLOCK_PUBLIC, epoch=1, address=at),
        }

    def _bytes(self, label: str) -> bytes:
        return hashlib.sha256(f"{self.seed}/{self.account_id}/{label}".encode()).digest()


def _x_wing_public(seed: bytes) -> bytes:
    expanded = hashlib.shake_256(seed).digest(96)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]).public_key().public_bytes_raw()
        + X25519PrivateKey.from_private_bytes(expanded[64:]).public_key().public_bytes_raw()
    )
