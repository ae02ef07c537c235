"""One suite for every Model: the fake, the OpenAI-compatible adapter and Mistral's, the last two against the scripted server."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import httpx
import pytest

from sealmate import errors
from sealmate.adapters.providers.endpoint import Endpoint
from sealmate.adapters.providers.mistral import Mistral
from sealmate.adapters.providers.openai_compatible import OpenAiCompatible
from sealmate.model import Shape
from sealmate.ports import ChatMessage, Delta, Finished, Model, ModelChoice, Usage
from sealmate.turns.readings import Reading, Review
from tests.fakes.models import FakeModel
from tests.scripted_model.scripts import Fault, Garbage, Script, Scripts, Silence, Stream, Structured
from tests.scripted_model.server import ScriptedModel
from tests.scripted_model.wire import Dialect

CHOICE = ModelChoice(provider="any", model="owl-7b", max_output_tokens=400)
MESSAGES = [
    ChatMessage(role="system", text="Be kind."),
    ChatMessage(role="user", text="Where do seals sleep? Sssh, it is secret."),
]
SENT = [(message.role, message.text) for message in MESSAGES]


class Fruit(Shape):
    name: str
    seeds: int


@dataclass(frozen=True, kw_only=True)
class Subject:
    model: Model
    scripts: Scripts

    def deltas(self, *, choice: ModelChoice = CHOICE) -> list[Delta | Finished]:
        return list(self.model.stream(choice, MESSAGES, temperature=0.5))

    def fruit(self, *, choice: ModelChoice = CHOICE) -> Fruit:
        return self.model.structured(choice, MESSAGES, Fruit, temperature=0.2)


def _fake() -> Generator[Subject]:
    model = FakeModel(models=frozenset({CHOICE.model}))
    yield Subject(model=model, scripts=model.scripts)


def _served(dialect: Dialect, adapter: Callable[..., Model]) -> Generator[Subject]:
    with ExitStack() as open_:
        server = open_.enter_context(ScriptedModel(dialect=dialect, models=frozenset({CHOICE.model})))
        http = open_.enter_context(httpx.Client())
        endpoint = Endpoint(url=server.url, secret=lambda: "key-1", read_seconds=0.4, http=http)
        yield Subject(model=adapter(endpoint=endpoint), scripts=server.scripts)


@pytest.fixture(params=["fake", "openai_compatible", "mistral"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    if request.param == "fake":
        yield from _fake()
    elif request.param == "mistral":
        yield from _served("mistral", Mistral)
    else:
        yield from _served("openai", OpenAiCompatible)


# --- streams ---


def test_deltas_then_one_end(subject: Subject) -> None:
    subject.scripts.add(Stream(deltas=("On ", "ice", "."), usage=(31, 3)))
    assert subject.deltas() == [
        Delta(text="On "),
        Delta(text="ice"),
        Delta(text="."),
        Finished(reason="complete", usage=Usage(input_tokens=31, output_tokens=3)),
    ]


def test_what_is_asked_arrives(subject: Subject) -> None:
    subject.deltas()
    asked = subject.scripts.asked[0]
    assert (asked.model, asked.temperature, asked.max_tokens, asked.schema) == ("owl-7b", 0.5, 400, None)
    assert asked.messages == SENT


def test_an_answer_that_is_too_long_ends_as_length(subject: Subject) -> None:
    subject.scripts.add(Stream(deltas=("On ",), reason="length", usage=None))
    assert subject.deltas()[-1] == Finished(reason="length", usage=None)


def test_characters_cut_between_pieces_arrive_whole(subject: Subject) -> None:
    subject.scripts.add(Stream(deltas=("🦭 schläft ", "👩‍🚀🇸🇪", "水"), piece=1))
    assert [p.text for p in subject.deltas() if isinstance(p, Delta)] == ["🦭 schläft ", "👩‍🚀🇸🇪", "水"]


def test_a_huge_delta_arrives_whole(subject: Subject) -> None:
    subject.scripts.add(Stream(deltas=("x" * 500_000,)))
    assert subject.deltas()[0] == Delta(text="x" * 500_000)


def test_an_empty_answer_is_just_an_end(subject: Subject) -> None:
    subject.scripts.add(Stream(deltas=(), usage=(31, 0)))
    assert subject.deltas() == [Finished(reason="complete", usage=Usage(input_tokens=31, output_tokens=0))]


def test_nothing_is_asked_before_the_first_delta_is(subject: Subject) -> None:
    stream = subject.model.stream(CHOICE, MESSAGES, temperature=0.5)
    assert subject.scripts.asked == []
    next(stream)
    assert len(subject.scripts.asked) == 1
    stream.close()


def test_closing_ends_the_providers_work(subject: Subject) -> None:
    subject.scripts.add(Stream(deltas=("on and ",) * 5_000, delay=0.001))
    stream = subject.model.stream(CHOICE, MESSAGES, temperature=0.5)
    assert next(stream) == Delta(text="on and ")
    stream.close()
    assert subject.scripts.asked[0].left.wait(5)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("cut", errors.ProviderUnavailable),
        ("silent", errors.ProviderUnavailable),
        ("error", errors.ProviderBusy),
        ("garbage", errors.ProviderGarbled),
    ],
)
def test_a_stream_that_breaks_gives_what_came_and_then_the_error(
    subject: Subject, fault: str, kind: type[errors.SealmateError]
) -> None:
    subject.scripts.add(replace(Stream(deltas=("On ", "ice")), fault=fault))  # type: ignore[arg-type]
    stream = subject.model.stream(CHOICE, MESSAGES, temperature=0.5)
    assert [next(stream), next(stream)] == [Delta(text="On "), Delta(text="ice")]
    with pytest.raises(kind):
        next(stream)


# --- structured ---


def test_an_answer_in_the_schema(subject: Subject) -> None:
    subject.scripts.add(Structured(content={"name": "apple", "seeds": 5}))
    assert subject.fruit() == Fruit(name="apple", seeds=5)
    assert subject.scripts.asked[0].schema == "Fruit"
    assert subject.scripts.asked[0].temperature == 0.2
    assert subject.scripts.asked[0].messages == SENT


def test_the_two_schemas_of_a_turn_are_understood(subject: Subject) -> None:
    reading = subject.model.structured(CHOICE, MESSAGES, Reading, temperature=0.0)
    assert (reading.harm, reading.mate) == (0, "tavi")
    assert len(subject.model.structured(CHOICE, MESSAGES, Review, temperature=0.0).suggestions) == 6


@pytest.mark.parametrize(
    "content",
    [
        "",
        "Sure! An apple.",
        '{"name": "apple", "seeds": 5',
        '{"name": "apple"}',
        '{"name": "apple", "seeds": "five"}',
        "[]",
    ],
)
def test_an_answer_outside_the_schema_is_garbled(subject: Subject, content: str) -> None:
    subject.scripts.add(Structured(content=content))
    with pytest.raises(errors.ProviderGarbled):
        subject.fruit()


# --- both ---

FAULTS: list[tuple[Script, type[errors.SealmateError]]] = [
    (Fault(status=429), errors.ProviderBusy),
    (Fault(status=500), errors.ProviderUnavailable),
    (Fault(status=503), errors.ProviderUnavailable),
    (Fault(status=401), errors.ProviderRefused),
    (Fault(status=422), errors.ProviderRefused),
    (Fault(status=404), errors.ModelMissing),
    (Garbage(), errors.ProviderGarbled),
    (Silence(), errors.ProviderUnavailable),
]


@pytest.mark.parametrize(("script", "kind"), FAULTS, ids=[f"{script}" for script, _ in FAULTS])
def test_a_fault_has_its_name_and_no_words(subject: Subject, script: Script, kind: type[errors.SealmateError]) -> None:
    subject.scripts.add(script, to="Fruit")
    with pytest.raises(kind) as raised:
        subject.fruit()
    assert "secret" not in repr(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    if not isinstance(script, Garbage):
        subject.scripts.add(script, to="stream")
        with pytest.raises(kind):
            subject.deltas()


def test_a_stream_in_nobodys_format_is_no_answer(subject: Subject) -> None:
    """It may be taken for garbled, or for a stream that was cut at once."""
    subject.scripts.add(Garbage())
    with pytest.raises((errors.ProviderGarbled, errors.ProviderUnavailable)):
        subject.deltas()


def test_a_model_that_is_not_there(subject: Subject) -> None:
    other = replace(CHOICE, model="unheard-of")
    with pytest.raises(errors.ModelMissing):
        subject.deltas(choice=other)
    with pytest.raises(errors.ModelMissing):
        subject.fruit(choice=other)


def test_after_a_fault_the_next_request_is_answered(subject: Subject) -> None:
    subject.scripts.add(Fault(status=500), Stream(deltas=("x",), fault="cut"))
    for kind in (errors.ProviderUnavailable, errors.ProviderUnavailable):
        with pytest.raises(kind):
            subject.deltas()
    assert isinstance(subject.deltas()[-1], Finished)
