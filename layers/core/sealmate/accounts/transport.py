"""How a session travels: as a bearer token for terminals, as a `__Host-` cookie for browsers."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import unquote

from sealmate import errors
from sealmate.model import from_base64url, to_base64url

LIFETIME = 30 * 86_400  # of a session, from its last rotation
COOKIE = "__Host-sealmate"
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TOKEN = re.compile(rf"({_ID})\.({_ID})\.([A-Za-z0-9_-]{{43}})")


class HttpRequest(Protocol):
    """What is needed of a request; header names are found whatever their case."""

    @property
    def method(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, Any]: ...

    @property
    def context(self) -> Mapping[str, Any]: ...

    @property
    def uri_params(self) -> Mapping[str, str] | None: ...


@dataclass(frozen=True, kw_only=True)
class Token:
    account_id: str
    session_id: str
    secret: bytes

    def encode(self) -> str:
        return f"{self.account_id}.{self.session_id}.{to_base64url(self.secret)}"


@dataclass(frozen=True, kw_only=True)
class Presented:
    token: Token
    by_cookie: bool


def presented(request: HttpRequest | None, *, origins: tuple[str, ...]) -> Presented:
    """The token a request carries. NotSignedIn if there is none in the right shape; ForeignOrigin."""
    if request is None:
        raise errors.Internal()
    scheme, _, bearer = str(request.headers.get("authorization", "")).partition(" ")
    if scheme.lower() == "bearer":
        return Presented(token=_read(bearer.strip()), by_cookie=False)
    if request.method not in _SAFE_METHODS:
        may_have_cookie(request, origins=origins)
    return Presented(token=_read(_cookie(str(request.headers.get("cookie", "")))), by_cookie=True)


def may_have_cookie(request: HttpRequest | None, *, origins: tuple[str, ...]) -> bool:
    """True, or ForeignOrigin: browsers send a cookie whichever page asks, so only our pages may use or be given one."""
    if request is None or str(request.headers.get("origin", "")) not in origins:
        raise errors.ForeignOrigin()
    return True


def source_of(request: HttpRequest | None, *, origin_secret: str) -> str:
    """The network address a request came from: as CloudFront saw it if it proves to be our CloudFront, else as API Gateway did."""
    if request is None:
        return ""
    if _by_our_cloudfront(request, origin_secret):
        viewer = _without_port(str(request.headers.get("cloudfront-viewer-address", "")))
        if viewer:
            return viewer
    return str(request.context.get("identity", {}).get("sourceIp", ""))


def place_of(request: HttpRequest | None, *, origin_secret: str) -> str:
    """City and country as our CloudFront names them, such as `Berlin, DE`; empty where nobody can know."""
    if request is None or not _by_our_cloudfront(request, origin_secret):
        return ""
    city, country = (unquote(str(request.headers.get(f"cloudfront-viewer-{part}", ""))) for part in ("city", "country"))
    return ", ".join(part for part in (city[:64], country[:2]) if part.replace(" ", "").isprintable() and part)


def cookie_of(token: str) -> str:
    """A Set-Cookie header that lasts as long as the session."""
    return f"{COOKIE}={token}; {_ATTRIBUTES}; Max-Age={LIFETIME}"


def clear_cookie() -> str:
    return f"{COOKIE}=; {_ATTRIBUTES}; Max-Age=0"


def _by_our_cloudfront(request: HttpRequest, origin_secret: str) -> bool:
    shown = str(request.headers.get("sealmate-origin", ""))
    return bool(origin_secret) and hmac.compare_digest(shown.encode(), origin_secret.encode())


def _without_port(address: str) -> str:
    """192.0.2.1 of 192.0.2.1:443 and 2001:db8::1 of 2001:db8::1:443; empty if there is no address."""
    host, _, _ = address.rpartition(":")
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        return ""


def _cookie(header: str) -> str:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def _read(text: str) -> Token:
    found = _TOKEN.fullmatch(text)
    if found is None:
        raise errors.NotSignedIn()
    account_id, session_id, secret = found.groups()
    try:
        return Token(account_id=account_id, session_id=session_id, secret=from_base64url(secret))
    except ValueError:
        raise errors.NotSignedIn() from None
