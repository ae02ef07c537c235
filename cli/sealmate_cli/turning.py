"""The account's master key turns when that is due, quietly, by whichever device is there: step by step, and any step may be the last."""

from collections.abc import Callable

from sealmate_cli import crypto
from sealmate_cli.crypto import CryptoError
from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.renewing import Renewing
from sealmate_cli.session import SessionCalls
from sealmate_cli.staging import Staging
from sealmate_cli.unreadable_chats import UnreadableChats
from sealmate_cli.wire import turning as wire
from sealmate_cli.wire.http import Account


class Turning:
    def __init__(
        self, session: SessionCalls, renew: Renewing, *, random: crypto.Random, now: Callable[[], float]
    ) -> None:
        self._session, self._renew, self._random, self._now = session, renew, random, now
        self.held_up: UnreadableChats | None = None
        """Why the key that was due wasn't turned the last time: a person is to say what becomes of these."""

    def if_due(self, account: Account) -> None:
        """`account` as the server tells of it now. Tampered; what else hinders it waits for the next time, or for another device."""
        self.held_up, due = None, account.rotation_due_at
        if due is None or self._now() < due:
            return
        try:
            self._turn()
        except UnreadableChats as error:
            self.held_up = error
        except Tampered:
            raise
        except ClientError:
            pass  # the connection broke, or another device is at it, or won
        # As every other device does: what the server has now is what counts.
        self._renew()

    def _turn(self) -> None:
        before = self._renew.opened()
        try:
            turned = crypto.turn_master(before.wrapped, before.master, random=self._random)
        except CryptoError as error:
            raise Tampered("account's keys", error.reason) from error

        def flip(at: str, ring: int) -> wire.Flipped:
            return self._session.call(wire.Flipped, "POST", f"{at}/flip", wire.flip_body(turned, ring))

        Staging(
            session=self._session,
            random=self._random,
            old=before.master,
            new=turned.keys,
            beside=wire.account_anew(turned),
        ).then(flip)
