"""
The documents, and what is in them: blocks of code, tables, words in backticks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

PROJECT: Final = Path(__file__).parents[2]
DOCS: Final = PROJECT / "docs"

#: All pages that people read.
PAGES: Final = sorted(
    page
    for page in (PROJECT / "README.md", *DOCS.rglob("*.md"))
    if "_build" not in page.parts and page.parent.name != "api"
)

_FENCE: Final = re.compile(r"^( *)```(\S+)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)

#: The prompt of a command in a console block: whose host it is, and whether root types it.
_PROMPT: Final = re.compile(r"^(?:[a-z-]+)?[$#] (.*)$")


@attrs.frozen
class Block:
    """
    A block of code.

    @ivar place: the page and the line, for people.
    """

    place: str
    language: str
    text: str

    @property
    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """
        The commands of a console block, each with the lines that it printed.
        """
        found: list[tuple[str, list[str]]] = []
        for line in self.text.splitlines():
            prompt = _PROMPT.match(line)
            if prompt:
                found.append((prompt[1], []))
            else:
                found[-1][1].append(line)
        return iter(found)


def blocks(*languages: str) -> list[Block]:
    """
    All blocks in one of these languages.
    """
    found = []
    for page in PAGES:
        text = page.read_text()
        for match in _FENCE.finditer(text):
            if match[2] in languages:
                line = text.count("\n", 0, match.start()) + 1
                body = re.sub(f"^{match[1]}", "", match[3], flags=re.MULTILINE)
                found.append(Block(f"{page.relative_to(PROJECT)}:{line}", match[2], body))
    return found


def quoted(page: Path) -> set[str]:
    """
    What stands in backticks on a page, outside of blocks.
    """
    return set(re.findall(r"`([^`\n]+)`", _FENCE.sub("", page.read_text())))


def rows(page: Path) -> list[list[str]]:
    """
    The rows of all tables of a page, each the texts of its cells.
    """
    lines = [line for line in page.read_text().splitlines() if line.startswith("|") and not line.startswith("|--")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
