"""Writes docs/errors.md from sealmate/errors.py: `python -m infra.error_list`."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_HEAD = """\
# Errors

Every failure that a person, a client or the state machine can meet. Over HTTP it is a problem document (RFC 9457) of this
status, on the WebSocket an event; both carry the code, the sentence and the next step ([protocol.md](protocol.md)). Clients
rely on the code; sentences may change. `Retry` and `Catch` of the state machine name the class. `make docs` writes this page
from `layers/core/sealmate/errors.py`.

| code | status | class | what a person reads | next step |
|---|---|---|---|---|
"""


def document() -> str:
    """The page's text: one row an error, in the order of the module."""
    sys.path.insert(0, str(ROOT / "layers" / "core"))
    errors: Any = import_module("sealmate.errors")
    rows = [
        f"| `{kind.code}` | {kind.status} | {name} | {kind.message} | {kind.next_step} |\n"
        for name, kind in errors.BY_NAME.items()
        if kind is not errors.SealmateError
    ]
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    (ROOT / "docs" / "errors.md").write_text(document())
