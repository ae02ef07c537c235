"""One stack with the scripted model for nearly everything, one with the embedded model, and a few people in each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, cycle

import pytest

from tests.e2e.person import Person
from tests.e2e.playbook import Playbook, unique
from tests.e2e.rest import Rest
from tests.e2e.stack import Stack, somewhere
from tests.e2e.wire import Wire, message
from tests.scripted_model.scripts import Silence
from tests.scripted_model.server import ScriptedModel

# Fewer than sign up from one address in an hour.
_PEOPLE = 10
PROVIDER_KEY = "provider-key-5c1f0d9ab3"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What must hold after everything else is looked at last."""
    items.sort(key=lambda item: item.path.name == "test_afterwards.py")


@pytest.fixture(scope="session")
def playbook() -> Playbook:
    return Playbook()


@pytest.fixture(scope="session")
def scripted_model(playbook: Playbook) -> Iterator[ScriptedModel]:
    with ScriptedModel(playbook) as model:
        yield model


def _scripted(model: ScriptedModel) -> dict[str, str]:
    return {
        "SEALMATE_MODEL_URL": model.url,
        "SEALMATE_MODEL_NAME": "scripted",
        "SEALMATE_MODEL_KEY": PROVIDER_KEY,
    }


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, scripted_model: ScriptedModel) -> Iterator[Stack]:
    """Answers as the playbook says."""
    stack = Stack(place=somewhere(tmp_path_factory.mktemp("scripted")), model=_scripted(scripted_model))
    stack.up()
    yield stack
    stack.down()


@pytest.fixture(scope="module")
def mortal_stack(tmp_path_factory: pytest.TempPathFactory, scripted_model: ScriptedModel) -> Iterator[Stack]:
    """One to be killed and begun again."""
    stack = Stack(place=somewhere(tmp_path_factory.mktemp("mortal")), model=_scripted(scripted_model))
    stack.up()
    yield stack
    stack.down()


@pytest.fixture(scope="session")
def embedded_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Answers with the real model."""
    stack = Stack(place=somewhere(tmp_path_factory.mktemp("embedded")))
    stack.up()
    yield stack
    stack.down()


@pytest.fixture(scope="session")
def next_person(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Person]]:
    """People of the scripted stack in turn, signed up when first met; a test takes what their wallets hold as it is."""
    people = [Person(url=stack.url, home=tmp_path_factory.mktemp("person")) for _ in range(_PEOPLE)]
    turns = cycle(people)

    def meet() -> Person:
        person = next(turns)
        return person if person.account else person.sign_up()

    yield meet
    for person in people:
        person.close()


@pytest.fixture
def person(next_person: Callable[[], Person]) -> Person:
    return next_person()


@pytest.fixture
def stranger(next_person: Callable[[], Person]) -> Person:
    """Somebody else than `person`."""
    return next_person()


@pytest.fixture(scope="session")
def newcomer(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Person]]:
    """Someone nobody has met, for tests that look at all an account ever did or end its sessions."""
    made: list[Person] = []
    numbers = count()

    def make() -> Person:
        made.append(Person(url=stack.url, home=tmp_path_factory.mktemp(f"newcomer-{next(numbers)}")))
        return made[-1].sign_up()

    yield make
    for person in made:
        person.close()


@pytest.fixture
def rest(person: Person) -> Iterator[Rest]:
    with Rest(person.laptop) as made:
        yield made


@dataclass(frozen=True)
class Stalled:
    """A turn whose model says nothing."""

    person: Person
    wire: Wire
    turn: str


@pytest.fixture(scope="session")
def stalled(stack: Stack, newcomer: Callable[[], Person], playbook: Playbook) -> Iterator[Stalled]:
    text = unique("Are you still there?")
    playbook.on(text).add(Silence(), to="stream")
    person = newcomer()
    body = message(person.laptop, text)
    with Wire(person.laptop, stack.url) as wire:
        wire.send(body)
        yield Stalled(person, wire, body["turn_id"])


@pytest.fixture(scope="session", autouse=True)
def _begin_what_takes_long(request: pytest.FixtureRequest) -> None:
    if any("stalled" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("stalled")
