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

# Which device does its next request; or it dies and begins anew; or begins a chat; a chat is deleted; time passes.
events = st.lists(
    st.one_of(
        st.tuples(st.just("step"), st.integers(0, DEVICES - 1)),
        st.tuples(st.just("step"), st.integers(0, DEVICES - 1)),
        st.tuples(st.just("step"), st.integers(0, DEVICES - 1)),
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
        self.known: dict[str, bytes] = {}
        self.begun = 0
        for number in range(2):
            self.begin(number)

    def step(self, number: int) -> None:
        turn = self.turns.setdefault(number, self.devices[number].turn())
        epoch = self.world.epoch
        try:
            if next(turn, None) is None:
                del self.turns[number]
        except _REFUSALS:
            del self.turns[number]
        assert self.world.epoch in (epoch, epoch + 1)

    def die(self, number: int) -> None:
        self.turns.pop(number, None)

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
        reader.keys, reader.pins = device.keys, device.pins
        reader.catch_up()
        return reader.open_all()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(events)
def test_no_chat_becomes_unreadable_and_one_epoch_wins(script: list[tuple[str, int]]) -> None:
    play = Play()
    for event, argument in script:
        getattr(play, event)(argument)
        newcomer = play.world.device()
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
