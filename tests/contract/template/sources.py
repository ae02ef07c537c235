"""What functions/, layers/core and the docs say of themselves, read from their source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.template import ROOT, folders

CORE = ROOT / "layers" / "core"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A handler's call of `entry`: which maker, the name and shape it is given, and the shape its function returns."""

    maker: str
    name: str
    shape: str | None
    returns: str | None


@cache
def entry_of(folder: str) -> Entry:
    tree = ast.parse((ROOT / "functions" / folder / "handler.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_entry(node)]
    assert len(calls) == 1, f"functions/{folder}/handler.py makes one Chalice app"
    (call,) = calls
    assert isinstance(call.func, ast.Attribute)
    name, *shapes = call.args
    assert isinstance(name, ast.Constant)
    handles = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "handle"]
    returns = handles[0].returns if handles else None
    return Entry(
        maker=call.func.attr,
        name=str(name.value),
        shape=_last(shapes[0]) if shapes else None,
        returns=_last(returns) if returns is not None else None,
    )


def _is_entry(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "entry"
        and bool(call.args)
        and isinstance(call.args[0], ast.Constant)
    )


def _last(node: ast.expr) -> str:
    return ast.unparse(node).rsplit(".", 1)[-1]


def entries(maker: str) -> dict[str, Entry]:
    return {folder: entry_of(folder) for folder in folders() if entry_of(folder).maker == maker}


def python_files(*below: Path) -> Iterator[Path]:
    for root in below:
        yield from sorted(root.rglob("*.py"))


def calls_in(*below: Path) -> Iterator[ast.Call]:
    for path in python_files(*below):
        yield from (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def rows(document: str, heading: str) -> dict[str, list[str]]:
    """A table of docs/: its rows under the heading that begins so, by their first cell."""
    _, found, after = (ROOT / "docs" / document).read_text().partition(f"\n{heading}")
    assert found, f"docs/{document} has a heading {heading}"
    table: dict[str, list[str]] = {}
    for line in after.splitlines():
        if line.startswith("|") and not set(line) <= set("|-: "):
            first, *cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            table[first.strip("`")] = cells
        elif table and line.startswith("#"):
            break
    return table
