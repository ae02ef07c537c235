"""The base of every validated shape: frozen, closed, and silent about what it was given."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints


class Shape(BaseModel):
    """Frozen, unknown fields refused, and errors that never repeat a person's words."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Strict base64url without padding; ValueError otherwise."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error
    if to_base64url(data) != text:
        raise ValueError("not canonical base64url")
    return data


def _decode(value: Any) -> Any:
    return from_base64url(value) if isinstance(value, str) else value


# Bytes inside, base64url without padding on the wire. Constrain the length with Field(min_length=…, max_length=…).
Bytes = Annotated[bytes, BeforeValidator(_decode), PlainSerializer(to_base64url, return_type=str, when_used="json")]

Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
TurnId = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]


class Nothing(Shape):
    """A request without fields."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
