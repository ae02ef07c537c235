"""What can be checked of an envelope without its key, as it comes from a device."""

from __future__ import annotations

from sealmate import errors
from sealmate.seal.envelope import Header, Namespace


def header_of(envelope: bytes, namespace: Namespace) -> Header:
    """InvalidRecord if it is no envelope, or one of another namespace."""
    try:
        header = Header.parse(envelope)
    except errors.SealBroken as broken:
        raise errors.InvalidRecord(**broken.details) from None
    if header.namespace is not namespace:
        raise errors.InvalidRecord(reason="wrong_namespace")
    return header
