"""The documents stay true: links lead somewhere, what they name exists, the claim is made in its words and no stronger."""

from __future__ import annotations

import re
from functools import cache

import pytest
import typer
import typer.main

from sealmate_cli.main import app
from tests.contract.docs.pages import Page, flat, pages
from tests.template import ROOT

PAGES = pages()
CLAIM = (
    "stored data is encrypted on the user's device; the server holds plaintext only in memory, only while it answers "
    "one message; after that nobody who holds the whole database, the KMS keys included, can read a chat."
)
TOO_STRONG = re.compile(r"zero[- ]knowledge|end[- ]to[- ]end[- ]encr|e2ee|military|unbreakable", re.IGNORECASE)
# A path starts in a folder or file of the project's root, or ends like a file of ours; /api and ~/.cache are neither.
_TOP = "|".join(sorted(re.escape(each.name) for each in ROOT.iterdir() if not each.name.startswith(".")))
_PATH = re.compile(rf"(?:{_TOP})(?:/[\w.-]+)*/?")
_FILE = re.compile(r"[\w-]+(?:/[\w-]+)*(?:\.asl)?\.(?:py|md|yaml|json|toml)")
_VARIABLE = re.compile(r"\b(?:SEALMATE_[A-Z_]*[A-Z]|MISTRAL_API_KEY)\b")
_SEALMATE = re.compile(r"(?:\.venv/bin/)?sealmate((?: --(?:server|home) \S+| --json)*) ([a-z]+)((?: .*)?)")
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@cache
def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


@cache
def files() -> frozenset[str]:
    """All of the project's, by their ends: what a page calls seal/envelope.py is layers/core/sealmate/seal/envelope.py."""
    roots = [each for each in ROOT.iterdir() if not each.name.startswith(".")]
    found = [path for root in roots for path in ([root] if root.is_file() else root.rglob("*.*"))]
    parts = [path.relative_to(ROOT).parts for path in found if "node_modules" not in path.parts]
    return frozenset("/".join(each[start:]) for each in parts for start in range(len(each)))


@cache
def options() -> dict[str, set[str]]:
    """The options of each subcommand of `sealmate`; its own under the empty name."""
    group = typer.main.get_group(app)
    found = {
        name: {each for given in command.params for each in given.opts} for name, command in group.commands.items()
    }
    return found | {"": {each for given in group.params for each in given.opts} | {"--help"}}


@each_page
def test_links_lead_somewhere(page: Page) -> None:
    for link in page.links:
        path, _, anchor = link.partition("#")
        target = (page.path.parent / path).resolve() if path else page.path
        assert target.exists(), link
        if anchor:
            assert anchor in Page(target).anchors, link


@each_page
def test_paths_exist(page: Page) -> None:
    for code in page.inline:
        if _PATH.fullmatch(code):
            assert (ROOT / code).exists(), code
        elif _FILE.fullmatch(code):
            assert code in files(), code


@each_page
def test_make_targets_exist(page: Page) -> None:
    for command in page.commands:
        for target in re.findall(r"(?:^|[ ;&])make ([a-z][a-z-]*)(?= |$)", command):
            assert target in targets(), command


@each_page
def test_commands_of_sealmate_exist(page: Page) -> None:
    for command in page.commands:
        called = _SEALMATE.fullmatch(command)
        if called:
            before, name, after = called.groups()
            assert name in options(), command
            assert set(re.findall(r"--[a-z-]+", before)) <= options()[""], command
            assert set(re.findall(r"--[a-z-]+", re.sub(r'"[^"]*"', "", after))) <= options()[name], command


@each_page
def test_variables_are_read_somewhere(page: Page) -> None:
    files = [path for folder in ("infra", "cli") for path in (ROOT / folder).rglob("*")]
    code = "".join(path.read_text() for path in files if path.is_file() and path.suffix in (".py", ""))
    assert set(_VARIABLE.findall(page.text)) <= set(_VARIABLE.findall(code))


@each_page
def test_nothing_stronger_is_claimed(page: Page) -> None:
    assert TOO_STRONG.findall(page.text) == []


@pytest.mark.parametrize("name", ["README.md", "docs/privacy.md"])
def test_the_claim_stands_in_its_words(name: str) -> None:
    assert CLAIM in flat((ROOT / name).read_text())


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 200


def test_what_the_readme_lets_people_type_is_ours() -> None:
    typed = Page(ROOT / "README.md").typed
    assert {"make up", "make test", "make demo", ".venv/bin/sealmate signup"} <= set(typed)
    for line in typed:
        assert _SEALMATE.fullmatch(line) or re.fullmatch(r"(?:[A-Z_]+=\S+ )*make [a-z]+", line), line


def test_every_page_is_found_from_the_readme() -> None:
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        path = todo.pop()
        if path in seen or path.suffix != ".md" or not path.exists():
            continue
        seen.add(path)
        todo += [(path.parent / link.partition("#")[0]).resolve() for link in Page(path).links]
    assert {page.path for page in PAGES} <= seen


def test_decisions_are_numbered_dated_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    files = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    listed = Page(folder / "README.md").links
    assert [path.name[:4] for path in files] == [f"{n:04}" for n in range(1, len(files) + 1)]
    assert listed == [path.name for path in files]
    for path in files:
        first, _, rest = path.read_text().partition("\n")
        assert first.startswith(f"# {path.name[:4]} "), path.name
        assert re.match(r"\n\d{4}-\d\d-\d\d · (accepted|superseded by)", rest), path.name
        assert {"context", "decision", "consequences"} <= Page(path).anchors, path.name
