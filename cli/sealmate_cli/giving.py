"""A new device is given this account's keys: invited by a code, compared by six digits, and only then trusted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sealmate_cli import crypto
from sealmate_cli.crypto import CryptoError, Invitation, JoiningDevice, Transcript
from sealmate_cli.errors import Tampered
from sealmate_cli.renewing import Renewing
from sealmate_cli.session import SessionCalls
from sealmate_cli.taking import LOOK_EVERY
from sealmate_cli.wire import http as wire
from sealmate_cli.wire.shape import to_wire

Found = TypeVar("Found")


@dataclass(frozen=True)
class Meeting:
    """`code`: what both devices must show."""

    device: JoiningDevice
    transcript: Transcript

    @property
    def code(self) -> str:
        return self.transcript.code


class Giving:
    """`meet`, then `give` or `refuse`, then `arrived`. `pause` waits so many seconds before the next look."""

    def __init__(
        self, session: SessionCalls, renew: Renewing, *, random: crypto.Random, pause: Callable[[float], None]
    ) -> None:
        self._session, self._renew, self._random, self._pause = session, renew, random, pause
        self.invitation = Invitation(random(crypto.SECRET_BYTES))
        self._at = f"/account/pairings/{self.invitation.pairing_id}"
        body = {"pairing_id": self.invitation.pairing_id}
        session.call(wire.PairingStarted, "POST", "/account/pairings", body)

    @property
    def link(self) -> str:
        """What stands after the # never reaches a server."""
        return f"{self._session.server}/login#pair={self.invitation.text}"

    def meet(self) -> Meeting:
        """As soon as a device has joined. Tampered if it doesn't keep to what it said first."""
        joined, nonce = self._until(lambda shown: shown.joined), self._random(crypto.NONCE_BYTES)
        self._session.tell("PUT", f"{self._at}/nonce", to_wire({"nonce": nonce}))
        try:
            revealed = self._until(lambda shown: _kept_to(joined, shown).nonce)
            device = JoiningDevice(joined.device, joined.public_key, joined.commitment)
            identity = self._session.identity()
            transcript = crypto.agree(
                self.invitation,
                account=identity.account,
                signing_public=identity.signing_public_key,
                device=device,
                giver_nonce=nonce,
                joiner_nonce=revealed,
            )
        except CryptoError as error:
            self.refuse()
            raise Tampered("new device's part", error.reason) from error
        return Meeting(device, transcript)

    def give(self, meeting: Meeting) -> None:
        """Takes a fresh proof. With what this device has seen of the account, so that the new one can be shown nothing older."""
        keys = self._renew.opened()
        sealed = crypto.seal_keys(keys.master, keys.pins, device=meeting.device, transcript=meeting.transcript)
        self._session.tell("PUT", f"{self._at}/sealed", to_wire({"sealed": sealed}))

    def arrived(self) -> None:
        """Returns when the new device has signed in."""
        self._until(lambda shown: shown.finished or None)

    def refuse(self) -> None:
        self._session.tell("DELETE", self._at)

    def _until(self, find: Callable[[wire.PairingShown], Found | None]) -> Found:
        while True:
            if (found := find(self._session.get(wire.PairingShown, self._at))) is not None:
                return found
            self._pause(LOOK_EVERY)


def _kept_to(joined: wire.JoinedDevice, shown: wire.PairingShown) -> wire.PairingShown:
    if shown.joined != joined:
        raise CryptoError("device_changed")
    return shown
