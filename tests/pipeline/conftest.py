"""One stack, one scripted model and one person a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sealmate import wiring
from sealmate.adapters.clock import SystemClock
from sealmate.adapters.dynamodb.table import connection
from sealmate.settings import settings
from tests.fakes.keys import FakeKeyService
from tests.fakes.models import FakeModel, FakeModels
from tests.fakes.push import FakePush
from tests.pipeline.aws import stack
from tests.pipeline.person import Person
from tests.scripted_model.scripts import Scripts


@pytest.fixture
def scripts() -> Scripts:
    return Scripts()


@pytest.fixture
def push() -> FakePush:
    return FakePush()


@pytest.fixture
def keys() -> FakeKeyService:
    return FakeKeyService()


@pytest.fixture(scope="session")
def cloud() -> Iterator[None]:
    """One stack for all tests: each has people of its own in it."""
    with pytest.MonkeyPatch.context() as patch, stack(patch):
        settings.cache_clear()
        connection.cache_clear()
        yield
    settings.cache_clear()
    connection.cache_clear()


@pytest.fixture
def aws(cloud: None, scripts: Scripts, push: FakePush, keys: FakeKeyService) -> Iterator[None]:  # noqa: ARG001
    wiring.override()
    wiring.override(push=push, keys=keys, models=FakeModels(FakeModel(scripts, clock=SystemClock())))
    yield
    wiring.override()


@pytest.fixture
def person(aws: None, push: FakePush) -> Person:  # noqa: ARG001 - the stack must stand first
    return Person(push=push).sign_in()
