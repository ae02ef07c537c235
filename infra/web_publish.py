"""Puts the built web app where CloudFront serves it from, so that whoever comes meanwhile gets a whole version, old or new."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from infra import web_headers, web_manifest

_HASHED = "_app/immutable/"
# The page names hashed files; the last two tell open pages and the service worker that there is a new one.
_LAST = ("index.html", "_app/version.json", "service-worker.js")


def publish(
    folder: Path, *, bucket: str, distribution: str, s3: Any, cloudfront: Any, say: Callable[[str], None] = print
) -> None:
    """Hashed files first, then the page that names them, then what announces it; at last CloudFront forgets what it kept of the others.

    Hashed files of earlier versions stay: pages that are open still load them.
    """
    manifest = web_manifest.write(folder)
    there = set(_keys(s3, bucket))
    paths = [*manifest.files, web_manifest.NAME]
    hashed = [path for path in paths if path.startswith(_HASHED)]
    others = sorted((path for path in paths if not path.startswith(_HASHED)), key=_place)
    for path in (*(path for path in hashed if path not in there), *others):
        s3.put_object(
            Bucket=bucket,
            Key=path,
            Body=(folder / path).read_bytes(),
            ContentType=web_headers.content_type(path),
            CacheControl=web_headers.cache_control(f"/{path}"),
        )
    gone = sorted(path for path in there - set(paths) if not path.startswith(_HASHED))
    for path in gone:
        s3.delete_object(Bucket=bucket, Key=path)
    _forget(cloudfront, distribution, [*others, *gone])
    say(f"web app: version {manifest.version}, {len(paths)} files in {bucket}")


def _place(path: str) -> tuple[int, str]:
    return (_LAST.index(path) + 1 if path in _LAST else 0), path


def _keys(s3: Any, bucket: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        yield from (each["Key"] for each in page.get("Contents", []))


def _forget(cloudfront: Any, distribution: str, paths: list[str]) -> None:
    """Routes are kept under the name of the page that answers them, so theirs is among the paths."""
    cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "CallerReference": str(time.time_ns()),
            "Paths": {"Quantity": len(paths), "Items": [f"/{path}" for path in paths]},
        },
    )
