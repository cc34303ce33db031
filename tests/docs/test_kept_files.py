"""
Tests for the list of files that programs keep in their state directories (docs/sealed.md): it has each that the code
writes, so that nobody adds one without a thought of what other releases make of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

from documents import DOCS, PROJECT, rows

#: What a module imports that writes into a state directory.
_WRITERS: Final = {"StateDirectory", "StateWriter", "CacheFile", "EnrolmentFiles"}

#: Calls whose first or last argument of several is the file.
_CALLS: Final = {"write", "rename", "made", "CacheFile"}

#: Where a file has a name that is made, or comes from a caller; and the names that are made there.
_NAMED_ELSEWHERE: Final = {
    "wand.backup.restoring": (),
    "wand.plugin_store": ("plugin-NAME",),
    "wand.sealed.credentials.cache_file": (),
    "wand.sealed.credentials.identity": ("node.key", "network.key"),
    "wand.sealed.node.enrolment_files": (),
    "wand.state": ("mac-INTERFACE",),
    "wand.state_layout": (),
    "wand.state_writer": (),
}


def test_everyFileIsListed() -> None:
    """
    The table has each file that programs write into a state directory, and no other.
    """
    listed = {row[0].strip("`") for row in rows(DOCS / "sealed.md") if len(row) == 3 and row[0].startswith("`")}
    found = {name for path in (PROJECT / "wand").rglob("*.py") for name in _written(path) if not name.startswith(".")}
    made = {name for names in _NAMED_ELSEWHERE.values() for name in names}
    assert found | made <= listed
    assert listed - found - made == set()


def _written(path: Path) -> Iterator[str]:
    """
    The files that a module writes.
    """
    tree = ast.parse(path.read_text())
    name = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
    known = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.alias)}
    for node in ast.walk(tree):
        file = _pathIn(node) or (_argumentOf(node) if known & _WRITERS else None)
        if isinstance(file, ast.Name) and file.id.isupper():
            yield vars(import_module(name))[file.id]
        elif file is not None:
            assert name in _NAMED_ELSEWHERE, f"{name}, line {file.lineno}: say which file {ast.unparse(file)} is"


def _pathIn(node: ast.AST) -> ast.expr | None:
    """
    The file whose path in a state directory an expression is, where it has a name of its own.
    """
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and "state" in ast.unparse(node.left):
        return node.right if isinstance(node.right, ast.Name) and node.right.id.isupper() else None
    return None


def _argumentOf(node: ast.AST) -> ast.expr | None:
    """
    The file that a call writes, if it does.
    """
    if not isinstance(node, ast.Call) or len(node.args) < 2:
        return None
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    return node.args[-1 if called in ("rename", "made") else 0] if called in _CALLS else None
