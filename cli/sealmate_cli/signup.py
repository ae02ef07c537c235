"""Signing up, step by step; secrets are made here, on the device."""

from dataclasses import dataclass

from sealmate_cli import crypto
from sealmate_cli.api import Api
from sealmate_cli.beginning import DEVICE, Beginning, end_session
from sealmate_cli.errors import Tampered
from sealmate_cli.profile import ProfileFile
from sealmate_cli.typed import digits
from sealmate_cli.wire import http as wire


@dataclass(frozen=True)
class SignupResult:
    """Shown once: neither the recovery key nor the backup codes are kept anywhere by this client."""

    account_id: str
    email: str
    recovery_key: str
    backup_codes: list[str]
    totp_secret: str
    totp_uri: str


class Signup:
    """A code by mail, then a password, then a code of the authenticator."""

    def __init__(self, api: Api, profile: ProfileFile, email: str, random: crypto.Random) -> None:
        self._api, self._profile, self._email, self._random = api, profile, email, random
        self._id = api.call(wire.SignupStarted, "POST", "/auth/signup", body={"email": email}).signup_id
        self._verified: wire.SignupVerified | None = None
        self._made: tuple[crypto.AccountKeys, crypto.MasterKeys, str] | None = None

    def verify(self, mail_code: str) -> wire.Totp:
        body = {"signup_id": self._id, "code": mail_code.strip()}
        self._verified = self._api.call(wire.SignupVerified, "POST", "/auth/signup/verify", body=body)
        if self._verified.kdf_profile != crypto.CURRENT_PROFILE:
            raise Tampered("password profile", "unknown_kdf_profile")
        return self._verified.totp

    def make_keys(self, password: str) -> None:
        account = self._expect_verified().account_id
        self._made = crypto.make_account_keys(account, password, random=self._random)

    def complete(self, totp_code: str) -> SignupResult:
        verified = self._expect_verified()
        if self._made is None:
            raise RuntimeError("make_keys comes first")
        keys, master, recovery_key = self._made
        body = {
            "signup_token": verified.signup_token,
            "keys": wire.account_keys_body(keys),
            "totp_code": digits(totp_code),
            "device": DEVICE,
        }
        pins = self._expect_new(master.account, keys)
        beginning = Beginning(self._api, self._profile, master.account)
        done = beginning.call(wire.SignupCompleted, "/auth/signup/complete", body, step=self._id)
        try:
            beginning.remember(self._email, done.session, master, pins)
        except Tampered:
            end_session(self._api, done.session)
            raise
        return SignupResult(
            account_id=master.account,
            email=self._email,
            recovery_key=recovery_key,
            backup_codes=done.backup_codes,
            totp_secret=verified.totp.secret,
            totp_uri=verified.totp.uri,
        )

    def _expect_new(self, account: str, keys: crypto.AccountKeys) -> crypto.Pins:
        """An id that this device knows is no new account's: what was seen of that one would be forgotten. Tampered."""
        seen = self._profile.load().pins_of(account)
        try:
            return seen.advanced(account, keys.statement, keys.manifest, keys.signing.public_key)
        except crypto.CryptoError as error:
            raise Tampered("new account", error.reason) from error

    def _expect_verified(self) -> wire.SignupVerified:
        if self._verified is None:
            raise RuntimeError("verify comes first")
        return self._verified
