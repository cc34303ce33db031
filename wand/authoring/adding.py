"""
One more plugin in a package that is there.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from wand.authoring.making import NotMade, begin, filled, modules, words, write
from wand.authoring.metadata import misshapen


def add(kind: str, name: str, project: Path) -> list[Path]:
    """
    Put a plugin that works into a package, with its tests and its entry point.  Where there is no package, one is begun
    that is called as its folder is.

    @param kind: one of L{wand.discovery.kinds.GROUPS}.
    @param name: what the plugin is called; its module, too.
    @param project: the folder with pyproject.toml.
    @return: the files that were written.
    @raise NotMade: if it cannot be called so, or something stands in the way; nothing was written then.
    """
    told = words(kind, name, project.resolve().name, name.replace("-", "_"))
    try:
        text = (project / "pyproject.toml").read_text(encoding="utf-8")
    except FileNotFoundError:
        return begin(project, told)
    except (OSError, ValueError) as error:
        raise NotMade(f"{project / 'pyproject.toml'} cannot be read: {error}") from error
    place = _package(project)
    told["package"] = place.name
    point = (told["group"], name, f"{place.name}.{told['module']}:plugin")
    root = place.parent
    texts = {
        (project if path.startswith("tests/") else root) / path: filled(template, told)
        for path, template in modules(told).items()
    }
    there = [path for path in texts if path.exists()]
    if there:
        raise NotMade(f"{there[0]} is there already: call the plugin otherwise")
    return write({**texts, project / "pyproject.toml": published(text, *point)})


def published(text: str, group: str, name: str, target: str) -> str:
    """
    A pyproject.toml with one more entry point.

    @raise NotMade: if it cannot be read, has that name already, or its tables are written in another form.
    """
    try:
        told = tomllib.loads(text)
    except ValueError as error:
        raise NotMade(f"pyproject.toml cannot be read: {error}") from error
    odd = misshapen(told)
    if odd:
        raise NotMade(odd[0])
    points: dict[str, Any] = told.get("project", {}).get("entry-points", {})
    if name in points.get(group, {}):
        raise NotMade(f"pyproject.toml has {name!r} in {group} already: call the plugin otherwise")
    line = f'{name} = "{target}"'
    lines = _inserted(text.splitlines(), group, line)
    wanted = {**points, group: {**points.get(group, {}), name: target}}
    try:
        found = tomllib.loads("\n".join(lines))
    except ValueError:
        found = {}
    if found.get("project", {}).get("entry-points") != wanted:
        raise NotMade(f'its entry points are no tables of their own: write {line} into "{group}" yourself')
    return "\n".join([*lines, ""])


def _inserted(lines: list[str], group: str, line: str) -> list[str]:
    """
    The lines, and that of the entry point: at the end of its table, or in a new one behind the others.
    """
    heads = [number for number, each in enumerate(lines) if each.lstrip().startswith("[")]
    tables = [number for number in heads if re.match(r"\s*\[project\.entry-points\b", lines[number])]
    own = [number for number in tables if re.search(rf"[\"']{re.escape(group)}[\"']\s*\]", lines[number])]
    before = (own or tables or [len(lines)])[-1]
    end = next((number for number in heads if number > before), len(lines))
    while end and not lines[end - 1].strip():
        end -= 1
    new = [line] if own else ["", f'[project.entry-points."{group}"]', line]
    return [*lines[:end], *new, *lines[end:]]


def _package(project: Path) -> Path:
    """
    The folder of the modules.
    """
    found = [each.parent for root in (project, project / "src") for each in sorted(root.glob("*/__init__.py"))]
    packages = [each for each in found if each.name not in ("tests", "docs", "examples")]
    if len(packages) == 1:
        return packages[0]
    names = ", ".join(each.name for each in packages) or "none"
    raise NotMade(f"{project} is to have one package, a folder with an __init__.py; it has {names}")
