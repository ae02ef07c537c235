"""The relay: the first delta at once, then at most a frame an interval, nothing lost, nothing twice, whatever is slow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.adapters.clock import SystemClock
from sealmate.turns.relay import Pace, Relay


def relay(
    frames: list[tuple[int, str]],
    *,
    frame: float = 0.02,
    snapshot: float = 60.0,
    on_send: Callable[[int, str], None] = lambda _seq, _delta: None,
    on_snapshot: Callable[[int, str], bool] = lambda _seq, _text: False,
) -> Relay:
    def send(seq: int, delta: str) -> None:
        frames.append((seq, delta))
        on_send(seq, delta)

    pace = Pace(frame_interval=frame, snapshot_interval=snapshot)
    return Relay(pace=pace, clock=SystemClock(), send=send, snapshot=on_snapshot)


def wait_until(held: Callable[[], object]) -> None:
    for _ in range(2000):
        if held():
            return
        time.sleep(0.005)
    raise AssertionError("it never held")


@given(st.lists(st.text(min_size=1, max_size=5), max_size=30))
def test_all_that_was_added_is_sent_once_and_in_order(deltas: list[str]) -> None:
    frames: list[tuple[int, str]] = []
    with relay(frames, frame=0.0005) as running:
        for delta in deltas:
            running.add(delta)
    assert "".join(delta for _, delta in frames) == running.text == "".join(deltas)
    assert [seq for seq, _ in frames] == list(range(1, len(frames) + 1))


def test_the_first_delta_goes_out_at_once_and_alone() -> None:
    frames: list[tuple[int, str]] = []
    with relay(frames, frame=3600) as running:
        running.add("first")
        wait_until(lambda: frames)
        running.add("second ")
        running.add("third")
    assert frames == [(1, "first"), (2, "second third")]


def test_a_slow_connection_makes_larger_frames_not_a_longer_queue() -> None:
    frames: list[tuple[int, str]] = []
    gate = threading.Event()

    def hold_the_first(seq: int, _delta: str) -> None:
        if seq == 1:
            gate.wait()

    with relay(frames, frame=0.0, on_send=hold_the_first) as running:
        for n in range(100):
            running.add(f"{n} ")
        gate.set()
    assert len(frames) <= 3
    assert running.text == "".join(f"{n} " for n in range(100))


def test_a_snapshot_is_taken_while_the_model_is_silent_and_may_stop_the_stream() -> None:
    frames: list[tuple[int, str]] = []
    taken: list[tuple[int, str]] = []

    def snapshot(seq: int, text: str) -> bool:
        taken.append((seq, text))
        return len(taken) > 1

    with relay(frames, snapshot=0.01, on_snapshot=snapshot) as running:
        running.add("word")
        wait_until(lambda: running.stopped)
    assert (1, "word") in taken
    assert running.stopped


def test_what_the_sender_meets_is_raised_where_the_reader_adds() -> None:
    frames: list[tuple[int, str]] = []

    def lost(_seq: int, _text: str) -> bool:
        raise ConnectionError

    def read(running: Relay) -> None:
        for _ in range(2000):
            running.add("x")
            time.sleep(0.005)

    with pytest.raises(ConnectionError), relay(frames, snapshot=0.0, on_snapshot=lost) as running:
        read(running)


def test_what_the_sender_meets_at_the_end_is_raised_too_for_something_was_not_sent() -> None:
    def stuck(_seq: int, _delta: str) -> None:
        raise ConnectionError

    running = relay([], frame=3600, on_send=stuck)
    with pytest.raises(ConnectionError), running:
        running.add("the last word")


def test_pace_waits_for_the_next_thing_that_is_due() -> None:
    pace = Pace(frame_interval=0.08, snapshot_interval=1.0)
    pace.begin(10.0)
    assert pace.frame_due(10.0), "the first frame waits for nothing"
    pace.framed(10.0)
    assert not pace.frame_due(10.07)
    assert pace.frame_due(10.08)
    assert pace.wait(10.02, gathered=True) == pytest.approx(0.06)
    assert pace.wait(10.02, gathered=False) == pytest.approx(0.98)
    assert pace.wait(12.0, gathered=False) == 0.0
