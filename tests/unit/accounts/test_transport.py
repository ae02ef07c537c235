"""Where a request comes from: CloudFront is believed if it proves to be ours, and nobody else is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from sealmate.accounts.transport import place_of, source_of

SECRET = "s" * 43
EDGE = "203.0.113.9"


@dataclass(frozen=True)
class Request:
    headers: Mapping[str, Any]
    method: str = "POST"
    context: Mapping[str, Any] = field(default_factory=lambda: {"identity": {"sourceIp": EDGE}})
    uri_params: Mapping[str, str] | None = None


def _source(viewer: str | None, *, shown: str | None = SECRET, secret: str = SECRET) -> str:
    headers = {"cloudfront-viewer-address": viewer, "sealmate-origin": shown}
    return source_of(Request({k: v for k, v in headers.items() if v is not None}), origin_secret=secret)


@pytest.mark.parametrize(
    ("viewer", "address"),
    [
        ("192.0.2.1:46532", "192.0.2.1"),
        ("2001:db8::1:46532", "2001:db8::1"),
        ("2001:0DB8:0:0:0:0:0:1:46532", "2001:db8::1"),
        ("[2001:db8::1]:46532", "2001:db8::1"),
    ],
)
def test_our_cloudfront_is_believed(viewer: str, address: str) -> None:
    assert _source(viewer) == address


@pytest.mark.parametrize("shown", [None, "", "s" * 42, "S" * 43, "\u00fc" * 43])
def test_without_the_secret_the_address_is_the_gateways(shown: str | None) -> None:
    assert _source("192.0.2.1:46532", shown=shown) == EDGE


@pytest.mark.parametrize("shown", [None, "", SECRET])
def test_where_there_is_no_secret_nothing_proves_itself(shown: str | None) -> None:
    assert _source("192.0.2.1:46532", shown=shown, secret="") == EDGE


@pytest.mark.parametrize("viewer", [None, "", ":", "somewhere:80", "192.0.2.1"])
def test_what_is_no_address_is_not_taken(viewer: str | None) -> None:
    assert _source(viewer) == EDGE


def test_no_request_comes_from_nowhere() -> None:
    assert source_of(None, origin_secret=SECRET) == ""


@pytest.mark.parametrize(
    ("city", "country", "place"),
    [("Berlin", "DE", "Berlin, DE"), ("M%C3%BCnchen", "DE", "München, DE"), (None, "DE", "DE"), (None, None, "")],
)
def test_a_place_is_coarse_and_told_by_our_cloudfront_alone(city: str | None, country: str | None, place: str) -> None:
    told = {"cloudfront-viewer-city": city, "cloudfront-viewer-country": country, "sealmate-origin": SECRET}
    headers = {name: value for name, value in told.items() if value is not None}
    assert place_of(Request(headers), origin_secret=SECRET) == place
    assert place_of(Request({**headers, "sealmate-origin": "made up"}), origin_secret=SECRET) == ""
    assert place_of(Request(headers), origin_secret="") == ""
