"""What stands in an envelope as JSON: one object, written and read exactly."""

import json
from typing import Any

from .errors import CryptoError


def write_json(content: dict[str, Any]) -> bytes:
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise CryptoError("not_text") from error


def read_json(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError as error:
        raise CryptoError("bad_content") from error
    if not isinstance(value, dict):
        raise CryptoError("bad_content")
    return value


def text_of(content: dict[str, Any], name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str):
        raise CryptoError("bad_content")
    return value
