"""Signing up and signing in, step by step; secrets are made and opened here, on the device."""

import contextlib
import platform
import time
from dataclasses import dataclass

from sealmate_cli import crypto
from sealmate_cli.api import Api
from sealmate_cli.crypto import CryptoError
from sealmate_cli.device_keys import signer
from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.profile import Identity, ProfileFile
from sealmate_cli.renewing import checked
from sealmate_cli.wire import http as wire
from sealmate_cli.wire.shape import to_base64url

DEVICE = f"Terminal, {platform.system()}"


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
            "transport": "bearer",
        }
        device_key = self._profile.device_key(master.account)
        sign = signer(device_key, time.time)
        done = self._api.call(
            wire.SignupCompleted, "POST", "/auth/signup/complete", body=body, sign=sign, step=self._id
        )
        public = keys.signing.public_key
        pins = crypto.Pins().advanced(master.account, keys.statement, keys.manifest, public)
        remember(
            self._profile,
            self._api.server,
            self._email,
            done.session,
            master=master,
            pins=pins,
            device_key=device_key,
        )
        return SignupResult(
            account_id=master.account,
            email=self._email,
            recovery_key=recovery_key,
            backup_codes=done.backup_codes,
            totp_secret=verified.totp.secret,
            totp_uri=verified.totp.uri,
        )

    def _expect_verified(self) -> wire.SignupVerified:
        if self._verified is None:
            raise RuntimeError("verify comes first")
        return self._verified


class Login:
    """The password's proof, then a code; only then the server gives the wrapped keys."""

    def __init__(self, api: Api, profile: ProfileFile, email: str) -> None:
        self._api, self._profile, self._email = api, profile, email
        self._started = api.call(wire.LoginStarted, "POST", "/auth/login", body={"email": email})
        self._kek: bytes | None = None
        self.fell_back = False
        """The password opened the keys only by what it was before the last turns: it is to be replaced."""

    def prove(self, password: str) -> None:
        started = self._started
        try:
            proof = crypto.derive_password(
                password, account=started.account_id, salt=started.salt, profile=started.kdf_profile
            )
        except CryptoError as error:
            raise Tampered("password profile", error.reason) from error
        body = {"login_id": started.login_id, "auth": to_base64url(proof.auth)}
        self._api.call(wire.PasswordAccepted, "POST", "/auth/login/password", body=body)
        self._kek = proof.kek

    def confirm(self, code: str) -> Identity:
        """`code`: six digits of the authenticator, or a backup code."""
        if self._kek is None:
            raise RuntimeError("prove comes first")
        body = {
            "login_id": self._started.login_id,
            "code": code.strip(),
            "device": DEVICE,
            "transport": "bearer",
        }
        device_key, step = self._profile.device_key(self._started.account_id), self._started.login_id
        sign = signer(device_key, time.time)
        done = self._api.call(wire.LoginCompleted, "POST", "/auth/login/totp", body=body, sign=sign, step=step)
        try:
            master, pins = self._unlock(done, self._kek)
        except Tampered:
            # A session whose keys can't be trusted is no use to anyone.
            self._end(done.session)
            raise
        return remember(
            self._profile,
            self._api.server,
            self._email,
            done.session,
            master=master,
            pins=pins,
            device_key=device_key,
        )

    def _unlock(self, done: wire.LoginCompleted, kek: bytes) -> tuple[crypto.MasterKeys, crypto.Pins]:
        account, wrapped = self._started.account_id, done.keys.keys()
        seen = self._profile.load().pins_of(account)
        try:
            if done.session.account_id != account:
                raise CryptoError("wrong_account")
            try:
                master = crypto.unlock_account(
                    wrapped, account=account, kind="password", kek=kek, lowest_epoch=seen.epoch
                )
            except CryptoError:
                found = self._fall_back(done.session, kek, lowest_epoch=seen.epoch)
                if found is None:
                    raise
                master = found
            public = crypto.signing_public_key(master.signing_seed)
            pins = checked(wrapped, seen, public)
        except CryptoError as error:
            raise Tampered("account's keys", error.reason) from error
        manifest = wrapped.manifest or self._sign_first(done.session, wrapped, master)
        return master, pins.advanced(account, wrapped.statement, manifest, public)

    def _sign_first(
        self, session: wire.Session, wrapped: crypto.WrappedKeys, master: crypto.MasterKeys
    ) -> crypto.Manifest | None:
        """An account from before there were manifests gets its first from the next device; None if this one can't."""
        manifest = crypto.make_manifest(
            account=master.account,
            epoch=master.epoch,
            methods=wrapped.methods,
            signing_seed=master.signing_seed,
            before=None,
        )
        body = {"manifest": wire.manifest_body(manifest)}
        try:
            self._api.tell("POST", "/account/manifest", body=body, token=session.token)
        except ClientError:
            return None
        return manifest

    def _fall_back(self, session: wire.Session, kek: bytes, *, lowest_epoch: int) -> crypto.MasterKeys | None:
        try:
            wrapped = self._api.call(
                wire.WrappedKeysAnswer, "GET", "/account/keys", query={"former": "true"}, token=session.token
            ).keys()
        except ClientError:
            return None
        master = crypto.unlock_by_former(
            wrapped, account=self._started.account_id, kind="password", kek=kek, lowest_epoch=lowest_epoch
        )
        self.fell_back = master is not None
        return master

    def _end(self, session: wire.Session) -> None:
        with contextlib.suppress(ClientError):
            self._api.tell("POST", "/auth/logout", token=session.token)


def remember(
    file: ProfileFile,
    server: str,
    email: str,
    session: wire.Session,
    *,
    master: crypto.MasterKeys,
    pins: crypto.Pins,
    device_key: bytes,
) -> Identity:
    if session.account_id != master.account:
        raise Tampered("session", "wrong_account")
    identity = Identity(
        email=email,
        session=session,
        epoch=master.epoch,
        master_key=master.master_key,
        signing_public_key=crypto.signing_public_key(master.signing_seed),
    )
    with file.locked():
        file.save(file.load().with_device_key(master.account, device_key).signed_in(server, identity, pins))
    return identity


def digits(code: str) -> str:
    """Authenticators and mails show six digits as two groups."""
    return code.replace(" ", "").strip()


def expect_email(text: str) -> str:
    email = text.strip()
    if email.count("@") != 1 or not all(email.split("@")) or any(each.isspace() for each in email):
        raise ClientError("bad_email", "This is no e-mail address.", "Write it like you@example.org.")
    return email
