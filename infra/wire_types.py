"""Writes web/src/lib/wire/{events,http}.ts from the server's own models: `python -m infra.wire_types`, or `make docs`.

Each class becomes a valibot schema and a type of the same name, so the web app validates what it is told by the very
shapes that the server validates what it tells. A field that may be absent is null there.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

ROOT = Path(__file__).resolve().parents[1]
WIRE = ROOT / "web" / "src" / "lib" / "wire"
_HEAD = "// {what} Written by `make docs` from {source}: change it there.\nimport * as v from 'valibot';\n"
_PLAIN = {
    "string": "v.string()",
    "integer": "v.number()",
    "boolean": "v.boolean()",
    "null": "v.null()",
    "object": "v.record(v.string(), v.unknown())",
}
# Where each answer of the REST API is defined, and the classes a client reads.
_REPLIES = {
    "sealmate.accounts.answers": (
        "SessionAnswer SignUpStarted SignUpVerified SignUpCompleted LoginStarted PasswordProved LoggedIn SessionRotated "
        "TicketMade AccountAnswer SessionList SteppedUp BackupCodes TotpSetup WrappedKeys CeremonyOptions MethodList NewDevices "
        "ResetAsked ResetAnswer ErasureBegun ErasureAnswer"
    ),
    "sealmate.accounts.app_shapes": "AppSettings",
    "sealmate.accounts.pairing_shapes": "PairingStarted PairingShown PairingJoined PairingLooked",
    "sealmate.accounts.rotation_shapes": "LeaseTaken StagedKeys Flipped",
    "sealmate.accounts.securing_shapes": "Secured",
    "sealmate.billing.replies": "WalletReply LedgerReply",
    "sealmate.mates.replies": "MatesReply",
    "sealmate.turns.replies": "ChatReply ChatsReply TurnReply TurnsReply TurnBegun ChatImported",
}


def documents() -> dict[Path, str]:
    """The text of each file by its path."""
    core = str(ROOT / "layers" / "core")
    if core not in sys.path:
        sys.path.insert(0, core)
    return {WIRE / "events.ts": _events(), WIRE / "http.ts": _http()}


def _events() -> str:
    events: Any = import_module("sealmate.events")
    kinds = list(events.Event.__origin__.__args__)
    head = _HEAD.format(
        what="Everything the server tells a client over the WebSocket.", source="layers/core/sealmate/events.py"
    )
    union = "".join(f"  {kind.__name__},\n" for kind in kinds)
    return (
        head
        + "".join(_declared(kinds, "serialization"))
        + f"\nexport const EventSchema = v.variant('type', [\n{union}]);\n"
        + "export type Event = v.InferOutput<typeof EventSchema>;\n"
    )


def _http() -> str:
    kinds = [getattr(import_module(module), name) for module, names in _REPLIES.items() for name in names.split()]
    head = _HEAD.format(what="The answers of the REST API.", source="the server's replies")
    return head + "".join(_declared(kinds, "serialization"))


def _declared(kinds: list[type[BaseModel]], mode: JsonSchemaMode) -> Iterator[str]:
    """A declaration for each class and all it is made of, none before what it refers to."""
    definitions = models_json_schema([(kind, mode) for kind in kinds], ref_template="{model}")[1]["$defs"]
    done: set[str] = set()
    for kind in kinds:
        yield from _declare(kind.__name__, definitions, done)


def _declare(name: str, definitions: dict[str, Any], done: set[str]) -> Iterator[str]:
    if name in done:
        return
    done.add(name)
    for part in _referred(definitions[name]):
        yield from _declare(part, definitions, done)
    fields = "".join(
        f"  {field}: {_schema(shape)},\n" for field, shape in definitions[name].get("properties", {}).items()
    )
    yield f"\nexport const {name} = v.object({{\n{fields}}});\nexport type {name} = v.InferOutput<typeof {name}>;\n"


def _referred(shape: Any) -> Iterator[str]:
    if isinstance(shape, dict):
        if "$ref" in shape:
            yield shape["$ref"]
        for part in shape.values():
            yield from _referred(part)
    elif isinstance(shape, list):
        for part in shape:
            yield from _referred(part)


def _schema(shape: dict[str, Any]) -> str:
    if "$ref" in shape:
        return str(shape["$ref"])
    if "const" in shape:
        return f"v.literal({_literal(shape['const'])})"
    if "enum" in shape:
        return f"v.picklist([{', '.join(map(_literal, shape['enum']))}])"
    if "anyOf" in shape:
        options = [_schema(each) for each in shape["anyOf"] if each.get("type") != "null"]
        inner = options[0] if len(options) == 1 else f"v.union([{', '.join(options)}])"
        nullable = len(options) < len(shape["anyOf"])
        # Over HTTP what is null is left out, over the WebSocket it is there.
        return f"v.nullish({inner}, null)" if nullable else inner
    if shape["type"] == "array":
        return f"v.array({_schema(shape['items'])})"
    return _PLAIN[shape["type"]]


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
