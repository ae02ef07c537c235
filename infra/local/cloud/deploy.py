"""Deploys a SAM template through a CloudFormation change set, and does nothing when nothing changed.

It speaks to whatever AWS_ENDPOINT_URL and the usual AWS variables name: the embedded cloud, another
LocalStack-compatible endpoint, or AWS itself.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from infra.local.cloud.package import Packaged, package

_DIGEST_OUTPUT = "DeployedDigest"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_INLINE_LIMIT = 51_200
_GONE = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")
_MUST_BE_DELETED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")


class DeployError(RuntimeError):
    """The stack could not be deployed; the message names the resource and CloudFormation's reason."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What a deploy did: `changed` is False when the stack was already as the template says."""

    outputs: dict[str, str]
    changed: bool
    seconds: float


def deploy(
    template_file: Path,
    *,
    stack: str,
    environment: Mapping[str, str],
    parameters: Mapping[str, str] | None = None,
    first_values: Mapping[str, str] | None = None,
    embedded: bool = True,
    say: Callable[[str], None] = print,
) -> Deployment:
    """Creates or updates the stack and returns its outputs; raises DeployError.

    `first_values`: parameters for a stack that has none of these yet; one that has them keeps its own.
    """
    began = time.monotonic()
    clients = _Clients(environment)
    chosen = dict(parameters or {})
    digest = _digest(package(template_file, bucket="-", embedded=embedded), chosen)

    current = _describe(clients.cloudformation, stack)
    if current and current["StackStatus"].endswith("_COMPLETE") and _deployed_digest(current) == digest:
        return Deployment(outputs=_outputs(current), changed=False, seconds=time.monotonic() - began)
    if current and current["StackStatus"] in _MUST_BE_DELETED:
        say(f"{stack}: removing what a failed creation left")
        clients.cloudformation.delete_stack(StackName=stack)
        _settle(clients.cloudformation, stack)
        current = None

    bucket = f"{stack}-artifacts-{clients.account()}-{clients.region}"
    packaged = package(template_file, bucket=bucket, embedded=embedded)
    # An output rather than a tag: CloudFormation would copy a stack's tag to every resource at every deploy.
    packaged.template.setdefault("Outputs", {})[_DIGEST_OUTPUT] = {"Value": digest}
    _upload(clients.s3, bucket, clients.region, packaged, say)
    body = json.dumps(packaged.template, default=str)
    named: dict[str, Any] = {"TemplateBody": body}
    if len(body.encode()) > _INLINE_LIMIT:
        key = f"{hashlib.sha256(body.encode()).hexdigest()[:32]}.template"
        clients.s3.put_object(Bucket=bucket, Key=key, Body=body.encode())
        named = {"TemplateURL": f"{clients.s3.meta.endpoint_url}/{bucket}/{key}"}
    updating = bool(current) and current is not None and current["StackStatus"] not in _GONE
    say(f"{stack}: {'updating' if updating else 'creating'}")
    change_set = clients.cloudformation.create_change_set(
        StackName=stack,
        ChangeSetName=f"deploy-{digest[:20]}-{int(time.time())}",
        ChangeSetType="UPDATE" if updating else "CREATE",
        Capabilities=_CAPABILITIES,
        Parameters=_parameters(chosen, first_values or {}, current if updating else None),
        **named,
    )["Id"]
    _execute(clients.cloudformation, stack, change_set, say)
    deployed = _settle(clients.cloudformation, stack)
    if deployed is None or deployed["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeployError(_failure(clients.cloudformation, stack, deployed))
    seconds = time.monotonic() - began
    say(f"{stack}: {deployed['StackStatus'].lower().replace('_', ' ')} in {seconds:.1f} s")
    return Deployment(outputs=_outputs(deployed), changed=True, seconds=seconds)


def _parameters(
    chosen: Mapping[str, str], first_values: Mapping[str, str], current: dict[str, Any] | None
) -> list[dict[str, Any]]:
    had = {given["ParameterKey"] for given in (current or {}).get("Parameters", [])}
    kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in first_values if name in had]
    new = {**chosen, **{name: value for name, value in first_values.items() if name not in had}}
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in new.items()] + kept


class _Clients:
    """boto3 clients for one environment, each made when it is needed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
        self._session: Any = import_module("boto3").Session(
            aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=environment.get("AWS_SESSION_TOKEN"),
            profile_name=environment.get("AWS_PROFILE"),
            region_name=self.region,
        )
        self._endpoint = environment.get("AWS_ENDPOINT_URL")

    @cached_property
    def cloudformation(self) -> Any:
        return self._client("cloudformation")

    @cached_property
    def s3(self) -> Any:
        return self._client("s3", s3={"addressing_style": "path"} if self._endpoint else None)

    def account(self) -> str:
        return str(self._client("sts").get_caller_identity()["Account"])

    def _client(self, service: str, **options: Any) -> Any:
        config: Any = import_module("botocore.config").Config(retries={"max_attempts": 2}, **options)
        return self._session.client(service, endpoint_url=self._endpoint, config=config)


def _upload(s3: Any, bucket: str, region: str, packaged: Packaged, say: Callable[[str], None]) -> None:
    here = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.head_bucket(Bucket=bucket)
    except s3.exceptions.ClientError:
        s3.create_bucket(Bucket=bucket, **here)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    present = {found["Key"] for page in pages for found in page.get("Contents", [])}
    missing = {key: read for key, read in packaged.objects.items() if key not in present}
    if missing:
        say(f"uploading {len(missing)} of {len(packaged.objects)} packages")
    for key, read in missing.items():
        s3.put_object(Bucket=bucket, Key=key, Body=read())


def _execute(cloudformation: Any, stack: str, change_set: str, say: Callable[[str], None]) -> None:
    while True:
        found = cloudformation.describe_change_set(ChangeSetName=change_set, StackName=stack)
        if found["Status"] == "FAILED":
            raise DeployError(f"{stack}: {found.get('StatusReason', 'the change set failed without a reason')}")
        if found["Status"] == "CREATE_COMPLETE":
            break
        time.sleep(0.05)
    say(f"{stack}: {len(found.get('Changes', []))} changes")
    cloudformation.execute_change_set(ChangeSetName=change_set, StackName=stack)


def _settle(cloudformation: Any, stack: str) -> dict[str, Any] | None:
    """Waits until CloudFormation is done with the stack; None when it is gone."""
    pause = 0.05
    while True:
        found = _describe(cloudformation, stack)
        if found is None or found["StackStatus"] == "DELETE_COMPLETE":
            return None
        if not found["StackStatus"].endswith("IN_PROGRESS"):
            return found
        time.sleep(pause)
        pause = min(pause * 1.5, 5.0)


def _describe(cloudformation: Any, stack: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except cloudformation.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return found


def _failure(cloudformation: Any, stack: str, found: dict[str, Any] | None) -> str:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"] if found else []
    reasons = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event['ResourceStatusReason']}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED") and event.get("ResourceStatusReason")
    ]
    status = found["StackStatus"] if found else "gone"
    return "\n".join([f"{stack} is {status}", *reasons])


def _digest(packaged: Packaged, parameters: dict[str, str]) -> str:
    told = json.dumps([packaged.template, parameters], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def _deployed_digest(found: dict[str, Any]) -> str | None:
    return _all_outputs(found).get(_DIGEST_OUTPUT)


def _outputs(found: dict[str, Any]) -> dict[str, str]:
    return {key: value for key, value in _all_outputs(found).items() if key != _DIGEST_OUTPUT}


def _all_outputs(found: dict[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
