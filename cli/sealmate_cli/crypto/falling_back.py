"""A way in whose present envelopes don't open: what it had before the last turns opens the key of then, and links lead on from there."""

import hmac
from dataclasses import replace

from .errors import CryptoError
from .master_keys import EpochLink, MasterKeys, WrappedKeys
from .methods import MethodKind, UnlockMethod, open_method
from .rotation import follow_links


def unlock_by_former(
    wrapped: WrappedKeys, *, account: str, kind: MethodKind, kek: bytes, lowest_epoch: int
) -> MasterKeys | None:
    """`wrapped` with its links' `former`. The present keys, with every check; None if nothing leads there."""
    method = next((each for each in wrapped.methods if each.kind == kind), None)
    if method is None or wrapped.account != account or wrapped.epoch < lowest_epoch:
        return None
    for link in reversed(wrapped.links):
        try:
            return _unlock_before(link, method, wrapped, kek)
        except CryptoError:
            continue
    return None


def _unlock_before(link: EpochLink, method: UnlockMethod, wrapped: WrappedKeys, kek: bytes) -> MasterKeys:
    former = next((each for each in link.former if each.method_id == method.method_id), None)
    if former is None:
        raise CryptoError("no_such_method")
    before, epoch = replace(method, master=former.master, public=former.public), link.statement.epoch - 1
    opened = open_method(before, account=wrapped.account, kek=kek, epoch=epoch)
    if not hmac.compare_digest(opened.signing_public_key, wrapped.signing.public_key):
        raise CryptoError("signing_key_mismatch")
    # What came before this link isn't known here; the account's own signing key vouches for it and for all after it.
    return follow_links(
        wrapped,
        epoch=epoch,
        master_key=opened.master_key,
        statement=link.statement.previous,
        signing_public=opened.signing_public_key,
    )
