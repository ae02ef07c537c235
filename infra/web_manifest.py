"""The web app's hash manifest: the SHA-256 of every file of a version, and whether an origin serves just these.

`python -m infra.web_manifest write` writes web/build/manifest.sha256.json; `… verify https://…` compares what an origin
serves with the build that is here. Two builds of one commit give the same manifest, so anyone can compare.
"""

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

BUILD = Path(__file__).resolve().parents[1] / "web" / "build"
NAME = "manifest.sha256.json"
_PAGE = "index.html"
# Where the one page must be, too: what people type, and a route of the app.
_ROUTES = ("", "settings")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """`files`: hexadecimal SHA-256 by path, without a leading slash."""

    version: str
    files: dict[str, str]

    def encode(self) -> bytes:
        return (json.dumps({"version": self.version, "files": self.files}, indent=1, sort_keys=True) + "\n").encode()

    @staticmethod
    def decode(content: bytes) -> "Manifest":
        """ValueError."""
        given: Any = json.loads(content)
        if not isinstance(given, dict) or not isinstance(given.get("files"), dict):
            raise ValueError("no manifest")
        return Manifest(
            version=str(given.get("version")), files={str(path): str(hash_) for path, hash_ in given["files"].items()}
        )


def of_build(folder: Path) -> Manifest:
    """Of a build as it lies there. The version is the one it was built with (SEALMATE_WEB_VERSION), not the one that is said now."""
    version = json.loads((folder / "_app" / "version.json").read_bytes())["version"]
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / NAME)
    return Manifest(
        version=str(version), files={path.relative_to(folder).as_posix(): _sha256(path.read_bytes()) for path in paths}
    )


def write(folder: Path) -> Manifest:
    manifest = of_build(folder)
    (folder / NAME).write_bytes(manifest.encode())
    return manifest


def differences(manifest: Manifest, client: httpx.Client) -> list[str]:
    """What an origin serves otherwise than it should, a line each; `client` has its address as base."""
    found = [told for path, wanted in manifest.files.items() if (told := _difference(client, path, wanted))]
    page = manifest.files.get(_PAGE, "")
    found += [told for route in _ROUTES if (told := _difference(client, route, page))]
    return found + _difference_of_manifests(client, manifest)


def _difference(client: httpx.Client, path: str, wanted: str) -> str | None:
    reply = client.get(f"/{path}")
    if reply.status_code != 200:
        return f"/{path}: status {reply.status_code}"
    return None if _sha256(reply.content) == wanted else f"/{path}: another content"


def _difference_of_manifests(client: httpx.Client, manifest: Manifest) -> list[str]:
    """An origin that publishes no manifest may still serve the right files."""
    reply = client.get(f"/{NAME}")
    if reply.status_code == 404:
        return []
    try:
        served = Manifest.decode(reply.content)
    except ValueError:
        return [f"/{NAME}: not a manifest"]
    told = [f"version {served.version} is served, {manifest.version} is here"]
    return (told if served.version != manifest.version else []) + [
        f"/{path}: served and not part of the version here" for path in sorted(set(served.files) - set(manifest.files))
    ]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.web_manifest", description="The web app's hash manifest.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("write", help="of web/build, into it")
    verify = commands.add_parser("verify", help="compare what an origin serves with web/build, or with a manifest")
    verify.add_argument("origin", help="as in https://chat.example.org")
    verify.add_argument("--manifest", type=Path, help="another one than that of web/build")
    given = parser.parse_args()
    if not given.__dict__.get("manifest") and not (BUILD / _PAGE).is_file():
        print("There is no build of the web app here.\nNext step: infra/build_web, then this again.", file=sys.stderr)
        return 1
    if given.command == "write":
        manifest = write(BUILD)
        print(f"{BUILD / NAME}: version {manifest.version}, {len(manifest.files)} files")
        return 0
    manifest = Manifest.decode(given.manifest.read_bytes()) if given.manifest else of_build(BUILD)
    try:
        with httpx.Client(base_url=given.origin.rstrip("/"), timeout=30) as client:
            found = differences(manifest, client)
    except httpx.HTTPError as error:
        print(
            f"{given.origin} can't be reached: {error}\nNext step: check the address, then this again.", file=sys.stderr
        )
        return 1
    for line in found:
        print(line)
    same = f"{given.origin} serves version {manifest.version}: all {len(manifest.files)} files are the same."
    print(same if not found else f"{given.origin} doesn't serve version {manifest.version}: {len(found)} differences.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
