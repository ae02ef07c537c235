"""A whole stack of a test's own, in a temp folder: begun by the command behind `make up`, killed, and begun again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from infra.local.cloud import process
from infra.local.ports import ROOT, Place

T = TypeVar("T")
_OURS = ("SEALMATE_STATE", "SEALMATE_PORT", "SEALMATE_MODEL_URL", "SEALMATE_MODEL_NAME", "SEALMATE_MODEL_KEY")


@dataclass(kw_only=True)
class Stack:
    """`model` is what `make up` is told of the language model; nothing means the embedded one."""

    place: Place
    model: dict[str, str] = field(default_factory=dict)
    reset_days: float = 7

    def up(self) -> str:
        """Everything that `make up` does, also after a crash; what it printed."""
        return self._local("up")

    def down(self) -> None:
        self._local("down")

    def kill(self) -> None:
        """kill -9 of the embedded cloud, in whatever it is doing."""
        os.kill(self.cloud.pid, signal.SIGKILL)
        cloud = self.cloud
        del self.cloud
        wait_until(lambda: not cloud.alive(), "the killed cloud is gone")

    @cached_property
    def cloud(self) -> process.Cloud:
        found = process.attach(self.place.state / "cloud")
        assert found, "the embedded cloud does not run"
        return found

    @property
    def url(self) -> str:
        return self.place.url

    @cached_property
    def outputs(self) -> dict[str, str]:
        stack = self.client("cloudformation").describe_stacks(StackName="sealmate")["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def client(self, service: str) -> Any:
        """An AWS client of the administrator."""
        told = self.cloud.environment()
        return import_module("boto3").client(
            service,
            endpoint_url=told["AWS_ENDPOINT_URL"],
            aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
            region_name=told["AWS_REGION"],
        )

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All of a table, by the name of its output."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=self.outputs[table])
        return [item for page in pages for item in page["Items"]]

    def holds(self, account: str | None = None) -> list[dict[str, Any]]:
        found = [row for row in self.rows("WalletsTable") if row["sk"]["S"].startswith("HOLD#")]
        return [row for row in found if account in (None, row["pk"]["S"])]

    def log_lines(self) -> Iterator[tuple[str, str]]:
        """Of every function and state machine: the group's name, and a line."""
        logs = self.client("logs")
        for group in logs.get_paginator("describe_log_groups").paginate().search("logGroups[].logGroupName"):
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
                for event in page["events"]:
                    yield group, event["message"]

    def _local(self, command: str) -> str:
        kept = {name: value for name, value in os.environ.items() if name not in (*_OURS, "MISTRAL_API_KEY")}
        place = {
            "SEALMATE_STATE": str(self.place.state),
            "SEALMATE_PORT": str(self.place.front),
            "SEALMATE_RESET_DAYS": str(self.reset_days),
        }
        done = subprocess.run(
            [sys.executable, "-m", "infra.local", command],
            cwd=ROOT,
            env={**kept, **place, **self.model},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout


def somewhere(state: Path) -> Place:
    """A place with three free ports in a row."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            front = int(probe.getsockname()[1])
        if all(_free(port) for port in (front, front + 1, front + 2)):
            return Place(state=state, front=front)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def wait_until(look: Callable[[], T], what: str, *, seconds: float = 90) -> T:
    """What `look` finds, once it finds something."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, f"waited {seconds:.0f} s in vain until {what}"
        time.sleep(0.05)
    return found
