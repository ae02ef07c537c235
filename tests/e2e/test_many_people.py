"""Ten people at the same moment: everyone gets their own answer, and pays for it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.hearing import Heard, ask
from tests.e2e.person import Person
from tests.e2e.playbook import Playbook, unique
from tests.e2e.stack import Stack
from tests.scripted_model.scripts import READING, REVIEW, Stream, Structured


def test_ten_people_at_once_are_each_answered_with_their_own(
    stack: Stack, next_person: Callable[[], Person], playbook: Playbook
) -> None:
    people = [next_person() for _ in range(10)]
    assert len({person.account for person in people}) == 10
    before = [person.laptop.wallet().available for person in people]
    texts = [unique(f"Question of person {n}") for n in range(10)]
    for n, text in enumerate(texts):
        scripts = playbook.on(text)
        scripts.add(Structured(content={**READING, "title": f"The title number {n} of all"}), to="Reading")
        scripts.add(Stream(deltas=tuple(f"{n}.{m} " for m in range(40)), delay=0.03, usage=(20, 400 * n)), to="stream")
        scripts.add(
            Structured(content={**REVIEW, "suggestions": [f"Follow-up {n}.{m}" for m in range(6)]}), to="Review"
        )

    with ThreadPoolExecutor(10) as at_once:
        all_heard: list[Heard] = list(at_once.map(lambda n: ask(people[n].laptop, texts[n]), range(10)))

    for n, (person, heard) in enumerate(zip(people, all_heard, strict=True)):
        assert heard.text == heard.one("answer_finished").text == "".join(f"{n}.{m} " for m in range(40))
        assert heard.one("chat_titled").title == f"The title number {n} of all"
        assert heard.one("suggestions_made").suggestions == [f"Follow-up {n}.{m}" for m in range(6)]
        assert {event.turn_id for event in heard.events if hasattr(event, "turn_id")} == {heard.turn}
        charged = heard.one("turn_charged")
        assert charged.output_tokens == 400 * n
        assert (person.laptop.wallet().available, person.laptop.wallet().held) == (before[n] - charged.credits, 0)
        (read,) = person.laptop.turns(heard.chat)
        assert (read.text, read.answer) == (texts[n], heard.text)
    assert len({heard.one("turn_charged").credits for heard in all_heard}) > 3, "they paid for what they used"
    assert stack.holds() == []
