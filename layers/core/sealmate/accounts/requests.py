"""What clients send about accounts; docs/protocol.md explains each."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from sealmate.accounts.email import normalise
from sealmate.accounts.manifest_shapes import Signature, SignedManifest
from sealmate.accounts.records import CredentialKind
from sealmate.model import Bytes, Shape, Uuid

Transport = Literal["bearer", "cookie"]
Email = Annotated[str, Field(max_length=320), AfterValidator(normalise)]
SixDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
# The name a person sees in the list of sessions: printable, on one line.
DeviceName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
]
# Six digits, or a backup code as a person types it.
Code = Annotated[str, Field(min_length=6, max_length=32)]
Secret = Annotated[Bytes, Field(min_length=32, max_length=32)]
Salt = Annotated[Bytes, Field(min_length=16, max_length=16)]
# Sizes follow from the envelope and its padded content (docs/formats.md).
MethodName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
]
# WebAuthn's own bounds; clients send these fields and no others, so that nothing an authenticator derived can slip in.
CredentialId = Annotated[Bytes, Field(min_length=16, max_length=1023)]
ClientData = Annotated[Bytes, Field(max_length=4096)]
UnlockSecret = Annotated[Bytes, Field(min_length=239, max_length=239)]
UnlockMaster = Annotated[Bytes, Field(min_length=1219, max_length=1219)]
UnlockPublic = Annotated[Bytes, Field(min_length=1391, max_length=1391)]
SigningKey = Annotated[Bytes, Field(min_length=175, max_length=175)]


class StartSignUp(Shape):
    email: Email


class VerifySignUp(Shape):
    signup_id: Uuid
    code: SixDigits


class MethodEnvelopes(Shape):
    secret: UnlockSecret
    master: UnlockMaster
    public: UnlockPublic


class MethodKeys(MethodEnvelopes):
    method_id: Uuid
    auth: Secret


class PasswordKeys(MethodKeys):
    salt: Salt
    kdf_profile: Literal[1]


class Signing(Shape):
    public_key: Secret
    private: SigningKey


class EpochStatement(Shape):
    epoch: Annotated[int, Field(ge=1, lt=2**32)]
    commitment: Secret
    previous: Annotated[Bytes, Field(max_length=32)]
    signature: Signature


class PasskeyKeys(MethodEnvelopes):
    method_id: Uuid


class AccountKeys(Shape):
    """What a new account's device made; nothing in it opens without the password or passkey, or the recovery key."""

    password: PasswordKeys | None = None
    passkey: PasskeyKeys | None = None
    recovery: MethodKeys
    signing: Signing
    statement: EpochStatement
    manifest: SignedManifest | None = None

    @model_validator(mode="after")
    def _one_beside_the_recovery_key(self) -> AccountKeys:
        if (self.password is None) == (self.passkey is None):
            raise ValueError("a password or a passkey")
        return self


SignUpToken = Annotated[str, Field(max_length=128)]


class StartLogin(Shape):
    email: Email


class ProvePassword(Shape):
    login_id: Uuid
    auth: Secret


class ProveCode(Shape):
    login_id: Uuid
    code: Code
    device: DeviceName
    transport: Transport


class StepUp(Shape):
    """Both proofs of a sign-in at once."""

    auth: Secret
    code: Code


class ReplacePassword(Shape):
    method: PasswordKeys


class ReplaceRecoveryKey(Shape):
    method: MethodKeys


class ChangeEmail(Shape):
    email: Email


class ConfirmEmail(Shape):
    code_new: SixDigits
    code_old: SixDigits


class RenewTotp(Shape):
    code: SixDigits


class EraseAccount(Shape):
    """Both proofs of a sign-in at once, or neither from a session that was proved a moment ago."""

    auth: Secret | None = None
    code: Code | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.auth is None) != (self.code is None):
            raise ValueError("auth and code go together")
        return self


class AskReset(Shape):
    email: Email


class ProveReset(Shape):
    """The mailed code; it stays good for its half hour, as one looks first and then begins or finishes."""

    request_id: Uuid
    code: SixDigits


Count = Annotated[int, Field(ge=0, lt=2**53)]


class VerifyReceipt(Shape):
    """A receipt as it was shown or mailed."""

    erasure_id: Uuid
    requested_at: Count
    erased_at: Count
    deleted: Annotated[dict[str, Count], Field(max_length=16)]
    kept: Count
    mac: Secret


class Registration(Shape):
    """What an authenticator says of a new credential."""

    credential_id: CredentialId
    client_data: ClientData
    attestation: Annotated[Bytes, Field(max_length=16_384)]
    transports: Annotated[list[Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,16}$")]], Field(max_length=8)]


class Assertion(Shape):
    """What an authenticator signed; `user_handle` names the account if a passkey was chosen among all."""

    credential_id: CredentialId
    client_data: ClientData
    authenticator_data: Annotated[Bytes, Field(max_length=4096)]
    signature: Annotated[Bytes, Field(max_length=1024)]
    user_handle: Annotated[Bytes, Field(max_length=64)] | None = None


class StartSignUpPasskey(Shape):
    signup_token: SignUpToken


class NewPasskey(Shape):
    """The authenticator's part of `AccountKeys.passkey`."""

    challenge_id: Uuid
    name: MethodName
    registration: Registration


class CompleteSignUp(Shape):
    """With a password goes the authenticator's code, with a passkey its registration: each of them is two factors."""

    signup_token: SignUpToken
    keys: AccountKeys
    totp_code: SixDigits | None = None
    passkey: NewPasskey | None = None
    device: DeviceName
    transport: Transport

    @model_validator(mode="after")
    def _proofs_fit_the_keys(self) -> CompleteSignUp:
        by_password = self.keys.password is not None
        if by_password != (self.totp_code is not None) or by_password == (self.passkey is not None):
            raise ValueError("a code with a password, a registration with a passkey")
        return self


class StartAdding(Shape):
    kind: CredentialKind


class AddMethod(Shape):
    """`keys` are absent for a security key that derives none: a second factor only."""

    challenge_id: Uuid
    kind: CredentialKind
    method_id: Uuid
    name: MethodName
    registration: Registration
    keys: MethodEnvelopes | None = None


class RenameMethod(Shape):
    name: MethodName


class SignInByPasskey(Shape):
    challenge_id: Uuid
    assertion: Assertion
    device: DeviceName
    transport: Transport


class StartSecurityKey(Shape):
    login_id: Uuid


class ProveSecurityKey(Shape):
    login_id: Uuid
    challenge_id: Uuid
    assertion: Assertion
    device: DeviceName
    transport: Transport


class AnswerDevice(Shape):
    """Whether a new device is the owner's."""

    mine: Annotated[bool, Field(strict=True)]


class StepUpByKey(Shape):
    challenge_id: Uuid
    assertion: Assertion
