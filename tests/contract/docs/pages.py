"""The project's pages as tests read them: links, inline code, fenced blocks, and what of it must exist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.template import ROOT

_FENCE = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_TYPED = re.compile(r"\$ |make |\.venv/|(?:[A-Z_]+=\S+ )+\w")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """Without fenced blocks."""
        return _FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """Targets inside the project, as written."""
        found = _LINK.findall(self.prose)
        return [target for target in found if not re.match(r"[a-z]+:", target)]

    @property
    def inline(self) -> list[str]:
        return _CODE.findall(self.prose)

    @property
    def typed(self) -> list[str]:
        """Lines of plain fenced blocks that a person types: behind a prompt, or plainly a command. Without remarks."""
        blocks = [block.splitlines() for kind, block in _FENCE.findall(self.text) if not kind]
        lines = [line for block in blocks for line in block if _TYPED.match(line)]
        return [line.removeprefix("$ ").partition(" #")[0].strip() for line in lines]

    @property
    def commands(self) -> list[str]:
        return self.inline + self.typed

    @property
    def anchors(self) -> set[str]:
        """Of headings, spelt as the usual renderers do."""
        plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(self.prose))
        return {heading.strip().replace(" ", "-") for heading in plain}


def pages() -> list[Page]:
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return [Page(path) for path in sorted(found)]


def flat(text: str) -> str:
    """On one line, without marks of quotation, so that a sentence is found however it is broken."""
    return " ".join(re.sub(r"^> ?", "", text, flags=re.MULTILINE).split())
