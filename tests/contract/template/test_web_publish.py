"""The built web app on its way to people: its hash manifest, the order in which it is uploaded, and what is checked of an origin."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto import mock_aws

from infra import deploy, web_manifest
from infra.web_publish import publish
from tests.template import ROOT

BUCKET = "web"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """Of version 1, as SvelteKit lays it out."""
    return built(tmp_path / "build", "1")


def built(folder: Path, version: str) -> Path:
    files = {
        "index.html": f"<html>{version}</html>",
        "service-worker.js": f"// {version}",
        "manifest.webmanifest": "{}",
        "icon.svg": "<svg/>",
        "_app/version.json": json.dumps({"version": version}),
        f"_app/immutable/entry/start.{version}.js": "start()",
        "_app/immutable/assets/argon2.wasm": "wasm",
    }
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return folder


# --- the manifest ---


def test_a_manifest_names_every_file_and_the_version_it_was_built_with(
    build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEALMATE_WEB_VERSION", "another")
    manifest = web_manifest.write(build)
    assert manifest.version == "1"
    assert len(manifest.files) == 7
    assert manifest.files["icon.svg"] == hashlib.sha256(b"<svg/>").hexdigest()
    written = (build / web_manifest.NAME).read_bytes()
    assert web_manifest.Manifest.decode(written) == manifest
    web_manifest.write(build)
    assert (build / web_manifest.NAME).read_bytes() == written, "it doesn't name itself"


def test_equal_files_make_equal_manifests(build: Path, tmp_path: Path) -> None:
    again = built(tmp_path / "elsewhere", "1")
    assert web_manifest.of_build(again).encode() == web_manifest.of_build(build).encode()


def test_the_version_is_said_and_not_taken_from_the_clock() -> None:
    """Two builds of one commit are the same bytes, and this is what would differ by itself: SvelteKit's default is the time."""
    config = (ROOT / "web" / "svelte.config.js").read_text()
    assert "const version = process.env.SEALMATE_WEB_VERSION;" in config
    assert re.search(r"version:\s*\{[^}]*name:\s*version\b", config)
    assert "SEALMATE_WEB_VERSION=" in (ROOT / "infra" / "build_web").read_text()


# --- an origin, compared ---


def served(folder: Path, **changed: bytes | None) -> list[str]:
    """What is found of an origin that serves this folder, except that some files are others, or are not there."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.lstrip("/")
        path = path if "." in path else "index.html"
        content = (folder / path).read_bytes() if (folder / path).is_file() else None
        content = changed.get(path, content)
        return httpx.Response(404) if content is None else httpx.Response(200, content=content)

    with httpx.Client(base_url="https://app.example", transport=httpx.MockTransport(answer)) as client:
        return web_manifest.differences(web_manifest.of_build(folder), client)


def test_an_origin_that_serves_the_build_differs_in_nothing(build: Path) -> None:
    assert served(build) == [], "also without a manifest of its own"
    web_manifest.write(build)
    assert served(build) == []


def test_every_file_that_differs_is_told(build: Path) -> None:
    web_manifest.write(build)
    script = "_app/immutable/entry/start.1.js"
    assert served(build, **{script: b"steal()"}) == [f"/{script}: another content"]
    assert served(build, **{"icon.svg": None}) == ["/icon.svg: status 404"]
    page = served(build, **{"index.html": b"<script>"})
    assert page == ["/index.html: another content", "/: another content", "/settings: another content"]


def test_another_version_and_files_too_many_are_told(build: Path, tmp_path: Path) -> None:
    web_manifest.write(build)
    newer = web_manifest.write(built(tmp_path / "newer", "2"))
    found = served(build, **{web_manifest.NAME: newer.encode()})
    assert found == [
        "version 2 is served, 1 is here",
        "/_app/immutable/entry/start.2.js: served and not part of the version here",
    ]
    assert served(build, **{web_manifest.NAME: b"[]"}) == [f"/{web_manifest.NAME}: not a manifest"]


def test_the_command_says_that_nobody_is_there(tmp_path: Path) -> None:
    manifest = tmp_path / "wanted.json"
    manifest.write_bytes(web_manifest.Manifest(version="1", files={}).encode())
    command = [sys.executable, "-m", "infra.web_manifest", "verify", "http://127.0.0.1:9", "--manifest", str(manifest)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "can't be reached" in done.stderr


# --- published ---


class Cdn:
    """Notes what it is told to forget."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def create_invalidation(self, *, DistributionId: str, InvalidationBatch: Any) -> None:  # noqa: N803 - AWS's names
        assert DistributionId == "E1"
        items = InvalidationBatch["Paths"]["Items"]
        assert InvalidationBatch["Paths"]["Quantity"] == len(items)
        self.forgotten = items


class Bucket:
    """A bucket that notes in which order it is written."""

    def __init__(self) -> None:
        self._client: Any = boto3.client("s3", region_name="us-east-1")
        self._client.create_bucket(Bucket=BUCKET)
        self.written: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_object(self, **given: Any) -> None:
        self.written.append(given["Key"])
        self._client.put_object(**given)

    def names(self) -> set[str]:
        return {each["Key"] for each in self._client.list_objects_v2(Bucket=BUCKET)["Contents"]}

    def head(self, key: str) -> tuple[str, str]:
        found = self._client.head_object(Bucket=BUCKET, Key=key)
        return found["ContentType"], found["CacheControl"]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Bucket()


def put(folder: Path, bucket: Bucket, cdn: Cdn) -> None:
    bucket.written = []
    publish(folder, bucket=BUCKET, distribution="E1", s3=bucket, cloudfront=cdn, say=lambda _: None)


def test_hashed_files_come_first_and_what_announces_them_last(build: Path, bucket: Bucket) -> None:
    put(build, bucket, Cdn())
    assert [path.startswith("_app/immutable/") for path in bucket.written[:2]] == [True, True]
    assert bucket.written[-3:] == ["index.html", "_app/version.json", "service-worker.js"]
    assert set(bucket.written) == bucket.names() == {*web_manifest.of_build(build).files, web_manifest.NAME}


def test_files_are_stored_with_their_kind_and_how_long_they_keep(build: Path, bucket: Bucket) -> None:
    put(build, bucket, Cdn())
    year = "public, max-age=31536000, immutable"
    assert bucket.head("_app/immutable/assets/argon2.wasm") == ("application/wasm", year)
    assert bucket.head("_app/immutable/entry/start.1.js") == ("text/javascript", year)
    assert bucket.head("index.html") == ("text/html", "no-cache")
    assert bucket.head("manifest.webmanifest") == ("application/manifest+json", "no-cache")


def test_a_new_version_replaces_what_has_no_hash_and_leaves_open_pages_theirs(
    build: Path, bucket: Bucket, tmp_path: Path
) -> None:
    put(build, bucket, Cdn())
    newer, cdn = built(tmp_path / "newer", "2"), Cdn()
    (newer / "icon.svg").unlink()
    put(newer, bucket, cdn)
    assert "_app/immutable/assets/argon2.wasm" not in bucket.written, "it is there already"
    hashed = {path for path in bucket.names() if path.startswith("_app/immutable/entry")}
    assert hashed == {"_app/immutable/entry/start.1.js", "_app/immutable/entry/start.2.js"}
    assert "icon.svg" not in bucket.names()
    assert "/icon.svg" in cdn.forgotten
    assert "/index.html" in cdn.forgotten
    assert not [path for path in cdn.forgotten if path.startswith("/_app/immutable/")]


def test_a_web_app_that_can_not_be_built_is_told_before_anything_is_deployed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fails = tmp_path / "infra" / "build_web"
    fails.parent.mkdir()
    fails.write_text("#!/bin/sh\nexit 1\n")
    fails.chmod(0o755)
    monkeypatch.setattr(deploy, "ROOT", tmp_path)
    with pytest.raises(deploy.CannotDeploy, match="web app"):
        deploy.build_web()
