"""Every chat's keys under the next master key, staged beside the present ones, read back and opened; then the flip, under one lease."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sealmate_cli import crypto
from sealmate_cli.crypto import CryptoError, MasterKeys
from sealmate_cli.errors import ServerRefused, Tampered
from sealmate_cli.session import SessionCalls
from sealmate_cli.unreadable_chats import UnreadableChats
from sealmate_cli.wire import turning as wire
from sealmate_cli.wire.shape import to_wire

Result = TypeVar("Result")
TRIES = 5
_AT_ONCE = 40


@dataclass(frozen=True, kw_only=True)
class Staging:
    """Steps 1 to 4 of docs/decisions/0013-rotation.md; what breaks off is begun anew."""

    session: SessionCalls
    random: crypto.Random
    old: MasterKeys
    new: MasterKeys
    beside: wire.AccountAnew | None = None
    """What is staged beside the chats."""
    further: int = 0
    """How many new generations each chat gets."""
    told: Callable[[int], None] = lambda _chats: None
    """Hears how many chats are done."""

    def then(self, flip: Callable[[str, int], Result]) -> Result:
        """`flip` is given the lease's address and the key ring's revision that was staged. What comes meanwhile is staged as well."""
        lease, tries, mine = self._lease(), 0, set[str]()
        while True:
            at, tries = f"/account/rotation/{lease.lease_id}", tries + 1
            self._stage(at, mine)
            try:
                return flip(at, lease.ring)
            except ServerRefused as error:
                if error.code != "keys_changed" or tries == TRIES:
                    raise
            lease = self._lease(lease_id=lease.lease_id)

    def _lease(self, **more: str) -> wire.LeaseTaken:
        body = {"expected_epoch": self.old.epoch, **more}
        return self.session.call(wire.LeaseTaken, "POST", "/account/rotation", body)

    def _stage(self, at: str, mine: set[str]) -> None:
        """Returns once all of it was read back and opens under the next master key. UnreadableChats, Tampered.

        `mine`: chats that were staged under this lease.
        """
        for _ in range(TRIES):
            if self._is_complete(at, mine):
                return
        raise Tampered("keys that were staged", "no_such_generation")

    def _is_complete(self, at: str, mine: set[str]) -> bool:
        """Whether all is there; what lacks is staged. What another lease left counts for nothing, though it opens. UnreadableChats."""
        complete = True
        for page in self.session.pages(wire.StagedKeys, f"{at}/staged", "cursor", lambda page: page.cursor):
            if self.beside is not None and page.account != self.beside:
                self._put(at, account=self.beside.model_dump(mode="json"))
                complete = False
            lacking = self._lacking(page.chats, mine)
            for first in range(0, len(lacking), _AT_ONCE):
                batch = lacking[first : first + _AT_ONCE]
                self._put(at, chats=batch)
                mine |= {chat["chat_id"] for chat in batch}
                self.told(len(mine))
            complete = complete and not lacking
        return complete

    def _lacking(self, chats: Iterable[wire.ChatRing], mine: set[str]) -> list[dict[str, Any]]:
        """What is to be staged of them.

        UnreadableChats names all of them whose present keys don't open, while what the server sent is at hand.
        """
        lacking: list[dict[str, Any]] = []
        unreadable: dict[str, str] = {}
        for chat in chats:
            try:
                ring = Ring(chat, self)
                if ring.chat not in mine or not ring.is_staged():
                    lacking.append(ring.anew())
            except CryptoError as error:
                unreadable[chat.chat_id] = error.reason
        if unreadable:
            raise UnreadableChats(unreadable)
        return lacking

    def _put(self, at: str, **staged: Any) -> None:
        self.session.tell("PUT", f"{at}/staged", to_wire(staged))


class Ring:
    """A chat's keys as the server holds them, under one master key or more. CryptoError."""

    def __init__(self, chat: wire.ChatRing, staging: Staging) -> None:
        self.chat, self._staging = chat.chat_id, staging
        wraps = [(_epoch_of(each.envelope), each) for each in chat.keys]
        self._old = {each.generation: each.envelope for epoch, each in wraps if epoch == staging.old.epoch}
        self._new = {each.generation: each.envelope for epoch, each in wraps if epoch == staging.new.epoch}
        lost = [each for epoch, each in wraps if epoch != staging.new.epoch and each.generation not in self._old]
        if lost or not self._old:
            raise CryptoError("no_such_generation")
        newest = max(self._old)
        self._further = range(newest + 1, newest + 1 + staging.further)

    def is_staged(self) -> bool:
        """Whether each generation, and the further ones, are there under the new key and open."""
        return {*self._old, *self._further} <= set(self._new) and all(map(self._opens, self._new.items()))

    def anew(self) -> dict[str, Any]:
        it = self._staging
        handed_on = {
            generation: crypto.rewrap_chat_key(
                envelope, chat=self.chat, generation=generation, old=it.old, new=it.new, random=it.random
            )
            for generation, envelope in self._old.items()
        }
        made = {generation: self._make(generation) for generation in self._further}
        keys = [{"generation": each, "envelope": envelope} for each, envelope in (handed_on | made).items()]
        return {"chat_id": self.chat, "keys": keys}

    def _make(self, generation: int) -> bytes:
        new, random = self._staging.new, self._staging.random
        key = crypto.make_chat_key(new.account, self.chat, generation=generation, random=random)
        return crypto.wrap_chat_key(key, new.master_key, epoch=new.epoch, random=random)

    def _opens(self, wrap: tuple[int, bytes]) -> bool:
        try:
            crypto.open_wrapped(wrap[1], self._staging.new, chat=self.chat, generation=wrap[0])
        except CryptoError:
            return False
        return True


def _epoch_of(envelope: bytes) -> int | None:
    """None: that is no envelope any more."""
    try:
        return crypto.read_epoch(envelope)
    except CryptoError:
        return None
