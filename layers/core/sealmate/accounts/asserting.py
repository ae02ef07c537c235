"""Proving who one is by a passkey or security key: the assertion must verify, and its counter may not go back."""

from __future__ import annotations

import logging

from sealmate import errors
from sealmate.accounts.records import CredentialUse, Method
from sealmate.accounts.requests import Assertion
from sealmate.accounts.webauthn import RelyingParty

_log = logging.getLogger(__name__)


def prove_assertion(
    shown: Assertion, *, account_id: str, methods: list[Method], challenge: bytes, party: RelyingParty, now: int
) -> CredentialUse:
    """What must be noted for the proof to hold. WrongCredentials, also if the credential is none of `methods`."""
    if shown.user_handle not in (None, account_id.encode()):
        raise errors.WrongCredentials()
    method, credential = next(
        (
            (each, each.credential)
            for each in methods
            if each.credential and each.credential.credential_id == shown.credential_id
        ),
        (None, None),
    )
    if method is None or credential is None:
        raise errors.WrongCredentials()
    counted = party.count(shown, challenge=challenge, credential=credential)
    # 0 throughout: an authenticator that doesn't count, as those that sync between devices.
    if counted <= credential.sign_count and (counted, credential.sign_count) != (0, 0):
        _log.warning("counter went back", extra={"account_id": account_id, "method_id": method.method_id})
        raise errors.WrongCredentials()
    return CredentialUse(method_id=method.method_id, counted=counted, counted_before=credential.sign_count, at=now)
