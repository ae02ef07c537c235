"""What authenticators are asked and what they answer: options as browsers take them, answers verified. A leaf around py_webauthn.

Errors: InvalidPasskey for a new credential that doesn't verify, WrongCredentials for an assertion that doesn't. Neither says
which check failed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sealmate import errors
from sealmate.accounts.records import Credential, CredentialKind
from sealmate.accounts.requests import Assertion, Registration
from sealmate.model import to_base64url

_NAME = "Sealmate"
_TIMEOUT_MS = 120_000
# Ed25519, ECDSA and RSA with SHA-256, by their COSE numbers.
_ALGORITHMS = (-8, -7, -257)
_RSA_BITS = 2048
_SELECTION: dict[CredentialKind, dict[str, Any]] = {
    "passkey": {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"},
    "security_key": {
        "authenticatorAttachment": "cross-platform",
        "residentKey": "preferred",
        "requireResidentKey": False,
        "userVerification": "required",
    },
}


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """Us, as authenticators know us: the host all credentials belong to, and the addresses of its pages."""

    rp_id: str
    origins: tuple[str, ...]

    @classmethod
    def of(cls, origins: tuple[str, ...]) -> RelyingParty:
        """The first origin's host is ours; a page from elsewhere, though allowed to call, can use no credential."""
        host = urlsplit(origins[0]).hostname or ""
        return cls(rp_id=host, origins=tuple(each for each in origins if urlsplit(each).hostname == host))

    def creation(
        self,
        kind: CredentialKind,
        *,
        challenge: bytes,
        account_id: str,
        email: str,
        known: Sequence[Credential] = (),
    ) -> dict[str, Any]:
        """PublicKeyCredentialCreationOptionsJSON. The user's handle is the account's id; no attestation is asked for."""
        return {
            "rp": {"id": self.rp_id, "name": _NAME},
            "user": {"id": to_base64url(account_id.encode()), "name": email, "displayName": email},
            "challenge": to_base64url(challenge),
            "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in _ALGORITHMS],
            "timeout": _TIMEOUT_MS,
            "excludeCredentials": _described(known),
            "authenticatorSelection": _SELECTION[kind],
            "hints": ["security-key"] if kind == "security_key" else [],
            "attestation": "none",
        }

    def request(self, *, challenge: bytes, allowed: Sequence[Credential] = ()) -> dict[str, Any]:
        """PublicKeyCredentialRequestOptionsJSON; without `allowed`, whichever passkey the person chooses."""
        return {
            "rpId": self.rp_id,
            "challenge": to_base64url(challenge),
            "timeout": _TIMEOUT_MS,
            "allowCredentials": _described(allowed),
            "userVerification": "required",
        }

    def credential(self, made: Registration, *, challenge: bytes) -> Credential:
        """The new credential, its holder verified by the authenticator. InvalidPasskey."""
        from webauthn import verify_registration_response
        from webauthn.helpers.cose import COSEAlgorithmIdentifier
        from webauthn.helpers.structs import AuthenticatorAttestationResponse, RegistrationCredential

        self._require(_within_our_page(made.client_data), errors.InvalidPasskey)
        try:
            verified = verify_registration_response(
                credential=RegistrationCredential(
                    id=to_base64url(made.credential_id),
                    raw_id=made.credential_id,
                    response=AuthenticatorAttestationResponse(
                        client_data_json=made.client_data, attestation_object=made.attestation
                    ),
                ),
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=list(self.origins),
                require_user_verification=True,
                supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in _ALGORITHMS],
            )
            long_enough = _is_long_enough(verified.credential_public_key)
        except Exception as error:  # noqa: BLE001 - the library lets through what its parsers raise
            raise errors.InvalidPasskey(reason=type(error).__name__) from None
        self._require(long_enough and verified.credential_id == made.credential_id, errors.InvalidPasskey)
        return Credential(
            credential_id=verified.credential_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            transports=tuple(made.transports),
        )

    def count(self, shown: Assertion, *, challenge: bytes, credential: Credential) -> int:
        """The authenticator's counter in an assertion that verifies; whether it may stand there is the caller's to say."""
        from webauthn import verify_authentication_response
        from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

        self._require(_within_our_page(shown.client_data), errors.WrongCredentials)
        try:
            verified = verify_authentication_response(
                credential=AuthenticationCredential(
                    id=to_base64url(shown.credential_id),
                    raw_id=shown.credential_id,
                    response=AuthenticatorAssertionResponse(
                        client_data_json=shown.client_data,
                        authenticator_data=shown.authenticator_data,
                        signature=shown.signature,
                    ),
                ),
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=list(self.origins),
                credential_public_key=credential.public_key,
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except Exception:  # noqa: BLE001 - the library lets through what its parsers raise
            raise errors.WrongCredentials() from None
        return verified.new_sign_count

    @staticmethod
    def _require(holds: bool, error: type[errors.SealmateError]) -> None:
        if not holds:
            raise error()


def _described(credentials: Sequence[Credential]) -> list[dict[str, Any]]:
    return [
        {"type": "public-key", "id": to_base64url(each.credential_id), "transports": list(each.transports)}
        for each in credentials
    ]


def _is_long_enough(public_key: bytes) -> bool:
    """The curves have one length each; an RSA key has the one its maker chose, and nobody else looks."""
    from webauthn.helpers import decode_credential_public_key
    from webauthn.helpers.decode_credential_public_key import DecodedRSAPublicKey

    key = decode_credential_public_key(public_key)
    return not isinstance(key, DecodedRSAPublicKey) or int.from_bytes(key.n, "big").bit_length() >= _RSA_BITS


def _within_our_page(client_data: bytes) -> bool:
    """Not asked for by a page inside another's; py_webauthn doesn't look. What can't be read is left to it."""
    try:
        said = json.loads(client_data)
    except (ValueError, RecursionError):
        return True
    return not (isinstance(said, dict) and said.get("crossOrigin"))
