"""The base of everything received: frozen, and silent about people's words when it is malformed."""

import base64
import binascii
from dataclasses import fields, is_dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer


class Shape(BaseModel):
    # A newer server may say more than this client knows; what it needs it checks.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Without padding, in its one canonical form; anything else is a ValueError."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error
    if to_base64url(data) != text:
        raise ValueError("not canonical base64url")
    return data


def _decode(value: object) -> object:
    return from_base64url(value) if isinstance(value, str) else value


Bytes = Annotated[bytes, BeforeValidator(_decode), PlainSerializer(to_base64url, return_type=str, when_used="json")]


def to_wire(value: Any) -> Any:
    """Dataclasses to objects and bytes to base64url, all the way down."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_wire(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {name: to_wire(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_wire(each) for each in value]
    return to_base64url(value) if isinstance(value, bytes) else value
