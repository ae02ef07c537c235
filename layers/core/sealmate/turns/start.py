"""A message comes in: it is stored sealed, put in flight under the turn's key, and its state machine started. Once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sealmate import catalog, errors, mates
from sealmate.billing.ports import Wallets
from sealmate.events import ChatChanged
from sealmate.ports import Clock, DataSeal, Executions, KeyService, Random
from sealmate.seal.data_keys import make_turn_key
from sealmate.seal.envelope import Address, Namespace, digest, read_public_key, unseal
from sealmate.seal.received import header_of
from sealmate.turns.audience import Audience
from sealmate.turns.in_flight import SAID, MessageInFlight
from sealmate.turns.ports import Caller, HistoryCache, NewTurn, Turn, Turns
from sealmate.turns.requests import Ask, Said


@dataclass(frozen=True, kw_only=True)
class Start:
    turns: Turns
    wallets: Wallets
    cache: HistoryCache
    data_seal: DataSeal
    keys: KeyService
    random: Random
    clock: Clock
    execute: Execute

    def __call__(self, caller: Caller, ask: Ask) -> Turn | None:
        """The turn if it was begun now; None if it was known, and then nothing is stored or answered again.

        HistoryNotCached, InvalidRecord, UnknownMate, RequestTooLarge, ChatNotFound, ChatKeyConflict, WrongEpoch, TurnNotStarted.
        """
        key_epoch = _checked_epoch(ask)
        try:
            self._check_account(caller.account_id)
        except (errors.TooManyTries, errors.InsufficientCredits):
            if self._is_known(caller.account_id, ask.turn_id):
                # Asking again is always safe: its own hold may be what is missing.
                return None
            raise
        history = self._history(caller, ask)
        turn = Turn(
            account_id=caller.account_id,
            turn_id=ask.turn_id,
            chat_id=ask.chat_id,
            status="asked",
            created_at=self.clock.now(),
            connection_id=caller.connection_id,
            characters=len(ask.message) + sum(len(said.text) for said in history),
            temporary=ask.temporary,
        )
        begun = self.turns.begin(
            NewTurn(
                turn=turn,
                generation=ask.generation,
                record=ask.record,
                parent=(ask.parent.turn_id, ask.parent.hash) if ask.parent else None,
                sealed_message=self._sealed(ask, history),
                chat_key=ask.chat_key,
                key_epoch=key_epoch,
            )
        )
        if not begun:
            turn = self.turns.turn(caller.account_id, ask.turn_id)
        if turn.status == "asked" and may_start(turn, now=self.clock.now()):
            # Also for a known turn: its execution may never have started. A second one ends at BillingPrecheck.
            self.execute(turn)
        return turn if begun else None

    def _check_account(self, account_id: str) -> None:
        """Nothing is stored for an account that has nothing to pay with, or sends without end."""
        now, most = self.clock.now(), catalog.limits().asks_per_minute
        if self.turns.count_ask(account_id, minute=now // 60) > most:
            raise errors.TooManyTries(retry_after=60 - now % 60)
        if self.wallets.wallet(account_id).available < catalog.prices().minimum_charge:
            raise errors.InsufficientCredits(missing_credits=catalog.prices().minimum_charge)

    def _is_known(self, account_id: str, turn_id: str) -> bool:
        try:
            self.turns.turn(account_id, turn_id)
        except errors.TurnNotFound:
            return False
        return True

    def _history(self, caller: Caller, ask: Ask) -> list[Said]:
        said = self._cached(caller, ask) if ask.history == "cached" else ask.history
        limits = catalog.limits()
        if ask.history != "cached" and sum(len(s.text) for s in said) > limits.history_characters:
            raise errors.RequestTooLarge(limit=limits.history_characters)
        return trimmed(said, turns=limits.history_turns, room=limits.history_characters)

    def _cached(self, caller: Caller, ask: Ask) -> list[Said]:
        if ask.temporary:
            raise errors.HistoryNotCached()
        blob = self.cache.get(caller.account_id, ask.chat_id)
        if blob is None:
            raise errors.HistoryNotCached()
        address = Address(account=caller.account_id, scope=ask.chat_id, record=ask.chat_id)
        try:
            envelope = self.data_seal.open(blob, purpose="cache", owner=f"{caller.account_id}/{ask.chat_id}")
            content = unseal(ask.cache_key, envelope, namespace=Namespace.CACHE, address=address)
        except errors.SealBroken:
            # Another generation's cache key: as good as none.
            raise errors.HistoryNotCached() from None
        return SAID.validate_json(content)

    def _sealed(self, ask: Ask, history: list[Said]) -> bytes:
        message = MessageInFlight(
            message=ask.message,
            history=history,
            answer_public_key=ask.answer_public_key,
            cache_key=ask.cache_key,
            message_hash=digest(ask.record),
            generation=ask.generation,
            mate=ask.mate,
            # Also after a first message that was refused: the title is still to be given.
            first=not ask.temporary and not any(said.role == "assistant" for said in history),
            temporary=ask.temporary,
        )
        key = make_turn_key(ask.turn_id, keys=self.keys, random=self.random)
        return key.seal(message.model_dump_json().encode(), part="message")


@dataclass(frozen=True, kw_only=True)
class Execute:
    """Starts a turn's state machine; a second execution of the same turn ends at its first state."""

    executions: Executions

    def __call__(self, turn: Turn) -> None:
        payload = {
            "account_id": turn.account_id,
            "turn_id": turn.turn_id,
            "chat_id": turn.chat_id,
            "connection_id": turn.connection_id,
            "characters": turn.characters,
        }
        try:
            self.executions.start(turn_id=turn.turn_id, payload=payload)
        except errors.SealmateError:
            raise errors.TurnNotStarted(turn_id=turn.turn_id) from None


def announce(turn: Turn, audience: Audience) -> None:
    """Tells the devices that show something else of a message that came in; those that show the chat hear its turn."""
    if not turn.temporary:
        audience.tell_others(ChatChanged(chat_id=turn.chat_id, updated_at=turn.created_at))


def may_start(turn: Turn, *, now: int) -> bool:
    """Whether the message in flight will outlive an execution that starts now."""
    limits = catalog.limits()
    return now <= turn.created_at + limits.vault_ttl_seconds - limits.hold_seconds


def trimmed(said: list[Said], *, turns: int, room: int, size: Callable[[str], int] = len) -> list[Said]:
    """The latest messages that fit, oldest first and the user's first; what doesn't fit whole is left out whole."""
    kept: list[Said] = []
    for one in reversed(said[-turns * 2 :]):
        room -= size(one.text)
        if room < 0:
            break
        kept.append(one)
    while kept and kept[-1].role != "user":
        kept.pop()
    return kept[::-1]


def _checked_epoch(ask: Ask) -> int | None:
    """The master key's epoch that a first message's chat key is under. What can be checked without keys is checked here."""
    if ask.mate is not None:
        mates.get(ask.mate)
    if ask.temporary and ask.chat_key is not None:
        raise errors.InvalidRequest(field="chat_key", problem="temporary")
    record = header_of(ask.record, Namespace.MESSAGE)
    chat_key = header_of(ask.chat_key, Namespace.CHAT_KEY) if ask.chat_key is not None else None
    try:
        read_public_key(ask.answer_public_key)
    except errors.SealBroken as broken:
        raise errors.InvalidRecord(**broken.details) from None
    if ask.parent and ask.turn_id <= ask.parent.turn_id:
        # Turns are read in the order of their ids, which begin with the time.
        raise errors.InvalidRecord(reason="before_its_parent")
    if record.epoch != ask.generation:
        raise errors.WrongEpoch()
    return chat_key.epoch if chat_key else None
