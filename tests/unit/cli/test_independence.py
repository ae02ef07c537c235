"""The client shares nothing with the server but the documents: two implementations that pin each other."""

import ast
from pathlib import Path

import sealmate_cli

PACKAGE = Path(sealmate_cli.__file__).parent


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module or "")
    return found


def test_nothing_of_the_server_is_imported() -> None:
    server = {
        (path.name, name)
        for path in PACKAGE.rglob("*.py")
        for name in imports(path)
        if name.split(".")[0] in ("sealmate", "layers", "functions", "infra", "boto3")
    }
    assert server == set()


def test_the_key_scheme_is_a_leaf() -> None:
    allowed = {"argon2", "cryptography", "collections", "dataclasses", "enum", "functools", "hashlib", "hmac"}
    allowed |= {"json", "os", "typing", "unicodedata", "uuid", ""}
    used = {name.split(".")[0] for path in (PACKAGE / "crypto").glob("*.py") for name in imports(path)}
    assert used <= allowed
