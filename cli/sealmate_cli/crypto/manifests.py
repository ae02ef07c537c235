"""The account manifest: what belongs to an account, signed by it, so that nothing is brought back or taken away unseen."""

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .errors import CryptoError
from .keys import lp, sha256, u32
from .methods import UnlockMethod
from .statements import signing_public_key


@dataclass(frozen=True)
class Manifest:
    sequence: int
    epoch: int
    previous: bytes
    """SHA-256 of the manifest before, or empty."""
    methods: tuple[tuple[str, bytes], ...]
    """Ids, each with the SHA-256 of the method's public envelope."""
    signature: bytes = b""


def manifest_bytes(account: str, manifest: Manifest, signing_public: bytes) -> bytes:
    named = sorted(manifest.methods)
    return b"".join(
        [
            lp(b"sealmate v1 manifest"),
            lp(account.encode()),
            u32(manifest.sequence) + u32(manifest.epoch),
            lp(signing_public) + lp(manifest.previous),
            u32(len(named)),
            *(lp(method_id.encode()) + lp(hashed) for method_id, hashed in named),
        ]
    )


def manifest_hash(account: str, manifest: Manifest, signing_public: bytes) -> bytes:
    return sha256(manifest_bytes(account, manifest, signing_public))


def make_manifest(
    *,
    account: str,
    epoch: int,
    methods: Iterable[UnlockMethod],
    signing_seed: bytes,
    before: Manifest | None,
    signed_before: bytes | None = None,
) -> Manifest:
    """The one after `before`, which was verified; `signed_before`: the public key that it is signed with, if it is another."""
    public = signing_public_key(signing_seed)
    unsigned = Manifest(
        sequence=before.sequence + 1 if before else 1,
        epoch=epoch,
        previous=manifest_hash(account, before, signed_before or public) if before else b"",
        methods=tuple(sorted((method.method_id, sha256(method.public)) for method in methods)),
    )
    signature = Ed25519PrivateKey.from_private_bytes(signing_seed).sign(manifest_bytes(account, unsigned, public))
    return Manifest(**{**vars(unsigned), "signature": signature})


def verify_manifest(
    manifest: Manifest, *, account: str, epoch: int, methods: Iterable[UnlockMethod], signing_public: bytes
) -> None:
    """It is the account's own word, of this epoch, and every method there is stands in it."""
    try:
        public = Ed25519PublicKey.from_public_bytes(signing_public)
        public.verify(manifest.signature, manifest_bytes(account, manifest, signing_public))
    except (InvalidSignature, ValueError) as error:
        raise CryptoError("bad_signature") from error
    if manifest.epoch != epoch:
        raise CryptoError("wrong_epoch")
    if not {(method.method_id, sha256(method.public)) for method in methods} <= set(manifest.methods):
        raise CryptoError("method_not_named")
