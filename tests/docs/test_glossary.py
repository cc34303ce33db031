"""
Tests for the glossary: it has the words that classes and counters are called by.
"""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from pathlib import Path

from declared import counters
from documents import DOCS

import wand

#: Words that mean what they mean in plain English, or to everybody who programs.
_PLAIN = set((Path(__file__).parent / "plain_words.txt").read_text().split())


def _terms() -> list[str]:
    """
    What the glossary explains, in its order.
    """
    body = (DOCS / "glossary.md").read_text().partition("```{glossary}\n")[2]
    return [line for line in body.splitlines() if line and not line.startswith((" ", "`"))]


@functools.cache
def _glossary() -> set[str]:
    """
    The words of the terms.
    """
    return {word.lower() for term in _terms() for word in re.findall(r"[A-Za-z0-9]+", term)}


@functools.cache
def _used() -> dict[str, str]:
    """
    The words of classes and counters, each with the name of one that has it.
    """
    words = {word: name for name in counters() for word in re.findall(r"[a-z0-9]+", name)}
    root = Path(wand.__file__).parent
    for file in sorted(root.rglob("*.py")):
        if file.relative_to(root).parts[0] in ("testing", "demo", "lab"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef):
                for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]+", node.name):
                    words[word.lower()] = node.name
    return words


def _stems(word: str) -> set[str]:
    """
    A word, and what it may be the plural or another form of.
    """
    stems = {word}
    for ending, instead in (
        ("s", ""),
        ("es", ""),
        ("ies", "y"),
        ("ed", ""),
        ("ed", "e"),
        ("d", ""),
        ("ing", ""),
        ("ing", "e"),
        ("er", "ion"),
        ("or", "ion"),
    ):
        if word.endswith(ending):
            stems.add(word.removesuffix(ending) + instead)
    return stems


def test_everyWordIsExplained() -> None:
    """
    What a class or a counter is called by is in the glossary, or plain English.
    """
    known = _glossary() | _PLAIN
    unknown = {word: name for word, name in _used().items() if not _stems(word) & known}
    assert unknown == {}


def test_everyTermHasOneMeaning() -> None:
    """
    No term is explained twice.
    """
    assert [term for term, times in Counter(_terms()).items() if times > 1] == []


def test_plainWordsAreNeeded() -> None:
    """
    The list of plain words is no longer than it has to be.
    """
    glossary = _glossary()
    needless = {word for word in _PLAIN if word not in _used() or _stems(word) & glossary}
    assert needless == set()
