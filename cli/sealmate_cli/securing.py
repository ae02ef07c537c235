"""Securing the account after somebody else had a device or a key of it: everything that opens it is made anew, and all others are out."""

from collections.abc import Callable
from urllib.parse import quote

from sealmate_cli import crypto
from sealmate_cli.crypto import CryptoError, SecuredAccount, StoredApp
from sealmate_cli.errors import ClientError, Tampered, UnexpectedAnswer
from sealmate_cli.profile import ProfileFile
from sealmate_cli.renewing import OpenKeys, Renewing, checked
from sealmate_cli.session import SessionCalls
from sealmate_cli.staging import Staging
from sealmate_cli.wire import http as wire
from sealmate_cli.wire import turning


class Securing:
    """`begin` after a fresh proof, then `make`, then `replace`, then `settle`."""

    def __init__(self, session: SessionCalls, profile: ProfileFile, renew: Renewing, random: crypto.Random) -> None:
        self._session, self._profile, self._renew, self._random = session, profile, renew, random
        self._apps: list[StoredApp] = []
        """As they were sent last."""

    def begin(self) -> OpenKeys:
        """Everybody else is signed out. Tampered, before that, if the keys aren't the account's present ones."""
        keys = self._renew.opened()
        self._session.tell("DELETE", "/account/sessions")
        return keys

    def make(self, begun: OpenKeys, password: str) -> tuple[SecuredAccount, str]:
        """With the recovery key, to be shown and saved; nothing counts before `replace`."""
        return crypto.secure_account(begun.wrapped, begun.master, password=password, random=self._random)

    def replace(self, begun: OpenKeys, made: SecuredAccount, *, told: Callable[[int], None]) -> list[str]:
        """From then on `made` counts. The new backup codes; none if the server's reply was lost. What breaks off is repeated as it is.

        `told` hears how many chats are done.
        """

        def secure(at: str, ring: int) -> list[str]:
            self._apps = self._renew_apps(begun, made)
            body = turning.secure_body(made, ring, self._apps)
            return self._session.call(turning.Secured, "POST", f"{at}/secure", body).backup_codes

        staging = Staging(
            session=self._session, random=self._random, old=begun.master, new=made.keys, further=1, told=told
        )
        try:
            return staging.then(secure)
        except ClientError as error:
            # An answer that isn't to be believed is told, though all was replaced; what repeats it finds that out.
            told_wrongly = isinstance(error, UnexpectedAnswer) and not error.passing
            if told_wrongly or not self._is_done(made):
                raise
            return []

    def is_replaced_by(self, made: SecuredAccount) -> bool:
        """Whether `made` is what counts, by what the server has now."""
        statement = self._session.get(wire.WrappedKeysAnswer, "/account/keys").statement
        return statement.signature == made.statement.signature

    def settle(self, made: SecuredAccount) -> None:
        """This device goes on with `made`, if that is what the server has. Tampered."""
        pins = self._expect(made)
        self._renew.keep(made.keys, pins, settings={app.app: app.revision for app in self._apps})

    def _renew_apps(self, begun: OpenKeys, made: SecuredAccount) -> list[StoredApp]:
        """As they are now: a setting may have been chosen, and an app begun, since the keys were opened."""
        wrapped = self._session.get(wire.WrappedKeysAnswer, "/account/keys")
        stored = [self._stored(app.app) for app in wrapped.apps or ()]
        return [crypto.renew_app(app, old=begun.master, new=made.keys, random=self._random) for app in stored]

    def _stored(self, app: str) -> StoredApp:
        now = self._session.get(turning.AppSettings, f"/apps/{quote(app, safe='')}/settings")
        account = self._session.identity().account
        if now.revision < self._profile.load().seen_settings(account, app):
            raise Tampered("settings", "settings_rolled_back")
        if now.key is None or now.settings is None:
            raise Tampered("settings", "bad_content")
        return StoredApp(app=app, revision=now.revision, key=now.key, settings=now.settings)

    def _expect(self, made: SecuredAccount) -> crypto.Pins:
        """What the server has from now on is what was made here. Tampered."""
        wrapped, keys = self._session.get(wire.WrappedKeysAnswer, "/account/keys").keys(), made.keys
        try:
            if wrapped.account != keys.account:
                raise CryptoError("wrong_account")
            if wrapped.epoch < keys.epoch:
                raise CryptoError("epoch_rolled_back")
            crypto.prove_master(wrapped, keys.master_key, made.signing.public_key)
            return checked(wrapped, self._profile.load().pins_of(keys.account), made.signing.public_key)
        except CryptoError as error:
            raise Tampered("account's keys", error.reason) from error

    def _is_done(self, made: SecuredAccount) -> bool:
        """The reply may have been lost: what the server has now is what counts."""
        try:
            return self.is_replaced_by(made)
        except ClientError:
            return False
