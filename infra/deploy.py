"""`make build` and `make deploy`: builds what Lambda runs, deploys template.yaml to AWS or to AWS_ENDPOINT_URL, and the web app to AWS."""

import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from infra import web_manifest
from infra.local.cloud.deploy import DeployError, Deployment, deploy
from infra.web_publish import publish

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build"
_TEMPLATE = "template.yaml"
_IGNORED = shutil.ignore_patterns("__pycache__")


class CannotDeploy(Exception):
    """What is missing, and how to say it."""


def build(architecture: str) -> Path:
    """The whole stack as Lambda takes it, in .build; returns its template."""
    shutil.rmtree(BUILD, ignore_errors=True)
    for folder in ("functions", "stepfunctions"):
        shutil.copytree(ROOT / folder, BUILD / folder, ignore=_IGNORED)
    for layer in ("core", "vendor"):
        subprocess.run(
            [
                *("make", "--no-print-directory", "-s", "-C", str(ROOT / "layers" / layer)),
                f"build-{layer.capitalize()}Layer",
                f"ARTIFACTS_DIR={BUILD / 'layers' / layer}",
                f"ARCHITECTURE={architecture}",
                f"PYTHON={sys.executable}",
            ],
            check=True,
        )
    return Path(shutil.copy(ROOT / _TEMPLATE, BUILD / _TEMPLATE))


def build_web() -> None:
    """The web app, in web/build; CannotDeploy, after what hindered it was said."""
    if subprocess.run([str(ROOT / "infra" / "build_web")], check=False).returncode:
        raise CannotDeploy("The web app could not be built.")


def parameters(known: Mapping[str, Any], environment: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """ModelSet is what MODEL_SET says, or else what it was at the last deploy, or else the template's default.

    A secret is here only if it is said: CloudFormation shows nobody what it was.
    """
    chosen = {
        name: environment.get(variable_of(name), before.get(name, given["Default"]))
        for name, given in known.items()
        if not given.get("NoEcho") or variable_of(name) in environment
    }
    # The functions reach an endpoint at the address we use, unless theirs is said to be another.
    chosen["EndpointUrl"] = environment.get("ENDPOINT_URL", environment.get("AWS_ENDPOINT_URL", ""))
    return {name: str(value) for name, value in chosen.items()}


def first_secrets(known: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, str]:
    """What a stack that has no secrets yet begins with, where nobody said one."""
    return {
        name: secrets.token_urlsafe(32) for name, given in known.items() if given.get("NoEcho") and name not in chosen
    }


def check(chosen: Mapping[str, str]) -> None:
    """CannotDeploy if AWS could take this but nobody could use it."""
    if not chosen["EndpointUrl"] and chosen["MailAddress"].endswith(".invalid"):
        raise CannotDeploy("No sender of mails: say which address, as in make deploy MAIL_ADDRESS=hello@example.com.")


def variable_of(parameter: str) -> str:
    """ModelSet → MODEL_SET."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).upper()


def stack_name(environment: Mapping[str, str]) -> str:
    """Of the stage that STAGE says, or of the template's default one."""
    return f"sealmate-{environment.get('STAGE') or 'dev'}"


def deploy_stack() -> Deployment:
    """Builds and deploys as the environment says; CannotDeploy, DeployError. The web app goes where the stack has a bucket for it."""
    session = _session()
    template: Any = import_module("samtranslator.yaml_helper").yaml_parse((ROOT / _TEMPLATE).read_text())
    known = template["Parameters"]
    stack = stack_name(os.environ)
    chosen = parameters(known, os.environ, _before(session.client("cloudformation"), stack))
    check(chosen)
    print(f"{stack}, {session.region_name}, {chosen['EndpointUrl'] or 'AWS'}")
    for name, value in chosen.items():
        print(f"  {name:<18}{'(secret)' if known[name].get('NoEcho') else value or '-'}")
    if not chosen["EndpointUrl"]:
        build_web()  # before anything is deployed: what can't be built is told at once
    deployed = deploy(
        build(chosen["Architecture"]),
        stack=stack,
        environment={**os.environ, "AWS_REGION": session.region_name},
        parameters=chosen,
        first_values=first_secrets(known, chosen),
        embedded=False,
    )
    if "WebBucket" in deployed.outputs:
        _publish(session, deployed.outputs)
    return deployed


def deploy_web() -> None:
    """Builds and publishes the web app alone, to a stack that is there; CannotDeploy."""
    session, stack = _session(), stack_name(os.environ)
    found = _described(session.client("cloudformation"), stack).get("Outputs", [])
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found}
    if "WebBucket" not in outputs:
        raise CannotDeploy(f"{stack} has no bucket for the web app: deploy it first, with make deploy.")
    build_web()
    _publish(session, outputs)


def _publish(session: Any, outputs: Mapping[str, str]) -> None:
    publish(
        web_manifest.BUILD,
        bucket=outputs["WebBucket"],
        distribution=outputs["Front"],
        s3=session.client("s3"),
        cloudfront=session.client("cloudfront"),
    )


def _session() -> Any:
    session: Any = import_module("boto3").Session()
    if not session.region_name:
        raise CannotDeploy("No region: say where, as in AWS_REGION=eu-central-1 make deploy.")
    if not session.get_credentials():
        raise CannotDeploy("No AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    return session


def _before(cloudformation: Any, stack: str) -> dict[str, str]:
    found = _described(cloudformation, stack).get("Parameters", [])
    return {given["ParameterKey"]: given["ParameterValue"] for given in found}


def _described(cloudformation: Any, stack: str) -> dict[str, Any]:
    """Nothing of a stack that isn't there."""
    try:
        return dict(cloudformation.describe_stacks(StackName=stack)["Stacks"][0])
    except cloudformation.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return {}
        raise


def main() -> int:
    if sys.argv[1:] == ["build"]:
        print(f"built for {(architecture := os.environ.get('ARCHITECTURE') or 'arm64')}: {build(architecture).parent}")
        return 0
    try:
        if sys.argv[1:] == ["web"]:
            deploy_web()
            return 0
        outputs = deploy_stack().outputs
    except (CannotDeploy, DeployError) as error:
        print(error, file=sys.stderr)
        return 1
    for name, value in sorted(outputs.items()):
        print(f"  {name:<18}{value}")
    print("Next step: docs/deploy.md, from “After the first deploy”.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
