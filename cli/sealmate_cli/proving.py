"""A fresh proof that it is you, for what changes the ways in: the password or recovery key, and a code."""

from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.session import SessionCalls
from sealmate_cli.typed import Salted, derive_secret
from sealmate_cli.wire import http as wire
from sealmate_cli.wire.shape import to_base64url


def prove(session: SessionCalls, secret: str, code: str) -> None:
    """`secret`: the password, or the recovery key. Good for some minutes of this session."""
    _, proof = derive_secret(secret, account=session.identity().account, salted=lambda: _salted(session))
    body = {"auth": to_base64url(proof.auth), "code": code.strip()}
    session.call(wire.SteppedUp, "POST", "/account/step-up", body)


def _salted(session: SessionCalls) -> Salted:
    methods = session.get(wire.WrappedKeysAnswer, "/account/keys").methods
    password = next((method for method in methods if method.kind == "password"), None)
    if password is None:
        raise ClientError(
            "wrong_credentials", "This account has no password.", "Type its recovery key, all 14 groups of it."
        )
    if password.salt is None or password.kdf_profile is None:
        raise Tampered("password profile", "bad_salt")
    return password.salt, password.kdf_profile
