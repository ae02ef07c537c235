"""The deployer: creates, updates what changed, leaves alone what did not, and says what failed."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud.deploy import DeployError, deploy
from infra.local.cloud.package import package

TEMPLATE = Path(__file__).parent / "stack" / "template.yaml"

SMALL = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Hello:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: handler.handle, Runtime: python3.13}
Outputs:
  Hello: {Value: !Ref Hello}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "handler.py").write_text("def handle(event, context):\n    return 1\n")
    (tmp_path / "template.yaml").write_text(SMALL)
    return tmp_path


def put(probe: Any, folder: Path, name: str, said: list[str] | None = None) -> Any:
    say = said.append if said is not None else lambda _: None
    return deploy(folder / "template.yaml", stack=name, environment=probe.cloud.environment(), say=say)


def answer(probe: Any, function: str) -> bytes:
    return bytes(probe.client("lambda").invoke(FunctionName=function)["Payload"].read())


def test_changed_code_runs_and_unchanged_code_is_left_alone(probe: Any, folder: Path) -> None:
    said: list[str] = []
    first = put(probe, folder, "small", said)
    assert first.changed
    assert any("complete" in line for line in said)
    assert answer(probe, first.outputs["Hello"]) == b"1"

    said.clear()
    again = put(probe, folder, "small", said)
    assert (again.changed, again.outputs, said) == (False, first.outputs, [])

    (folder / "code" / "handler.py").write_text("def handle(event, context):\n    return 2\n")
    updated = put(probe, folder, "small", said)
    assert updated.changed
    assert updated.outputs == first.outputs
    assert answer(probe, updated.outputs["Hello"]) == b"2"


def test_a_failure_names_the_resource_and_the_reason(probe: Any, folder: Path) -> None:
    broken = SMALL.replace("Queue: {Type: AWS::SQS::Queue}", "Bad: {Type: AWS::KMS::Key, Properties: {KeySpec: NONE}}")
    (folder / "template.yaml").write_text(broken)
    with pytest.raises(DeployError, match="Bad"):
        put(probe, folder, "broken")
    (folder / "template.yaml").write_text(SMALL)
    assert put(probe, folder, "broken").changed, "a stack whose creation failed can be created again"


def test_a_missing_folder_is_named_before_anything_is_deployed(probe: Any, folder: Path) -> None:
    shutil.rmtree(folder / "code")
    with pytest.raises(FileNotFoundError, match="code"):
        put(probe, folder, "missing")


def test_packages_depend_on_content_only(folder: Path) -> None:
    first = package(folder / "template.yaml", bucket="b", embedded=True)
    (folder / "code" / "__pycache__").mkdir()
    (folder / "code" / "__pycache__" / "handler.pyc").write_bytes(b"x")
    (folder / "code" / "handler.py").touch()
    assert package(folder / "template.yaml", bucket="b", embedded=True).objects.keys() == first.objects.keys()


def test_the_vendor_layer_is_empty_in_the_embedded_cloud_only() -> None:
    embedded = package(TEMPLATE, bucket="b", embedded=True).template["Resources"]["VendorLayer"]
    real = package(TEMPLATE, bucket="b", embedded=False).template["Resources"]["VendorLayer"]
    assert embedded["Properties"]["ContentUri"] != real["Properties"]["ContentUri"]


GREETING = """
Parameters:
  Greeting: {Type: String, NoEcho: true}
  Other: {Type: String}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "said-${Greeting}"}}
  Another: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "said-${Other}"}}
Outputs:
  Queue: {Value: !GetAtt Queue.QueueName}
"""


def test_a_first_value_is_kept(probe: Any, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(GREETING)

    def put(first: str, other: str) -> Any:
        return deploy(
            tmp_path / "template.yaml",
            stack="greeting",
            environment=probe.cloud.environment(),
            parameters={"Other": other},
            first_values={"Greeting": first},
            say=lambda _: None,
        )

    assert put("one", "x").outputs == {"Queue": "said-one"}
    assert not put("two", "x").changed, "what isn't taken is no change"
    kept = put("three", "y")
    assert (kept.changed, kept.outputs) == (True, {"Queue": "said-one"})
