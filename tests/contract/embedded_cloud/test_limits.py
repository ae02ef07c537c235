"""Limits of time and number, made short: silent and old connections, workers at once, idle workers."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from websockets.exceptions import ConnectionClosed


@pytest.fixture(scope="module")
def strict(make_cloud: Any, stack_of: Any) -> Any:
    """A cloud with two workers that live a second, and connections that may be silent for half a second."""
    return stack_of(make_cloud(workers=2, worker_idle_seconds=1, socket_idle_seconds=0.5, socket_life_seconds=1.5))


def test_a_silent_connection_is_closed(strict: Any) -> None:
    with strict.connect() as silent:
        with pytest.raises(ConnectionClosed) as closed:
            silent.recv(5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


def keep_talking(client: Any) -> None:
    for _ in range(30):
        client.send("still here")
        client.recv(5)
        time.sleep(0.1)


def test_an_old_connection_is_closed_however_busy(strict: Any) -> None:
    with strict.connect() as busy:
        with pytest.raises(ConnectionClosed) as closed:
            keep_talking(busy)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


def test_more_invocations_than_workers_are_throttled(strict: Any) -> None:
    functions = strict.client("lambda", config=Config(retries={"total_max_attempts": 1}))

    def sleep(_: int) -> str:
        payload = json.dumps({"do": "sleep", "seconds": 2})
        try:
            functions.invoke(FunctionName=strict.outputs["Probe"], Payload=payload)["Payload"].read()
        except functions.exceptions.TooManyRequestsException:
            return "throttled"
        return "done"

    with ThreadPoolExecutor(3) as users:
        # What the connections above left to do may still hold a worker.
        while "throttled" in list(users.map(sleep, range(2))):
            pass
        assert sorted(users.map(sleep, range(3))) == ["done", "done", "throttled"]


def test_an_idle_worker_ends(strict: Any) -> None:
    def worker() -> int:
        pid: int = strict.invoke(do="echo")["pid"]
        return pid

    def after_a_rest() -> int:
        time.sleep(2.5)
        return worker()

    first = worker()
    # Whoever is used last is used again, so another one answers only when the first has ended. On a busy machine the
    # one that ends workers may come late, hence more rests than one.
    assert any(after_a_rest() != first for _ in range(5))
