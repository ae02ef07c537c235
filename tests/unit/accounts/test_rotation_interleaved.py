"""Several devices at once, in any order, each of them dying anywhere: no chat unreadable, and one epoch wins."""

from __future__ import annotations

import os
from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealmate import errors
from tests.fakes.turning import ACCOUNT, Turning, run
from tests.unit.accounts.turning_world import TurningWorld, chat_id

# `make prove` asks for more.
EXAMPLES = int(os.environ.get("SEALMATE_EXAMPLES", "25"))
DEVICES = 3

# Which device does its next request, of a rotation or, begun by "secure", of the one that replaces everything;
# or it dies and begins anew; or begins a chat; a chat is deleted; time passes.
events = st.lists(
    st.one_of(
        st.tuples(st.just("step"), st.integers(0, DEVICES - 1)),
        st.tuples(st.just("step"), st.integers(0, DEVICES - 1)),
        st.tuples(st.just("step"), st.integers(0, DEVICES - 1)),
        st.tuples(st.just("secure"), st.integers(0, DEVICES - 1)),
        st.tuples(st.just("die"), st.integers(0, DEVICES - 1)),
        st.tuples(st.just("begin"), st.integers(0, DEVICES - 1)),
        st.tuples(st.just("delete"), st.integers(0, 5)),
        st.tuples(st.just("wait"), st.sampled_from([1, 300, 700, 31 * 86_400])),
        st.tuples(st.just("acknowledge"), st.integers(0, DEVICES - 1)),
    ),
    max_size=60,
)
_REFUSALS = (errors.RotationUnderWay, errors.LeaseOver, errors.KeysChanged, errors.WrongEpoch, errors.ManifestConflict)


class Play:
    """Knows of each chat the key that it was begun with, so that a key that was swapped or lost shows."""

    def __init__(self) -> None:
        self.world = TurningWorld()
        self.devices = [self.world.device() for _ in range(DEVICES)]
        self.turns: dict[int, Iterator[str]] = {}
        self.securing: set[int] = set()
        self.known: dict[str, bytes] = {}
        self.begun = 0
        for number in range(2):
            self.begin(number)

    def step(self, number: int) -> None:
        turn = self.turns.setdefault(number, self.devices[number].turn())
        epoch = self.world.epoch
        try:
            step = next(turn, None)
        except _REFUSALS:
            step = None
        if step == "flip" and number in self.securing:
            self.secured(number)
        elif step is None:
            self.die(number)
        assert self.world.epoch in (epoch, epoch + 1)

    def secure(self, number: int) -> None:
        self.turns[number] = self.devices[number].secure(self.world.securing)
        self.securing.add(number)

    def secured(self, number: int) -> None:
        """All other sessions have ended, whatever they were at: their devices sign in again, with what opens the account now."""
        own = self.devices[number]
        assert {session for _, session in self.world.rows.sessions} == {own.session.session_id}
        self.turns, self.securing = {}, set()
        for other in (other for other in self.devices if other is not own):
            other.session, other.kek = self.world.session(), own.kek
            other.sign_in()

    def die(self, number: int) -> None:
        self.turns.pop(number, None)
        self.securing.discard(number)

    def begin(self, number: int) -> None:
        device, chat = self.devices[number], chat_id(self.begun)
        self.begun += 1
        try:
            device.begin_chat(chat, at=self.world.clock.now())
        except errors.WrongEpoch:
            device.catch_up()
            device.begin_chat(chat, at=self.world.clock.now())
        self.known[chat] = self.read(device)[chat]

    def delete(self, number: int) -> None:
        if chat_id(number) in self.known:
            self.world.chats.delete(ACCOUNT, chat_id(number), at=self.world.clock.now())
            del self.known[chat_id(number)]

    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    def acknowledge(self, number: int) -> None:
        device = self.devices[number]
        device.catch_up()
        device.acknowledge()

    def read(self, device: Turning) -> dict[str, bytes]:
        """As an application does: it catches up, then opens every chat. What it has in hand for a rotation stays as it is."""
        reader = self.world.device()
        reader.keys, reader.pins, reader.kek = device.keys, device.pins, device.kek
        del self.world.rows.sessions[ACCOUNT, reader.session.session_id]
        reader.catch_up()
        return reader.open_all()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(events)
def test_no_chat_becomes_unreadable_and_one_epoch_wins(script: list[tuple[str, int]]) -> None:
    play = Play()
    for event, argument in script:
        getattr(play, event)(argument)
        newcomer = play.world.device()
        newcomer.kek = play.devices[0].kek
        newcomer.sign_in()
        del play.world.rows.sessions[ACCOUNT, newcomer.session.session_id]
        assert newcomer.open_all() == play.known
    for device in play.devices:
        assert play.read(device) == play.known
    play.wait(601)
    run(play.devices[0].turn())
    for device in play.devices:
        assert play.read(device) == play.known
        device.catch_up()
        device.acknowledge()
        assert device.keys == play.devices[0].keys
