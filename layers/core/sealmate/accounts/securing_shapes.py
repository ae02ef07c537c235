"""What travels when an account is secured after somebody else had a device or a key of it; docs/protocol.md explains each."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sealmate.accounts.app_shapes import RenewedApp
from sealmate.accounts.manifest_shapes import SignedManifest
from sealmate.accounts.requests import EpochStatement, MethodEnvelopes, MethodKeys, PasswordKeys, Signing
from sealmate.accounts.rotation_shapes import Revision
from sealmate.model import Shape, Uuid


class EnrolledAgain(MethodEnvelopes):
    """A passkey or security key that was touched once more: its credential goes on, under a new id and with new envelopes."""

    method_id: Uuid
    replaces: Uuid


class SecureAccount(Shape):
    """Everything that opens the account from now on; what isn't here is removed. `ring`: the revision that was staged."""

    ring: Revision
    signing: Signing
    statement: EpochStatement
    manifest: SignedManifest
    password: PasswordKeys | None = None
    recovery: MethodKeys
    credentials: Annotated[tuple[EnrolledAgain, ...], Field(max_length=12)] = ()
    apps: Annotated[tuple[RenewedApp, ...], Field(max_length=8)] = ()


class Secured(Shape):
    epoch: int
    rotation_due_at: int
    backup_codes: list[str]
