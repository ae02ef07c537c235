"""How many AWS calls one message makes, by kind, counted on the real state machine in this process."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.client
import pytest

from sealmate import wiring
from sealmate.adapters.clock import SystemClock
from tests.fakes.keys import FakeKeyService
from tests.fakes.models import FakeModel, FakeModels
from tests.fakes.push import FakePush
from tests.pipeline.aws import stack
from tests.pipeline.person import Person
from tests.scripted_model.scripts import Scripts, Stream

# A hundred tokens at 50 tokens a second: two seconds of answer.
_ANSWER = Stream(deltas=("word ",) * 100, delay=0.02, usage=(120, 100))


def main() -> None:
    """Prints a first message's calls and a following one's."""
    logging.disable(logging.CRITICAL)
    scripts, push, keys = Scripts(), FakePush(), FakeKeyService()
    with pytest.MonkeyPatch.context() as patch, stack(patch):
        wiring.override(push=push, keys=keys, models=FakeModels(FakeModel(scripts, clock=SystemClock())))
        person = Person(push=push).sign_in()
        chat = person.new_chat()
        previous = ""
        for name in ("first message of a chat", "a following message"):
            scripts.add(_ANSWER, to="stream")
            more: dict[str, Any] = {}
            if previous:
                more = {"history": "cached", "chat_key": None, "parent": person.parent_of(chat, previous)}
            push.sent.clear()
            keys.calls.clear()
            with _counted() as calls:
                previous = person.ask(chat, "How many calls is this?", **more)
            _print(name, calls, keys, push)


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Counts botocore's calls; PynamoDB's and boto3's alike pass there."""
    calls: Counter[str] = Counter()
    make = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def counted(self: Any, operation: str, parameters: Any) -> Any:
        calls[f"{self.meta.service_model.service_name} {operation}"] += 1
        return make(self, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", counted)
        yield calls


def _print(name: str, calls: Counter[str], keys: FakeKeyService, push: FakePush) -> None:
    database = {call.split()[1]: n for call, n in calls.items() if call.startswith("dynamodb ")}
    print(f"{name}, 100 tokens in 2 s")
    print(f"  DynamoDB   {sum(database.values())}  {database}")
    print(f"  KMS        {len(keys.calls)}  {dict(Counter(keys.calls))}")
    frames = Counter(event.type for _, event in push.sent)
    print(f"  frames     {sum(frames.values())}  of which answer_extended {frames['answer_extended']}")
    print("  functions  ws_ask, 5 stages; executions started 1; the two DeleteItems are the state machine's own")


if __name__ == "__main__":
    main()
