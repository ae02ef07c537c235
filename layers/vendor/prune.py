"""Takes out of an installed layer what no function loads: `python prune.py FOLDER`."""

import shutil
import sys
from pathlib import Path

# The services that have a boto3 client; the WebSocket's frames are posted without one.
SERVICES = {"dynamodb", "kms", "ses", "stepfunctions"}
# Of Chalice only the routing runs here; the rest is its command line.
CHALICE = {"__init__.py", "app.py"}
# Packages look up their own version and entry points; licences stay with what they cover.
METADATA = {"METADATA", "entry_points.txt", "licenses"}
UNUSED = (
    "bin",
    "boto3/data",
    "boto3/examples",
    "mistralai/azure",
    "mistralai/gcp",
    "aws_lambda_powertools/event_handler",
    "cffi",
)


def prune(layer: Path) -> None:
    for unused in UNUSED:
        _remove(layer / unused)
    for path in (layer / "botocore" / "data").iterdir():
        if path.is_dir() and path.name not in SERVICES:
            _remove(path)
    for path in (layer / "chalice").iterdir():
        if path.name not in CHALICE:
            _remove(path)
    for info in layer.glob("*.dist-info"):
        for path in info.iterdir():
            if path.name not in METADATA and not path.name.startswith(("LICENSE", "NOTICE")):
                _remove(path)
    for path in [*layer.rglob("tests"), *layer.rglob("*.pyi")]:
        _remove(path)


def _remove(path: Path) -> None:
    """Refuses what isn't there: a new release may have moved what is to go."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
