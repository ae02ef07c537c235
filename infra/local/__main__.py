"""`make up`, `make down`, `make reset`, `make status`: the whole stack on this machine."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from importlib import import_module
from typing import Any

from rich.console import Console

from infra.local import language_model
from infra.local.cloud import process
from infra.local.cloud.deploy import DeployError, deploy
from infra.local.cloud.settings import Settings
from infra.local.model import status as model_status
from infra.local.model.catalog import UnknownModel
from infra.local.model.download import WeightsError
from infra.local.ports import DEFAULT_FRONT, ROOT, BadPort, Place, place

_STACK = "sealmate"
console = Console(stderr=False, highlight=False)


def up(at: Place) -> int:
    """Starts what isn't running, deploys what changed, prints where to go. Safe to repeat, and after a crash."""
    began = time.monotonic()
    at.state.mkdir(parents=True, exist_ok=True)
    choice = language_model.choose(at)  # before anything starts: a slip in a setting is told at once
    model = _Background(lambda: language_model.start(at, console, fixed_prompts()))
    if choice.model_set == "embedded":
        model.start()
    cloud, booted = _cloud(at)
    outputs = _deployed(cloud, choice)
    if choice.key:
        _store_key(cloud, outputs, choice)
    if booted:
        _sweep(cloud, outputs, before=booted)
    if choice.model_set == "embedded":
        model.join()
        language_model.wait(at, console.print)
    console.print(f"\n[bold]Sealmate is up[/] after {time.monotonic() - began:.1f} s.")
    server = "" if at.front == DEFAULT_FRONT else f" --server {at.url}"
    if (ROOT / "web" / "build" / "index.html").exists():
        console.print(f"  open it         {at.url}")
    console.print(f"  in a terminal   .venv/bin/sealmate{server} signup")
    console.print(f"  mails it sent   {at.url}/mail")
    console.print(f"  AWS endpoint    {cloud.settings.endpoint}   logs in {at.state}")
    console.print("  see it work     make demo        stop it   make down")
    if choice.model_set == "embedded" and (notice := model_status.notice(at.model)):
        console.print(f"  {notice}")
    return 0


def down(at: Place) -> int:
    """Stops everything; the data stays."""
    cloud = process.attach(at.state / "cloud")
    if cloud:
        cloud.stop()
    stopped = language_model.stop(at)
    console.print("Stopped." if cloud or stopped else "Nothing was running.")
    return 0


def reset(at: Place) -> int:
    """Stops everything and forgets all accounts, chats and keys of this machine's stack."""
    down(at)
    shutil.rmtree(at.state / "cloud", ignore_errors=True)
    console.print("Forgotten: the next make up begins anew. (The language model's files are kept.)")
    return 0


def status(at: Place) -> int:
    cloud = process.attach(at.state / "cloud")
    if cloud:  # wherever it was started, whatever SEALMATE_PORT says now
        at = replace(at, front=cloud.settings.front_port)
    console.print(f"cloud: {'running at ' + at.url if cloud else 'not running'}")
    console.print(model_status.status(at.model))
    if not cloud:
        free = subprocess.run([ROOT / "infra" / "alone", "--free"], check=False).returncode == 0
        console.print("Start it with make up." if free else "It is being set up: make up says how far it is.")
    return 0


def fixed_prompts() -> list[dict[str, object]]:
    """The prompts that begin every request, for the embedded model to read before anyone waits for it."""
    sys.path.insert(0, str(ROOT / "layers" / "core"))
    catalog: Any = import_module("sealmate.catalog")
    mates: Any = import_module("sealmate.mates")
    # In the order in which a first message needs them.
    named = {
        "pre_processing": catalog.prompt("pre_processing"),
        "main_processing": mates.default().prompt,
        "post_processing": catalog.prompt("post_processing"),
    }
    return [{"name": name, "messages": [{"role": "system", "content": text}]} for name, text in named.items()]


class _Background(threading.Thread):
    """Work beside the main line, whose failure is raised where it is joined."""

    def __init__(self, work: Any) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._failure: Exception | None = None

    def run(self) -> None:
        try:
            self._work()
        except Exception as failure:  # noqa: BLE001 - raised again by join
            self._failure = failure

    def join(self, timeout: float | None = None) -> None:
        super().join(timeout)
        if self._failure:
            raise self._failure


def _cloud(at: Place) -> tuple[process.Cloud, int | None]:
    """The running cloud, and, if it was started now, the second before which no execution of it can have begun."""
    running = process.attach(at.state / "cloud")
    if running:
        return running, None
    console.print("embedded cloud: starting")
    # The next whole second: a hold of the second in which the last cloud died is one of the dead, too.
    booted = int(time.time()) + 1
    cloud = process.start(
        Settings(
            state_dir=at.state / "cloud",
            port=at.cloud,
            front_port=at.front,
            static_dir=ROOT / "web" / "build",
            stack=_STACK,
        )
    )
    cloud.wait_ready()
    return cloud, booted


def _deployed(cloud: process.Cloud, choice: language_model.Choice) -> dict[str, str]:
    front = cloud.settings.front_port
    deployment = deploy(
        ROOT / "template.yaml",
        stack=_STACK,
        environment=cloud.environment(),
        parameters={
            "Stage": "local",
            "Architecture": "x86_64",
            "ModelSet": choice.model_set,
            "ModelUrl": choice.url,
            "ModelName": choice.name,
            "Origins": f"http://localhost:{front},http://127.0.0.1:{front}",
            "EndpointUrl": cloud.settings.endpoint,
            "ResetDays": os.environ.get("SEALMATE_RESET_DAYS", "7"),
        },
        say=console.print,
    )
    if not deployment.changed:
        console.print(f"{_STACK}: up to date")
    return deployment.outputs


def _store_key(cloud: process.Cloud, outputs: dict[str, str], choice: language_model.Choice) -> None:
    """Seals the provider's key under the stack's KMS key."""
    from infra import provider_key

    provider_key.store(choice.provider, choice.key, environment=cloud.environment(), outputs=outputs)
    console.print(f"provider key: sealed and stored for {choice.provider}")


def _sweep(cloud: process.Cloud, outputs: dict[str, str], *, before: int) -> None:
    """No execution survived the start of this cloud: what they held is given back at once."""
    boto3: Any = import_module("boto3")
    environment = cloud.environment()
    client = boto3.client(
        "lambda",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    reply = client.invoke(FunctionName=outputs["SweepHolds"], Payload=json.dumps({"died_before": before}).encode())
    counts = json.loads(reply["Payload"].read())
    if counts.get("ended"):
        console.print(f"gave back the credits of {counts['ended']} interrupted answers")
    if reply.get("FunctionError") or counts.get("failed"):
        console.print(
            f"[yellow]{counts.get('failed', 'Some')} interrupted answers could not be ended: their credits stay reserved.[/]"
        )
        console.print(
            "Next step: wait; the sweeper tries again six minutes after they were asked, and its log says why it failed."
        )


def main() -> int:
    commands = {"up": up, "down": down, "reset": reset, "status": status}
    parser = argparse.ArgumentParser(
        prog="python -m infra.local", description="Sealmate's whole stack on this machine."
    )
    parser.add_argument("command", choices=commands)
    try:
        return commands[parser.parse_args().command](place())
    except (BadPort, UnknownModel) as slip:
        console.print(f"[red]{slip}[/]")
    except (DeployError, process.NotReadyError, WeightsError, model_status.DidNotStart) as error:
        console.print(f"[red]{error}[/]", markup=not isinstance(error, DeployError))
        console.print("Next step: make down, then make up. If it stays, the logs are in .local.")
        console.print("The last resort is make reset, which forgets all accounts of this machine.")
    return 1


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
