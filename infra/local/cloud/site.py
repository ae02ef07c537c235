"""Serves the web app's files as CloudFront does in the cloud: the same headers, compressed, one page for every route."""

import asyncio
import gzip
from functools import lru_cache
from pathlib import Path
from typing import Any

from infra import web_headers

_PACKED = ("text/", "application/json", "application/manifest+json", "image/svg+xml")


def find(root: Path, path: str) -> Path | None:
    """The file that answers `path`: itself, or the one page for a route of the app."""
    wanted = (root / path.lstrip("/")).resolve()
    if not wanted.is_relative_to(root.resolve()):
        return None
    if not wanted.is_file() and not wanted.suffix:
        wanted = root / "index.html"
    return wanted if wanted.is_file() else None


async def send_file(send: Any, file: Path, *, path: str, packs: bool) -> None:
    """`packs`: the browser takes gzip."""
    kind = web_headers.content_type(file.name)
    is_page = file.suffix == ".html"
    headers = web_headers.for_page() if is_page else web_headers.for_files()
    headers |= {"Content-Type": kind, "Cache-Control": web_headers.cache_control(path), "Vary": "Accept-Encoding"}
    body = await asyncio.to_thread(file.read_bytes)
    if packs and kind.startswith(_PACKED):
        body = await asyncio.to_thread(_gzip, body)
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=256)
def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
