"""What goes out with a message: history that fits, frames that fit."""

import json

from hypothesis import given
from hypothesis import strategies as st

from sealmate_cli.asking import HISTORY_TURNS, Said, recent, said_in_turn
from sealmate_cli.socket import MAX_FRAME_BYTES, frames

turns = st.lists(st.tuples(st.text(max_size=60), st.text(max_size=60)), max_size=30)


@given(turns=turns, characters=st.integers(0, 2_000), size=st.integers(0, 4_000))
def test_history_is_the_latest_whole_turns_within_all_limits(
    turns: list[tuple[str, str]], characters: int, size: int
) -> None:
    said = [each for turn in turns for each in said_in_turn(*turn)]
    kept = recent(said, characters=characters, size=size)
    assert kept == said[len(said) - len(kept) :]
    assert len(kept) % 2 == 0
    assert len(kept) <= 2 * HISTORY_TURNS
    assert sum(len(each.text) for each in kept) <= characters
    sent = json.dumps([vars(each) for each in kept], ensure_ascii=False, separators=(",", ":"))
    assert not kept or len(sent.encode()) <= size + 1  # a list of n has n - 1 commas, and two brackets


def test_a_last_turn_that_does_not_fit_leaves_nothing() -> None:
    said = [Said("user", "a"), Said("assistant", "b"), Said("user", "c" * 50), Said("assistant", "d")]
    assert recent(said, characters=50, size=10_000) == []


@given(start=st.text(alphabet="aé\N{SEAL}", max_size=5), filler=st.sampled_from("aé\N{SEAL}"))
def test_frames_join_to_the_message_and_are_cut_between_characters(start: str, filler: str) -> None:
    text = start + filler * 20_000
    cut = frames({"action": "ask", "message": text})
    assert json.loads("".join(cut))["message"] == text
    assert all(len(frame.encode()) <= MAX_FRAME_BYTES for frame in cut)
