"""Follows the links to an account's present master key, with every check, when another device has turned it."""

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

    def opened(self) -> "OpenKeys":
        """The account's keys as the server has them now, checked against all that was seen here."""
        identity = self()
        wrapped = self._session.get(wire.WrappedKeysAnswer, "/account/keys").keys()
        seen = self._profile.load().pins_of(identity.account)
        try:
            master = crypto.prove_master(wrapped, identity.master_key, identity.signing_public_key)
            return OpenKeys(wrapped, master, checked(wrapped, seen, identity.signing_public_key))
        except CryptoError as error:
            raise Tampered("account's keys", error.reason) from error

    def __call__(self) -> Identity:
        """This device's identity with the account's present keys. Tampered; ClientError if only signing in brings them."""
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
        renewed = identity.model_copy(update={"epoch": keys.epoch, "master_key": keys.master_key})
        with self._profile.locked():
            profile = self._profile.load()
            if profile.identity is not None and profile.identity.session.session_id == identity.session.session_id:
                # The token may have been rotated meanwhile, by another process.
                renewed = renewed.model_copy(update={"session": profile.identity.session})
                self._profile.save(profile.signed_in(self._session.server, renewed, pins))
        self._session.tell("POST", "/account/keys/acknowledged", {"epoch": keys.epoch})
        return renewed


def checked(wrapped: crypto.WrappedKeys, seen: crypto.Pins, signing_public: bytes) -> crypto.Pins:
    """What this device remembers from now on: the manifest verifies, and nothing is older than, or other than, what was seen."""
    if wrapped.manifest is not None:
        crypto.verify_manifest(
            wrapped.manifest,
            account=wrapped.account,
            epoch=wrapped.epoch,
            methods=wrapped.methods,
            signing_public=signing_public,
        )
    return seen.advanced(wrapped.account, wrapped.statement, wrapped.manifest, signing_public)


def _only_by_signing_in() -> ClientError:
    return ClientError(
        "keys_rotated",
        "The account's keys were renewed while this device was away, or for its safety.",
        "Sign out and in again to fetch them: `sealmate logout`, `sealmate login`.",
    )
