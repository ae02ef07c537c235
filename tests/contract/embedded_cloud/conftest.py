"""One embedded cloud for the whole folder, with a small stack of its own deployed by our deployer."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.sync.client import connect

from infra.local.cloud import Cloud, Settings, start
from infra.local.cloud.deploy import deploy

TEMPLATE = Path(__file__).parent / "stack" / "template.yaml"
STACK = "probe"


@dataclass(frozen=True)
class Deployed:
    """A running cloud, its stack's outputs, and ways to talk to both."""

    cloud: Cloud
    outputs: dict[str, str]

    def client(self, service: str, **more: Any) -> Any:
        told = self.cloud.environment()
        return import_module("boto3").client(
            service,
            **{
                "endpoint_url": told["AWS_ENDPOINT_URL"],
                "aws_access_key_id": told["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": told["AWS_SECRET_ACCESS_KEY"],
                "region_name": told["AWS_REGION"],
                **more,
            },
        )

    def invoke(self, **event: Any) -> Any:
        """What the probe function answers; its error document when it fails."""
        answer = self.client("lambda").invoke(FunctionName=self.outputs["Probe"], Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    def connect(self, query: str = "", **more: Any) -> Any:
        return connect(f"ws://localhost:{self.cloud.settings.front_port}/ws{query}", **more)

    def connections(self, stage: str = "live") -> Any:
        return self.client("apigatewaymanagementapi", endpoint_url=socket_endpoint(self.cloud, self.outputs, stage))


def socket_endpoint(cloud: Cloud, outputs: dict[str, str], stage: str = "live") -> str:
    return f"{cloud.settings.endpoint}/_aws/execute-api/{outputs['Socket']}/{stage}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_cloud(state_dir: Path, **more: Any) -> Cloud:
    settings = Settings(
        state_dir=state_dir, port=free_port(), front_port=free_port(), stack=STACK, **{"workers": 24, **more}
    )
    cloud = start(settings)
    cloud.wait_ready()
    return cloud


def deploy_stack(cloud: Cloud) -> Deployed:
    """Twice, since a function learns the WebSocket API's address from a parameter."""
    first = deploy(TEMPLATE, stack=STACK, environment=cloud.environment(), say=lambda _: None)
    parameters = {"SocketEndpoint": socket_endpoint(cloud, first.outputs)}
    again = deploy(TEMPLATE, stack=STACK, environment=cloud.environment(), parameters=parameters, say=lambda _: None)
    return Deployed(cloud, again.outputs)


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The shared stack."""
    cloud = run_cloud(tmp_path_factory.mktemp("cloud"))
    try:
        yield deploy_stack(cloud)
    finally:
        cloud.stop()


@pytest.fixture(scope="module")
def make_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Starts clouds of a module's own, all on one state folder, and stops what is left of them."""
    started: list[Cloud] = []
    state_dir = tmp_path_factory.mktemp("own")

    def make(**more: Any) -> Cloud:
        started.append(run_cloud(state_dir, **more))
        return started[-1]

    yield make
    for cloud in started:
        cloud.stop()


@pytest.fixture(scope="session")
def stack_of() -> Any:
    """Deploys the tests' stack into a cloud of a module's own."""
    return deploy_stack


@pytest.fixture
def refusal() -> Any:
    """Calls an AWS operation that must be refused; its error code and HTTP status."""

    def call(operation: Any, **given: Any) -> tuple[str, int]:
        with pytest.raises(ClientError) as refused:
            operation(**given)
        answer: Any = refused.value.response
        return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]

    return call
