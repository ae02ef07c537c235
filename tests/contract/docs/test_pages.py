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
# A path starts in a folder or file of the project's root; /api and ~/.cache are none of ours.
_TOP = "|".join(sorted(re.escape(each.name) for each in ROOT.iterdir() if not each.name.startswith(".")))
_PATH = re.compile(rf"(?:{_TOP})(?:/[\w.{{}}*-]+)*/?")
_BUILT = {"make", ".venv", ".local", ".build"}
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@cache
def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


@cache
def subcommands() -> set[str]:
    return set(typer.main.get_group(app).list_commands(typer.Context(typer.main.get_group(app))))


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


@each_page
def test_make_targets_exist(page: Page) -> None:
    for command in page.commands:
        for target in re.findall(r"(?:^|[ ;&])make ([a-z][a-z-]*)(?= |$)", command):
            assert target in targets(), command


@each_page
def test_subcommands_of_sealmate_exist(page: Page) -> None:
    for command in page.commands:
        called = re.match(r"(?:\.venv/bin/)?sealmate((?: --(?:server|home) \S+| --json)*) ([a-z]+)(?= |$)", command)
        if called:
            assert called[2] in subcommands(), command


@each_page
def test_nothing_stronger_is_claimed(page: Page) -> None:
    assert TOO_STRONG.findall(page.text) == []


@pytest.mark.parametrize("name", ["README.md", "docs/privacy.md"])
def test_the_claim_stands_in_its_words(name: str) -> None:
    assert CLAIM in flat((ROOT / name).read_text())


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 200


def test_readmes_commands_are_ours() -> None:
    """Every line of its blocks that a person types begins with a command of this project."""
    readme = Page(ROOT / "README.md")
    typed = [line for line in readme.commands if re.match(r"(make|sealmate|\.venv/bin/|[A-Z_]+=\S+ make)", line)]
    assert {"make up", "make test", "make demo", ".venv/bin/sealmate signup"} <= set(typed)


def test_every_page_is_found_from_the_readme() -> None:
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        path = todo.pop()
        if path in seen or path.suffix != ".md":
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
