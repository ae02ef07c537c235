"""Statuses and codes become errors; a provider's words become nothing."""

from __future__ import annotations

import json

import httpx
import pytest

from sealmate import errors
from sealmate.adapters.providers.failures import by_status, translated


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, errors.ProviderRefused),
        (400, errors.ProviderRefused),
        (401, errors.ProviderRefused),
        (403, errors.ProviderRefused),
        (404, errors.ModelMissing),
        (408, errors.ProviderUnavailable),
        (422, errors.ProviderRefused),
        (429, errors.ProviderBusy),
        (500, errors.ProviderUnavailable),
        (503, errors.ProviderUnavailable),
        (529, errors.ProviderUnavailable),
    ],
)
def test_by_status(status: int, kind: type[errors.SealmateError]) -> None:
    error = by_status(status, b'{"message": "secret"}')
    assert type(error) is kind
    assert error.details == {"status": status}


@pytest.mark.parametrize(
    "body",
    [
        {"object": "error", "message": "Invalid model: secret", "type": "invalid_model", "code": "1500"},
        {"error": {"message": "secret", "type": "invalid_request_error", "code": "model_not_found"}},
    ],
)
def test_a_missing_model_is_told_by_its_code(body: object) -> None:
    assert type(by_status(400, json.dumps(body))) is errors.ModelMissing


@pytest.mark.parametrize(
    "body", [b"", b"model_not_found", b"[]", b"\xff", b'{"error": "model_not_found"}', b"[" * 10**5]
)
def test_an_odd_body_changes_nothing(body: bytes) -> None:
    assert type(by_status(400, body)) is errors.ProviderRefused


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectError("secret"), errors.ProviderUnavailable),
        (httpx.ConnectTimeout("secret"), errors.ProviderUnavailable),
        (httpx.ReadTimeout("secret"), errors.ProviderUnavailable),
        (httpx.ReadError("secret"), errors.ProviderUnavailable),
        (httpx.RemoteProtocolError("secret"), errors.ProviderUnavailable),
        (httpx.UnsupportedProtocol("secret"), errors.ProviderRefused),
        (httpx.LocalProtocolError("secret"), errors.ProviderRefused),
        (httpx.InvalidURL("secret"), errors.ProviderRefused),
        (httpx.DecodingError("secret"), errors.ProviderGarbled),
    ],
)
def test_exceptions_of_the_http_library(raised: Exception, kind: type[errors.SealmateError]) -> None:
    with pytest.raises(kind) as caught, translated():
        raise raised
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__
