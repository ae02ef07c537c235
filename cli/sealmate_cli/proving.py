"""A fresh proof that it is you, for what changes the ways in: the password or recovery key, and a code."""

from sealmate_cli import crypto
from sealmate_cli.crypto import CryptoError, Proof
from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.session import SessionCalls
from sealmate_cli.wire import http as wire
from sealmate_cli.wire.shape import to_base64url


def prove(session: SessionCalls, secret: str, code: str) -> None:
    """`secret`: the password, or the recovery key, which no password looks like. Good for some minutes of this session."""
    proof = _derive(session, secret)
    body = {"auth": to_base64url(proof.auth), "code": code.strip()}
    session.call(wire.SteppedUp, "POST", "/account/step-up", body)


def _derive(session: SessionCalls, secret: str) -> Proof:
    account = session.identity().account
    try:
        return crypto.derive_recovery(crypto.decode_recovery_key(secret), account=account)
    except CryptoError:
        pass  # a password, then
    methods = session.get(wire.WrappedKeysAnswer, "/account/keys").methods
    password = next((method for method in methods if method.kind == "password"), None)
    if password is None:
        raise ClientError(
            "wrong_credentials", "This account has no password.", "Type its recovery key, all 14 groups of it."
        )
    if password.salt is None or password.kdf_profile is None:
        raise Tampered("password profile", "bad_salt")
    try:
        return crypto.derive_password(secret, account=account, salt=password.salt, profile=password.kdf_profile)
    except CryptoError as error:
        raise Tampered("password profile", error.reason) from error
