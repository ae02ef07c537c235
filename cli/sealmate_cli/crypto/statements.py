"""Epoch statements: the account's signed word on which master key belongs to which epoch."""

import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .errors import CryptoError
from .keys import derive, lp, sha256, u32


@dataclass(frozen=True)
class EpochStatement:
    epoch: int
    commitment: bytes
    previous: bytes
    """SHA-256 of the previous epoch's statement, or empty."""
    signature: bytes


def commit_to_master(master_key: bytes) -> bytes:
    return derive(master_key, b"sealmate v1 master commitment")


def statement_bytes(account: str, epoch: int, commitment: bytes, previous: bytes) -> bytes:
    return lp(b"sealmate v1 epoch") + lp(account.encode()) + u32(epoch) + lp(commitment) + lp(previous)


def statement_hash(account: str, statement: EpochStatement) -> bytes:
    signed = statement_bytes(account, statement.epoch, statement.commitment, statement.previous)
    return sha256(signed)


def make_statement(
    *, account: str, epoch: int, master_key: bytes, signing_seed: bytes, previous: bytes = b""
) -> EpochStatement:
    commitment = commit_to_master(master_key)
    signer = Ed25519PrivateKey.from_private_bytes(signing_seed)
    signature = signer.sign(statement_bytes(account, epoch, commitment, previous))
    return EpochStatement(epoch=epoch, commitment=commitment, previous=previous, signature=signature)


def verify_statement(
    statement: EpochStatement, *, account: str, epoch: int, master_key: bytes, signing_public_key: bytes
) -> None:
    """The statement is signed, and speaks of this account, this epoch and this very master key."""
    signed = statement_bytes(account, statement.epoch, statement.commitment, statement.previous)
    try:
        Ed25519PublicKey.from_public_bytes(signing_public_key).verify(statement.signature, signed)
    except (InvalidSignature, ValueError) as error:
        raise CryptoError("bad_signature") from error
    if statement.epoch != epoch:
        raise CryptoError("wrong_epoch")
    if not hmac.compare_digest(statement.commitment, commit_to_master(master_key)):
        raise CryptoError("wrong_master_key")


def signing_public_key(signing_seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(signing_seed).public_key().public_bytes_raw()
