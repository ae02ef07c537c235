"""Signing in, step by step: by the password or the recovery key, and a code; keys are opened here, on the device."""

from sealmate_cli import crypto
from sealmate_cli.api import Api
from sealmate_cli.beginning import DEVICE, Beginning, end_session
from sealmate_cli.crypto import CryptoError, MethodKind
from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.profile import Identity, ProfileFile
from sealmate_cli.renewing import checked
from sealmate_cli.typed import derive_secret
from sealmate_cli.wire import http as wire
from sealmate_cli.wire.shape import to_base64url


class Login:
    """The secret's proof, then a code; only then the server gives the wrapped keys."""

    def __init__(self, api: Api, profile: ProfileFile, email: str) -> None:
        self._api, self._profile, self._email = api, profile, email
        self._started = api.call(wire.LoginStarted, "POST", "/auth/login", body={"email": email})
        self._proved: tuple[MethodKind, bytes] | None = None
        self.fell_back = False
        """The secret opened the keys only by what it was before the last turns: it is to be replaced."""

    @property
    def by_recovery_key(self) -> bool:
        return self._proved is not None and self._proved[0] == "recovery"

    def prove(self, secret: str) -> None:
        """`secret`: the password, or the recovery key."""
        started = self._started
        kind, proof = derive_secret(
            secret, account=started.account_id, salted=lambda: (started.salt, started.kdf_profile)
        )
        body = {"login_id": started.login_id, "auth": to_base64url(proof.auth)}
        try:
            self._api.call(wire.PasswordAccepted, "POST", "/auth/login/password", body=body)
        except ClientError as error:
            if kind != "recovery" or error.code != "wrong_credentials":
                raise
            raise ClientError(
                error.code,
                "E-mail and recovery key don't match.",
                "Check both. A recovery key that was replaced by a new one opens nothing any more.",
            ) from error
        self._proved = (kind, proof.kek)

    def confirm(self, code: str) -> Identity:
        """`code`: six digits of the authenticator, or a backup code."""
        if self._proved is None:
            raise RuntimeError("prove comes first")
        step = self._started.login_id
        body = {"login_id": step, "code": code.strip(), "device": DEVICE}
        beginning = Beginning(self._api, self._profile, self._started.account_id)
        done = beginning.call(wire.LoginCompleted, "/auth/login/totp", body, step=step)
        try:
            master, pins = self._unlock(done, *self._proved)
        except Tampered:
            end_session(self._api, done.session)
            raise
        return beginning.remember(self._email, done.session, master, pins)

    def _unlock(self, done: wire.LoginCompleted, kind: MethodKind, kek: bytes) -> tuple[crypto.MasterKeys, crypto.Pins]:
        account, wrapped = self._started.account_id, done.keys.keys()
        seen = self._profile.load().pins_of(account)
        try:
            if done.session.account_id != account:
                raise CryptoError("wrong_account")
            try:
                master = crypto.unlock_account(wrapped, account=account, kind=kind, kek=kek, lowest_epoch=seen.epoch)
            except CryptoError:
                found = self._fall_back(done.session, kind, kek, lowest_epoch=seen.epoch)
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

    def _fall_back(
        self, session: wire.Session, kind: MethodKind, kek: bytes, *, lowest_epoch: int
    ) -> crypto.MasterKeys | None:
        try:
            wrapped = self._api.call(
                wire.WrappedKeysAnswer, "GET", "/account/keys", query={"former": "true"}, token=session.token
            ).keys()
        except ClientError:
            return None
        master = crypto.unlock_by_former(
            wrapped, account=self._started.account_id, kind=kind, kek=kek, lowest_epoch=lowest_epoch
        )
        self.fell_back = master is not None
        return master
