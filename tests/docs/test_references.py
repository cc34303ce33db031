"""
Tests for what the documents name: it exists, and what exists is named.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from declared import counters
from documents import DOCS, PAGES, quoted, rows
from sources import HOLE, eventKinds, templates

from wand.cli.main import cli
from wand.discovery.builtins import BUILTINS

OPERATING = DOCS / "operating"


def test_everyEventIsDocumented() -> None:
    """
    The table of events has each kind that is published, and no other.
    """
    told = [row for row in rows(OPERATING / "monitoring.md") if len(row) == 3]
    kinds = {kind for row in told[1:] for kind in re.findall(r"`([a-z-]+)`", row[1])}
    assert kinds == eventKinds()


def test_everyCounterExists() -> None:
    """
    What the pages call a counter of drops is one.
    """
    known = counters()
    for page in PAGES:
        for word in quoted(page):
            if re.fullmatch(r"(?:drop|guard)-[a-z0-9-]+", word):
                assert word in known or word.endswith("-"), f"{page.name}: {word}"


def test_everyBuiltInPluginIsInTheTable() -> None:
    """
    The plugin author's guide names every plugin that comes with us, with its kind.
    """
    told = {row[0]: set(re.findall(r"`([^`]+)`", row[-1])) for row in rows(DOCS / "plugins.md") if len(row) == 4}
    for kind, plugins in BUILTINS.items():
        ours = set(plugins)
        assert ours <= told[kind], f"{kind}: {ours - told[kind]} is missing"
        assert {name for name in told[kind] if not name.startswith("I")} == ours


def test_everyCommandIsInTheTable() -> None:
    """
    The page about the client names every command, and no other.
    """
    told = {
        words.split()[1] for row in rows(OPERATING / "client.md") for words in re.findall(r"^`(wand [^`]+)`", row[0])
    }
    assert told == set(cli.commands)


@pytest.mark.parametrize("page", [OPERATING / "troubleshooting.md", OPERATING / "rel2.md"], ids=lambda page: page.stem)
def test_symptomsAreSaid(page: Path) -> None:
    """
    Every sentence of which a page says that a program says it can be found in the sources.
    """
    for row in rows(page):
        for text in re.findall(r"`([^`]+)`", row[0]):
            if " " in text and not text.startswith("wand "):
                assert isSaid(text), f"nothing says {text!r}"


def isSaid(text: str) -> bool:
    """
    Is this a part of a text of the sources, or of one with something put in?
    """
    pattern = re.compile(".*".join(map(re.escape, text.split(HOLE))), re.DOTALL)
    return any(pattern.search(each) for each in templates())


def test_whatIsIncludedIsNoPage() -> None:
    """
    A file that a page includes is no page of its own.
    """
    included = {
        name
        for page in DOCS.rglob("*.md")
        for name in re.findall(r"^```\{include\} (\S+\.md)$", page.read_text(), re.M)
    }
    assert included
    configuration = (DOCS / "conf.py").read_text()
    assert [name for name in sorted(included) if f'"{name}"' not in configuration] == []
