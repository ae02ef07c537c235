"""Follows the links to an account's present master key, with every check, when another device has turned it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sealmate_cli import crypto
from sealmate_cli.crypto import CryptoError
from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.profile import Identity, ProfileFile
from sealmate_cli.session import SessionCalls
from sealmate_cli.wire import http as wire


@dataclass(frozen=True)
class OpenKeys:
    wrapped: crypto.WrappedKeys
    master: crypto.MasterKeys
    pins: crypto.Pins


class Renewing:
    def __init__(self, session: SessionCalls, profile: ProfileFile) -> None:
        self._session, self._profile = session, profile

    def __call__(self) -> Identity:
        """This device's identity with the account's present keys. Tampered; ClientError if only signing in brings them."""
        self.opened()
        return self._session.identity()

    def opened(self) -> OpenKeys:
        """The account's keys as the server has them now, checked against all that was seen here; kept if they are news. As above."""
        identity = self._session.identity()
        wrapped = self._session.get(wire.WrappedKeysAnswer, "/account/keys").keys()
        seen = self._profile.load().pins_of(identity.account)
        try:
            if wrapped.account != identity.account:
                raise CryptoError("wrong_account")
            keys = crypto.follow_links(
                wrapped,
                epoch=identity.epoch,
                master_key=identity.master_key,
                statement=seen.statement,
                signing_public=identity.signing_public_key,
            )
            pins = checked(wrapped, seen, identity.signing_public_key)
        except CryptoError as error:
            if error.reason == "link_missing":
                raise _only_by_signing_in() from error
            raise Tampered("account's keys", error.reason) from error
        if (keys.epoch, pins) != (identity.epoch, seen):
            self.keep(keys, pins)
        if keys.epoch != identity.epoch:
            self._session.tell("POST", "/account/keys/acknowledged", {"epoch": keys.epoch})
        return OpenKeys(wrapped, keys, pins)

    def keep(self, keys: crypto.MasterKeys, pins: crypto.Pins, *, settings: Mapping[str, int] | None = None) -> None:
        """This device goes on with these keys. `settings`: of which apps which revision was seen."""
        with self._profile.locked():
            profile = self._profile.load()
            identity = profile.identity
            # Another process may have signed out, or gone further, meanwhile; and the session's token may have been rotated.
            if identity is None or identity.account != keys.account:
                return
            if (identity.epoch, profile.pins_of(keys.account).sequence) > (keys.epoch, pins.sequence):
                return
            renewed = identity.model_copy(
                update={
                    "epoch": keys.epoch,
                    "master_key": keys.master_key,
                    "signing_public_key": crypto.signing_public_key(keys.signing_seed),
                }
            )
            kept = profile.signed_in(self._session.server, renewed, pins)
            self._profile.save(kept.having_seen_settings(keys.account, settings or {}))


def checked(wrapped: crypto.WrappedKeys, seen: crypto.Pins, signing_public: bytes) -> crypto.Pins:
    """What this device remembers from now on: the manifest verifies, and nothing is older than, or other than, what was seen."""
    crypto.verify_own_manifest(wrapped, signing_public)
    return seen.advanced(wrapped.account, wrapped.statement, wrapped.manifest, signing_public)


def _only_by_signing_in() -> ClientError:
    return ClientError(
        "keys_rotated",
        "The account's keys were renewed while this device was away, or for its safety.",
        "Sign out and in again to fetch them: `sealmate logout`, `sealmate login`.",
    )
