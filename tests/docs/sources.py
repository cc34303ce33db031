"""
What the sources of C{wand} say: every text that they can print, with what differs left open, and every kind of event.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import wand

_WAND: Final = Path(wand.__file__).parent

#: What stands for a part of a text that differs.
HOLE: Final = "…"

_HELPERS: Final = ("testing", "demo")


@functools.cache
def _trees() -> tuple[ast.Module, ...]:
    files = (file for file in sorted(_WAND.rglob("*.py")) if file.relative_to(_WAND).parts[0] not in _HELPERS)
    return tuple(ast.parse(file.read_text()) for file in files)


def template(node: ast.expr) -> str | None:
    """
    A text of the source, with a hole for everything that is put in; C{None} for what is not a text.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(HOLE if isinstance(part, ast.FormattedValue) else str(part.value) for part in node.values)  # type: ignore[attr-defined]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (template(node.left) or HOLE) + (template(node.right) or HOLE)
    return None


@functools.cache
def templates() -> frozenset[str]:
    """
    All texts of the sources.
    """
    found = {
        text for tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.expr) and (text := template(node))
    }
    return frozenset(re.sub(r"\{\w*(?::[^}]*)?\}", HOLE, text) for text in found)


@functools.cache
def eventKinds() -> frozenset[str]:
    """
    Every kind of event that is published.
    """
    found: set[str] = set()
    for tree in _trees():
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for call in ast.walk(function):
                    if _isPublish(call):
                        found.update(_constants(call.args[0], function))  # type: ignore[attr-defined]
    return frozenset(found)


def _isPublish(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "publish"
        and ast.unparse(node.func.value).endswith("events")
    )


def _constants(node: ast.expr, function: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp():
            yield from _constants(node.body, function)
            yield from _constants(node.orelse, function)
        case ast.Name():
            values = [
                each.value
                for each in ast.walk(function)
                if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == node.id
            ]
            if not values:
                raise AssertionError(f"what {node.id} is in line {node.lineno} is not seen here")
            for value in values:
                yield from _constants(value, function)
        case _:
            raise AssertionError(f"no kind of event: {ast.unparse(node)}")


def calls(name: str) -> set[object]:
    """
    The constants with which a function or a class is called first.
    """
    found: set[object] = set()
    for tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] == name:
                try:
                    found.add(ast.literal_eval(node.args[0]))
                except (ValueError, TypeError):
                    continue
    return found
