"""
The parts of C{wand}, the layers that C{pyproject.toml} puts them in, and what they import, read from the sources.

C{tox -e lint} checks the same layers with import-linter; here they become a table, a picture and a test.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache
from pathlib import Path
from typing import Any, Final

PROJECT: Final = Path(__file__).resolve().parents[2]


@cache
def contracts() -> Mapping[str, Mapping[str, Any]]:
    """
    The contracts of import-linter by their identifiers.
    """
    configuration = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {each["id"]: each for each in configuration["contracts"]}


@cache
def layers() -> Sequence[Sequence[str]]:
    """
    The parts of each layer, the uppermost layer first.
    """
    return [re.split(r" [|:] ", layer) for layer in contracts()["layers"]["layers"]]


@cache
def modules() -> Mapping[str, Path]:
    """
    The file of each module.
    """
    found = {}
    for file in sorted((PROJECT / "wand").rglob("*.py")):
        names = file.relative_to(PROJECT).with_suffix("").parts
        found[".".join(names[:-1] if names[-1] == "__init__" else names)] = file
    return found


def partOf(module: str) -> str | None:
    """
    The part to which a module belongs, or C{None}.
    """
    parts = [part for layer in layers() for part in layer if f"{module}.".startswith(f"{part}.")]
    return parts[0] if parts else None


def about(part: str) -> str:
    """
    The first sentence of a part's docstring.
    """
    text = ast.get_docstring(ast.parse(modules()[part].read_text())) or ""
    sentence = re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0]
    return re.sub(r"[A-Z]\{([^}]*)\}", r"\1", sentence)


def importsOf(module: str) -> Set[str]:
    """
    The modules of C{wand} that a module imports, for types alone or inside of functions, too.
    """
    found = set()
    for node in ast.walk(ast.parse(modules()[module].read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
    return {known for name in found for known in (name, name.rpartition(".")[0]) if known in modules()}


def exceptions() -> Iterator[tuple[str, str]]:
    """
    The imports that the contract of the layers passes over.
    """
    for each in contracts()["layers"].get("ignore_imports", ()):
        importer, _, imported = each.partition(" -> ")
        yield importer, imported


@cache
def dependencies() -> Mapping[str, Set[str]]:
    """
    The parts that each part imports, without the exceptions.
    """
    excepted = set(exceptions())
    found: dict[str, set[str]] = {part: set() for layer in layers() for part in layer}
    for module in modules():
        part = partOf(module)
        for imported in importsOf(module):
            other = partOf(imported)
            if part and other and part != other and (module, imported) not in excepted:
                found[part].add(other)
    return found


def direct() -> Mapping[str, Set[str]]:
    """
    The dependencies that do not follow from others: where A imports B and C, and B imports C, only those on B.
    """
    below: dict[str, set[str]] = {}

    def reached(part: str) -> set[str]:
        if part not in below:
            below[part] = set()  # so that a circle ends here
            below[part] = {each for other in dependencies()[part] for each in (other, *reached(other))}
        return below[part]

    return {
        part: {each for each in others if not any(each in reached(other) for other in others if other != each)}
        for part, others in dependencies().items()
    }
