"""Translates a provider's failures into our errors, by status and code, never by words; nothing it wrote is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from sealmate import errors

NO_SUCH_MODEL = {"model_not_found", "invalid_model"}
BUSY = {"rate_limit_exceeded", "rate_limited", "overloaded"}


def by_status(status: int, body: bytes | str = b"") -> errors.SealmateError:
    """The error behind an HTTP status; the body is looked at for a code only."""
    if status == 429:
        return errors.ProviderBusy(status=status)
    if status >= 500 or status == 408:
        return errors.ProviderUnavailable(status=status)
    if status == 404 or _codes(body) & NO_SUCH_MODEL:
        return errors.ModelMissing(status=status)
    return errors.ProviderRefused(status=status)


def in_stream(event: Mapping[str, Any]) -> errors.SealmateError:
    """The error behind an error object in the middle of a stream, when the status has long been sent."""
    said = event.get("error")
    error = said if isinstance(said, Mapping) else event
    for status in (error.get("code"), error.get("status"), event.get("code")):
        if str(status).isdecimal() and 400 <= int(str(status)) < 600:
            return by_status(int(str(status)), json.dumps(error))
    codes = _codes(json.dumps(error))
    if codes & NO_SUCH_MODEL:
        return errors.ModelMissing()
    return errors.ProviderBusy() if codes & BUSY else errors.ProviderUnavailable(problem="in_stream")


def _codes(body: bytes | str) -> set[str]:
    """What an error body says in its `code` and `type`: at the top (Mistral) or under `error` (OpenAI)."""
    try:
        top = json.loads(body)
    except (ValueError, RecursionError):
        return set()
    levels = [top, top.get("error")] if isinstance(top, dict) else []
    return {str(level.get(field)) for level in levels if isinstance(level, dict) for field in ("code", "type")}


@contextmanager
def translated(library: Any = httpx) -> Iterator[None]:
    """The exceptions of httpx, or of a library with the same ones (httpx2, which Mistral's SDK uses), as ours."""
    try:
        yield
    except library.TimeoutException:
        raise errors.ProviderUnavailable(problem="timeout") from None
    except (library.UnsupportedProtocol, library.LocalProtocolError, library.InvalidURL):
        # Our address or key is not fit to be sent.
        raise errors.ProviderRefused(problem="address_or_key") from None
    except library.DecodingError:
        raise errors.ProviderGarbled(problem="encoding") from None
    except library.TransportError:
        raise errors.ProviderUnavailable(problem="connection") from None
