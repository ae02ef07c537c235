"""This device is added by another one of the same person: joined by its code, compared by six digits, then signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sealmate_cli import crypto
from sealmate_cli.api import Api
from sealmate_cli.beginning import DEVICE, Beginning, end_session
from sealmate_cli.crypto import CryptoError, Invitation, JoiningDevice, KeyPair, Pins, Transcript
from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.profile import Identity, ProfileFile
from sealmate_cli.renewing import checked
from sealmate_cli.wire import http as wire
from sealmate_cli.wire.shape import to_base64url, to_wire

Found = TypeVar("Found")
LOOK_EVERY = 1.5
_CLAIM_BYTES = 32


@dataclass(frozen=True)
class _Agreed:
    pair: KeyPair
    transcript: Transcript
    signing_public: bytes


class Taking:
    """`meet`, then, when the codes were compared, `enter`. `pause` waits so many seconds before the next look."""

    def __init__(
        self, api: Api, profile: ProfileFile, text: str, *, random: crypto.Random, pause: Callable[[float], None]
    ) -> None:
        self._api, self._profile, self._random, self._pause = api, profile, random, pause
        self._invitation = read_invitation(text)
        claim = to_base64url(random(_CLAIM_BYTES))
        self._shown = {"pairing_id": self._invitation.pairing_id, "claim": claim}
        self._agreed: _Agreed | None = None

    def meet(self) -> str:
        """The code, which the other device must show as well."""
        pair, nonce = KeyPair(self._random(crypto.SEED_BYTES)), self._random(crypto.NONCE_BYTES)
        commitment = crypto.commit(self._invitation.pairing_id, pair.public_key, nonce)
        device = JoiningDevice(DEVICE, pair.public_key, commitment)
        joined = self._join(device)
        giver_nonce = self._until(lambda looked: looked.nonce)
        transcript = crypto.agree(
            self._invitation,
            account=joined.account_id,
            signing_public=joined.signing_public_key,
            device=device,
            giver_nonce=giver_nonce,
            joiner_nonce=nonce,
        )
        self._api.tell("POST", "/auth/pairing/reveal", body=self._shown | {"nonce": to_base64url(nonce)})
        self._agreed = _Agreed(pair, transcript, joined.signing_public_key)
        return transcript.code

    def enter(self) -> Identity:
        """What was given is opened before there is a session, and the account's keys are held against it before they count."""
        if self._agreed is None:
            raise RuntimeError("meet comes first")
        sealed = self._until(lambda looked: looked.sealed)
        try:
            master_key, seen = crypto.open_keys(sealed, self._agreed.pair, self._agreed.transcript)
        except CryptoError as error:
            raise Tampered("other device's keys", error.reason) from error
        beginning = Beginning(self._api, self._profile, self._agreed.transcript.account)
        step = self._invitation.pairing_id
        done = beginning.call(wire.LoginCompleted, "/auth/pairing/finish", self._shown, step=step)
        try:
            master, pins = self._prove(done, master_key, seen, self._agreed)
            account = self._api.call(wire.Account, "GET", "/account", token=done.session.token)
            if account.account_id != master.account:
                raise Tampered("account", "wrong_account")
        except ClientError:
            end_session(self._api, done.session)
            raise
        return beginning.remember(account.email, done.session, master, pins)

    def _join(self, device: JoiningDevice) -> wire.PairingJoined:
        said = {"device": device.name, "public_key": device.public_key, "commitment": device.commitment}
        return self._api.call(wire.PairingJoined, "POST", "/auth/pairing/join", body=self._shown | to_wire(said))

    def _until(self, find: Callable[[wire.PairingLooked], Found | None]) -> Found:
        while True:
            looked = self._api.call(wire.PairingLooked, "POST", "/auth/pairing/look", body=self._shown)
            if (found := find(looked)) is not None:
                return found
            self._pause(LOOK_EVERY)

    def _prove(
        self, done: wire.LoginCompleted, master_key: bytes, seen: Pins, agreed: _Agreed
    ) -> tuple[crypto.MasterKeys, Pins]:
        account, wrapped = agreed.transcript.account, done.keys.keys()
        try:
            if not account == wrapped.account == done.session.account_id:
                raise CryptoError("wrong_account")
            master = crypto.prove_master(wrapped, master_key, agreed.signing_public)
            checked(wrapped, self._profile.load().pins_of(account), agreed.signing_public)
            return master, checked(wrapped, seen, agreed.signing_public)
        except CryptoError as error:
            raise Tampered("account's keys", error.reason) from error


def read_invitation(text: str) -> Invitation:
    try:
        return crypto.read_invitation(text.rpartition("#pair=")[2])
    except CryptoError as error:
        raise ClientError(
            error.reason,
            "This is no code for adding a device.",
            "Compare it with what the other device shows: sixteen letters and digits.",
        ) from error
