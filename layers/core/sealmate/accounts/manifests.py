"""The account manifest and the epoch statements as the server sees them: it can't make one, but stores none that doesn't follow."""

from __future__ import annotations

from dataclasses import replace

from sealmate import errors
from sealmate.accounts.account_keys import check_signature, statement_bytes
from sealmate.accounts.records import Account, Manifest, Method
from sealmate.accounts.requests import EpochStatement
from sealmate.seal.envelope import digest, length_prefixed


def manifest_bytes(account_id: str, manifest: Manifest, *, signing_public: bytes) -> bytes:
    """The manifest as it is signed; its methods in the order of docs/formats.md, whatever order they came in."""
    named = sorted(manifest.methods)
    methods = b"".join(length_prefixed(method_id.encode()) + length_prefixed(hashed) for method_id, hashed in named)
    return (
        length_prefixed(b"sealmate v1 manifest")
        + length_prefixed(account_id.encode())
        + manifest.sequence.to_bytes(4, "big")
        + manifest.epoch.to_bytes(4, "big")
        + length_prefixed(signing_public)
        + length_prefixed(manifest.previous)
        + len(named).to_bytes(4, "big")
        + methods
    )


def check_manifest(manifest: Manifest, account: Account, *, epoch: int, signing_public: bytes | None = None) -> None:
    """It follows the stored one, is of this epoch and signed by the account, or by the key it is about to have.

    ManifestConflict, InvalidKeys.
    """
    stored = account.manifest
    previous = b""
    if stored is not None:
        previous = digest(manifest_bytes(account.account_id, stored, signing_public=account.signing_public))
    if manifest.sequence != (stored.sequence if stored else 0) + 1 or manifest.previous != previous:
        raise errors.ManifestConflict()
    if manifest.epoch != epoch or len(set(manifest.methods)) != len(manifest.methods):
        raise errors.InvalidKeys(part="manifest")
    _check_signature(manifest, account.account_id, signing_public or account.signing_public)


def check_all_named(manifest: Manifest, methods: list[Method]) -> None:
    """It names every method that unlocks, so that no device takes one of them for planted. ManifestConflict."""
    if not all(_names(manifest, method) for method in methods if method.unlocks):
        raise errors.ManifestConflict()


def check_first(account: Account, methods: list[Method]) -> None:
    """What a new account brings with it, if it does: the first manifest, with all that unlocks. ManifestConflict, InvalidKeys."""
    if account.manifest is not None:
        check_manifest(account.manifest, replace(account, manifest=None), epoch=account.statement.epoch)
        check_all_named(account.manifest, methods)


def check_named(account: Account, method: Method) -> None:
    """A method that unlocks was named before it comes, unless the account has no manifest yet. ManifestConflict."""
    if account.manifest is not None and method.unlocks and not _names(account.manifest, method):
        raise errors.ManifestConflict()


def check_next(statement: EpochStatement, account: Account, *, signing_public: bytes | None = None) -> None:
    """The statement of the next epoch: after the present one, signed by the account or by the key it is about to have. InvalidKeys."""
    last = account.statement
    signed = statement_bytes(account.account_id, epoch=last.epoch, commitment=last.commitment, previous=last.previous)
    if statement.epoch != last.epoch + 1 or statement.previous != digest(signed):
        raise errors.InvalidKeys(part="statement")
    check_signature(signing_public or account.signing_public, statement, account_id=account.account_id)


def _names(manifest: Manifest, method: Method) -> bool:
    return (method.method_id, digest(method.public)) in manifest.methods


def _check_signature(manifest: Manifest, account_id: str, signing_public: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signed = manifest_bytes(account_id, manifest, signing_public=signing_public)
    try:
        Ed25519PublicKey.from_public_bytes(signing_public).verify(manifest.signature, signed)
    except (InvalidSignature, ValueError):
        raise errors.InvalidKeys(part="manifest.signature") from None
