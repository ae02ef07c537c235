"""The fold of one turn's events: any order, any number, any attempt, and nothing that was tampered with."""

import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate_cli.asking import make_uuid7
from sealmate_cli.crypto import make_chat_key
from sealmate_cli.turn import TurnReader
from sealmate_cli.wire import events as wire
from sealmate_cli.wire.events import Event, Received, read_event
from sealmate_cli.wire.shape import to_base64url
from tests.unit.cli.fake_server import FakeTurn, Json

KEY = make_chat_key("account", "chat")
MESSAGE = KEY.seal_message(turn="turn", text="Hi", parent=b"")
ASK = {
    "turn_id": "turn",
    "chat_id": "chat",
    "generation": 1,
    "answer_public_key": to_base64url(KEY.answer_pair.public_key),
    "record": to_base64url(MESSAGE),
}


def a_turn() -> FakeTurn:
    return FakeTurn(ASK, account="account")


def a_reader() -> TurnReader:
    return TurnReader(KEY, "turn", MESSAGE)


def received(event: Json) -> Received:
    found = read_event(json.dumps(event))
    assert found is not None
    return found


def read(reader: TurnReader, *events: Json) -> list[Event]:
    return [told for event in events for told in reader.read(received(event))]


def test_a_whole_turn_ends() -> None:
    reader = a_reader()
    read(reader, *a_turn().whole())
    assert reader.ended
    assert reader.answer_text == reader.text == "Hello, you."


@given(order=st.permutations(range(1, 7)), doubled=st.lists(st.integers(1, 6)))
def test_deltas_in_any_order_and_number_give_one_text(order: list[int], doubled: list[int]) -> None:
    reader, turn = a_reader(), a_turn()
    read(reader, turn.started())
    told = read(reader, *[turn.extended(seq, "abcdef"[seq - 1]) for seq in [*order, *doubled]])
    assert "".join(event.delta for event in told if isinstance(event, wire.AnswerExtended)) == "abcdef"
    assert (reader.text, reader.seq, reader.gap) == ("abcdef", 6, False)


def test_a_gap_is_seen_and_closed() -> None:
    reader, turn = a_reader(), a_turn()
    read(reader, turn.started(), turn.extended(1, "a"), turn.extended(3, "c"))
    assert (reader.text, reader.gap) == ("a", True)
    read(reader, turn.resumed(2, "ab"))
    assert (reader.text, reader.gap) == ("abc", False)


def test_a_higher_attempt_replaces_what_came_before() -> None:
    reader, turn = a_reader(), a_turn()
    read(reader, turn.started(), turn.extended(1, "lost"), turn.started(2), turn.extended(1, "Hello, you.", 2))
    assert reader.text == "Hello, you."
    assert read(reader, turn.extended(2, "late", 1), turn.started(1), turn.resumed(9, "late", 1)) == []
    assert reader.text == "Hello, you."


def test_an_attempt_whose_start_was_lost_still_replaces() -> None:
    reader, turn = a_reader(), a_turn()
    read(reader, turn.started(), turn.extended(1, "lost"), turn.extended(2, "b", 2))
    assert (reader.text, reader.gap) == ("", True)


def test_an_older_snapshot_takes_nothing_back() -> None:
    reader, turn = a_reader(), a_turn()
    read(reader, turn.started(), turn.extended(1, "a"), turn.extended(2, "b"))
    assert read(reader, turn.resumed(1, "a")) == []
    assert reader.text == "ab"


def test_a_second_finish_or_charge_says_nothing_more() -> None:
    reader, turn = a_reader(), a_turn()
    first = read(reader, turn.finished(), turn.charged())
    assert [event.type for event in first] == ["answer_finished", "turn_charged"]
    assert read(reader, turn.finished(), turn.charged(), turn.extended(1, "late")) == []


@pytest.mark.parametrize(
    ("streamed", "verdict"),
    [("Hello, you.", "equal"), ("Hello", "incomplete"), ("", "incomplete"), ("Bye", "different")],
)
def test_the_sealed_text_counts(streamed: str, verdict: str) -> None:
    reader, turn = a_reader(), a_turn()
    read(reader, turn.started(), *([turn.extended(1, streamed)] if streamed else []))
    (finished,) = read(reader, turn.finished())
    assert isinstance(finished, wire.AnswerFinished)
    assert (finished.text, finished.streamed) == ("Hello, you.", verdict)


def test_an_answer_to_another_message_is_not_taken() -> None:
    other = KEY.seal_message(turn="turn", text="Other", parent=b"")
    reader = TurnReader(KEY, "turn", other)
    (told,) = read(reader, a_turn().finished())
    assert isinstance(told, wire.RecordUnreadable)
    assert (told.record, told.reason) == ("answer", "not_authentic")
    assert reader.answer_text is None


def test_an_answer_sealed_to_another_key_is_not_taken() -> None:
    reader = TurnReader(make_chat_key("account", "chat"), "turn", MESSAGE)
    (told,) = read(reader, a_turn().finished())
    assert isinstance(told, wire.RecordUnreadable)
    assert told.reason == "wrong_key"


def test_follow_ups_and_titles_of_another_turn_or_chat_are_not_taken() -> None:
    reader, turn = a_reader(), a_turn()
    read(reader, turn.finished())
    other = a_turn()
    other.answer = b"another answer"
    foreign = FakeTurn({**ASK, "chat_id": "other chat"}, account="account")
    told = read(reader, other.suggested(), {**foreign.titled(), "chat_id": "chat"})
    assert [(event.record, event.reason) for event in told if isinstance(event, wire.RecordUnreadable)] == [
        ("suggestions", "not_authentic"),
        ("title", "not_authentic"),
    ]


def test_what_comes_before_its_answer_waits_for_it() -> None:
    reader, turn = a_reader(), a_turn()
    finished = turn.finished()
    assert read(reader, turn.suggested(), turn.charged(), turn.of("chat_answered")) == []
    assert (reader.gap, reader.overdue, reader.accepted, reader.ended) == (True, True, True, False)
    told = read(reader, finished)
    assert [event.type for event in told] == ["answer_finished", "suggestions_made", "turn_charged"]
    assert (reader.gap, reader.overdue, reader.ended) == (False, False, True)


@pytest.mark.parametrize("sign", ["suggested", "charged", "unchecked", "chat_answered"])
def test_each_sign_of_an_answer_that_did_not_come_is_a_gap(sign: str) -> None:
    reader, turn = a_reader(), a_turn()
    turn.finished()
    events = {
        "suggested": turn.suggested(),
        "charged": turn.charged(),
        "unchecked": turn.of("answer_annotated", code="unchecked"),
        "chat_answered": turn.of("chat_answered"),
    }
    read(reader, turn.started(), turn.extended(1, "Hel"))
    assert read(reader, events[sign]) == []
    assert reader.gap


def test_follow_ups_that_waited_for_another_answer_are_not_taken() -> None:
    reader, turn, other = a_reader(), a_turn(), a_turn()
    other.answer = b"another answer"
    told = read(reader, other.suggested(), turn.finished())
    assert [event.reason for event in told if isinstance(event, wire.RecordUnreadable)] == ["not_authentic"]


@pytest.mark.parametrize("kind", ["answer_withheld", "turn_failed"])
def test_follow_ups_of_an_answer_that_will_not_come_say_nothing(kind: str) -> None:
    reader, turn = a_reader(), a_turn()
    turn.finished()
    told = read(reader, turn.suggested(), turn.of(kind, code="x", message="m", next_step="n"))
    assert [event.type for event in told] == [kind]
    assert not reader.gap


def test_an_answer_taken_back_ends_with_its_charge() -> None:
    reader, turn = a_reader(), a_turn()
    withheld = turn.of("answer_withheld", code="answer_taken_back", message="m")
    read(reader, turn.finished(), withheld)
    assert not reader.ended
    read(reader, turn.charged())
    assert reader.ended


def test_a_turn_that_could_not_be_reviewed_ends_without_follow_ups() -> None:
    reader, turn = a_reader(), a_turn()
    read(reader, turn.finished(), turn.of("answer_annotated", code="unchecked"), turn.charged())
    assert reader.ended


def test_turn_ids_are_uuid_version_7_and_sort_by_time() -> None:
    made = [uuid.UUID(make_uuid7(now)) for now in range(50)]
    assert {(each.version, each.variant) for each in made} == {(7, uuid.RFC_4122)}
    assert len(set(made)) == 50
    assert made == sorted(made)


@given(now=st.floats(0, 2**33), parents=st.floats(0, 2**33))
def test_a_turn_id_sorts_after_its_parents_whatever_the_clock_says(now: float, parents: float) -> None:
    parent = make_uuid7(parents)
    made = make_uuid7(now, after=parent)
    assert made > parent
    assert uuid.UUID(made).int >> 80 == max(int(now * 1000), int(parents * 1000) + 1)
