"""Seals a provider's API key and stores it: `python -m infra.provider_key PROVIDER < key`, against the stack AWS's variables name."""

import argparse
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from infra.deploy import stack_name


def store(provider: str, key: str, *, environment: Mapping[str, str], outputs: Mapping[str, str]) -> None:
    """Under the stack's data key, with the provider's name in the encryption context; functions read it when they start."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "layers" / "core"))
    names = {"ACCOUNTS_TABLE": "AccountsTable", "DATA_KEY": "DataKey", "MAC_KEY": "MacKey"}
    os.environ.update(environment)
    os.environ.update({variable: outputs[output] for variable, output in names.items()})
    wiring: Any = import_module("sealmate.wiring")
    wiring.provider_keys().put(provider, key)


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Stores a provider's API key, read from standard input, sealed under KMS."
    )
    parser.add_argument("provider", choices=["mistral", "custom"])
    parser.add_argument("--stack", default=stack_name(os.environ), help="%(default)s, by STAGE, unless said otherwise")
    arguments = parser.parse_args()
    key = sys.stdin.read().strip()
    if not key:
        print("No key on standard input; nothing was stored.", file=sys.stderr)
        return 2
    cloudformation = import_module("boto3").client("cloudformation")
    stack = cloudformation.describe_stacks(StackName=arguments.stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    store(arguments.provider, key, environment={}, outputs=outputs)
    print(f"Stored for {arguments.provider}. Running functions take it up when they start anew.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
