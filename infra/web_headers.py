"""The headers the web app is served with, here and in the cloud: one list, web_headers.json.

The page carries the rest of its content security policy itself, with the hashes of its scripts. What isn't a page gets
a policy of its own, for a worker is bound by the headers it came with, not by those of the page that made it.
"""

import json
import mimetypes
from pathlib import Path, PurePosixPath

_FILE = Path(__file__).with_suffix(".json")
# Python's own table differs from one machine to the next.
_KINDS = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".wasm": "application/wasm"}


def for_page() -> dict[str, str]:
    return _of("page")


def for_files() -> dict[str, str]:
    return _of("files")


def cache_control(path: str) -> str:
    """`path` as it is asked for: names that carry a hash never change their content."""
    return "public, max-age=31536000, immutable" if path.startswith("/_app/immutable/") else "no-cache"


def content_type(path: str) -> str:
    return _KINDS.get(PurePosixPath(path).suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"


def _of(kind: str) -> dict[str, str]:
    headers: dict[str, dict[str, str]] = json.loads(_FILE.read_text())
    return headers["everywhere"] | headers[kind]
