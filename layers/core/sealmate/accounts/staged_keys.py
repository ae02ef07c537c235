"""What the headers of staged envelopes tell: that each is in its place, of the epoch to come, and all under one key."""

from __future__ import annotations

from collections.abc import Mapping

from sealmate import errors
from sealmate.accounts.rotation import StagedMethod
from sealmate.seal.envelope import Header, Namespace


def key_id_of(envelope: bytes, namespace: Namespace, *, epoch: int) -> bytes:
    """Which key an envelope is under. InvalidKeys if it isn't of this namespace and epoch."""
    part = namespace.name.lower()
    try:
        header = Header.parse(envelope)
    except errors.SealBroken:
        raise errors.InvalidKeys(part=part) from None
    if (header.namespace, header.epoch) != (namespace, epoch):
        raise errors.InvalidKeys(part=part)
    return header.key_id


def one_key_for_all(
    methods: Mapping[str, StagedMethod], signing: bytes, *, apps: Mapping[str, bytes], epoch: int
) -> None:
    """InvalidKeys unless the signing key, each method's public key and each app's key are under the same master key."""
    key_ids = {key_id_of(method.public, Namespace.UNLOCK_PUBLIC, epoch=epoch) for method in methods.values()}
    key_ids |= {key_id_of(key, Namespace.APP_KEY, epoch=epoch) for key in apps.values()}
    for method in methods.values():
        key_id_of(method.master, Namespace.UNLOCK_MASTER, epoch=epoch)
    if key_ids != {key_id_of(signing, Namespace.SIGNING_KEY, epoch=epoch)}:
        raise errors.InvalidKeys(part="master key")
