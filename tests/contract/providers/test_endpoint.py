"""What only the real adapters have: an address, a key, and a connection that is used again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from sealmate import errors
from sealmate.adapters.providers.endpoint import Endpoint
from sealmate.adapters.providers.mistral import Mistral
from sealmate.adapters.providers.openai_compatible import OpenAiCompatible
from sealmate.ports import ChatMessage, Model, ModelChoice
from sealmate.turns.readings import Reading
from tests.scripted_model.server import ScriptedModel
from tests.scripted_model.wire import Dialect

CHOICE = ModelChoice(provider="any", model="owl-7b", max_output_tokens=4096)
MESSAGES = [ChatMessage(role="user", text="Where do seals sleep?")]
Adapter = Callable[..., Model]
ADAPTERS: list[tuple[Adapter, Dialect]] = [(OpenAiCompatible, "openai"), (Mistral, "mistral")]


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def ask_both(model: Model) -> None:
    list(model.stream(CHOICE, MESSAGES, temperature=0.5))
    model.structured(CHOICE, MESSAGES, Reading, temperature=0.0)


@pytest.mark.parametrize(("adapter", "dialect"), ADAPTERS)
def test_the_key_goes_with_every_request(adapter: Adapter, dialect: Dialect, http: httpx.Client) -> None:
    with ScriptedModel(dialect=dialect) as server:
        ask_both(adapter(endpoint=Endpoint(url=server.url, secret=lambda: "key-1", read_seconds=5, http=http)))
        assert [asked.secret for asked in server.scripts.asked] == ["key-1", "key-1"]


def test_without_a_key_none_is_sent(http: httpx.Client) -> None:
    with ScriptedModel() as server:
        ask_both(OpenAiCompatible(endpoint=Endpoint(url=server.url, secret=str, read_seconds=5, http=http)))
        assert [asked.secret for asked in server.scripts.asked] == ["", ""]


@pytest.mark.parametrize(("adapter", "dialect"), ADAPTERS)
def test_a_structured_answer_cannot_run_away(adapter: Adapter, dialect: Dialect, http: httpx.Client) -> None:
    with ScriptedModel(dialect=dialect) as server:
        ask_both(adapter(endpoint=Endpoint(url=server.url, secret=lambda: "key-1", read_seconds=5, http=http)))
        assert [asked.max_tokens for asked in server.scripts.asked] == [4096, 600]


@pytest.mark.parametrize(("adapter", "_dialect"), ADAPTERS)
@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://127.0.0.1:1", errors.ProviderUnavailable),
        ("nowhere", errors.ProviderRefused),
        ("ftp://127.0.0.1:1", errors.ProviderRefused),
    ],
)
def test_an_address_without_a_provider(
    adapter: Adapter, _dialect: Dialect, http: httpx.Client, url: str, kind: type[errors.SealmateError]
) -> None:
    model = adapter(endpoint=Endpoint(url=url, secret=lambda: "key-1", read_seconds=1, http=http))
    with pytest.raises(kind):
        list(model.stream(CHOICE, MESSAGES, temperature=0.5))
    with pytest.raises(kind):
        model.structured(CHOICE, MESSAGES, Reading, temperature=0.0)


def test_a_key_that_cannot_be_sent_is_refused_and_not_repeated(http: httpx.Client) -> None:
    with ScriptedModel() as server:
        endpoint = Endpoint(url=server.url, secret=lambda: "key\n1", read_seconds=1, http=http)
        with pytest.raises(errors.ProviderRefused) as refused:
            list(OpenAiCompatible(endpoint=endpoint).stream(CHOICE, MESSAGES, temperature=0.5))
    assert "key\\n1" not in repr(refused.value)
    assert refused.value.__suppress_context__
