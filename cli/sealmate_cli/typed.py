"""What a person types: an address, a code, and what opens the account."""

from collections.abc import Callable

from sealmate_cli import crypto
from sealmate_cli.crypto import CryptoError, MethodKind, Proof
from sealmate_cli.errors import ClientError, Tampered

Salted = tuple[bytes, int]
"""A password's salt, and the id of its profile."""


def expect_email(text: str) -> str:
    email = text.strip()
    if email.count("@") != 1 or not all(email.split("@")) or any(each.isspace() for each in email):
        raise ClientError("bad_email", "This is no e-mail address.", "Write it like you@example.org.")
    return email


def digits(code: str) -> str:
    """Authenticators and mails show six digits as two groups."""
    return code.replace(" ", "").strip()


def derive_secret(secret: str, *, account: str, salted: Callable[[], Salted]) -> tuple[MethodKind, Proof]:
    """`secret`: the recovery key, or else the password: its checksum makes sure that none looks like it. Tampered."""
    try:
        return "recovery", crypto.derive_recovery(crypto.decode_recovery_key(secret), account=account)
    except CryptoError:
        pass  # a password, then
    salt, profile = salted()
    try:
        return "password", crypto.derive_password(secret, account=account, salt=salt, profile=profile)
    except CryptoError as error:
        raise Tampered("password profile", error.reason) from error
