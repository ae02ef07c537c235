"""The one spelling of an e-mail address under which it is looked up and written to."""

from __future__ import annotations

import re
import unicodedata

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def normalise(text: str) -> str:
    """NFC, trimmed, lower case, an international domain in its ASCII form; ValueError if mail can't be sent to it."""
    local, at, domain = unicodedata.normalize("NFC", text).strip().lower().rpartition("@")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        raise ValueError("not an e-mail address") from None
    labels = domain.split(".")
    fits = len(local) <= 64 and len(local) + len(domain) < 254
    if not (at and fits and _LOCAL.fullmatch(local) and len(labels) > 1 and all(map(_LABEL.fullmatch, labels))):
        raise ValueError("not an e-mail address")
    return f"{local}@{domain}"
