"""Packages a SAM template: code folders become zips under content-hash keys, and the template points at them."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

VENDOR_LAYER = "layers/vendor"
_IGNORED = ".DS_Store"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Packaged:
    """A template ready for CloudFormation, and the objects it points at, by S3 key."""

    template: dict[str, Any]
    objects: dict[str, Callable[[], bytes]]


def package(template_file: Path, *, bucket: str, embedded: bool) -> Packaged:
    """Reads the template and the folders it names.

    With `embedded` the vendor layer stays empty: third-party packages then come from the interpreter that runs the
    embedded cloud. Otherwise the folders are what `make build` made, and bytecode in them is meant for Lambda.
    """
    template: dict[str, Any] = import_module("samtranslator.yaml_helper").yaml_parse(template_file.read_text())
    objects: dict[str, Callable[[], bytes]] = {}

    def upload(relative: str, *, prefix: str = "") -> str:
        path = (template_file.parent / relative).resolve()
        if embedded and relative.rstrip("/") == VENDOR_LAYER:
            files: dict[str, Path] = {}
        else:
            files = _files(path, prefix, bytecode=not embedded)
        digest = _digest(files)
        key = f"{digest}{path.suffix}" if path.is_file() else f"{digest}.zip"
        objects[key] = path.read_bytes if path.is_file() else lambda: _zip(files)
        return key

    shared = template.get("Globals", {}).get("Function", {})
    if isinstance(shared.get("CodeUri"), str):
        shared["CodeUri"] = f"s3://{bucket}/{upload(shared['CodeUri'])}"
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Function" if isinstance(properties.get("CodeUri"), str):
                properties["CodeUri"] = f"s3://{bucket}/{upload(properties['CodeUri'])}"
            case "AWS::Serverless::LayerVersion" if isinstance(properties.get("ContentUri"), str):
                # What `sam build` does for a Python layer: its folder becomes python/ of the zip.
                key = upload(properties["ContentUri"], prefix="python/")
                properties["ContentUri"] = f"s3://{bucket}/{key}"
                resource.pop("Metadata", None)
            case "AWS::Serverless::StateMachine" if isinstance(properties.get("DefinitionUri"), str):
                properties["DefinitionUri"] = {"Bucket": bucket, "Key": upload(properties["DefinitionUri"])}
    return Packaged(template=template, objects=objects)


def _files(root: Path, prefix: str, *, bytecode: bool) -> dict[str, Path]:
    """Files under a folder by their name in the zip, or the one file itself."""
    if root.is_file():
        return {root.name: root}
    if not root.is_dir():
        raise FileNotFoundError(f"the template names {root}, which does not exist")
    found = {}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.is_file() and path.name != _IGNORED and (bytecode or "__pycache__" not in relative.parts):
            inside = str(relative)
            found[inside if inside.startswith("python/") else prefix + inside] = path
    return found


def _digest(files: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, path in files.items():
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def _zip(files: dict[str, Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()
