"""
A package to begin with: a plugin of a kind that works, with tests that pass.
"""

from __future__ import annotations

import re
from importlib.resources import files
from keyword import iskeyword
from pathlib import Path
from string import Template
from typing import Final

from wand.discovery.builtins import builtins
from wand.discovery.kinds import GROUPS
from wand.discovery.published import NAME_MAXIMUM
from wand.errors import WandError

#: Names that a configuration, a distribution and a module can be called by.
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

#: How a configuration asks for a plugin of each kind.
_ASKED: Final = {
    "driver": 'driver = "$name"',
    "protocol": 'protocol = "$name"',
    "directory": "[directories.$name]",
    "store": 'store = "$name"',
    "hook": 'hooks = ["$name"]',
    "frame-service": 'frame-services = ["$name"]',
    "candidate-source": 'candidate-sources = ["$name"]',
}


class NotMade(WandError):
    """
    The package cannot be made.
    """


def make(kind: str, name: str, where: Path) -> list[Path]:
    """
    Make a package for one plugin, after which it is called.

    @param kind: one of L{GROUPS}.
    @param name: what the plugin is called.
    @param where: the folder that it is put into; it is made, and must not have anything yet.
    @return: the files that were written.
    @raise NotMade: if that is no name, the folder has something, or cannot be written.
    """
    return begin(where, words(kind, name, name, kind.replace("-", "_")))


def begin(where: Path, told: dict[str, str]) -> list[Path]:
    """
    Write a package.

    @param told: what L{words} made.
    @raise NotMade: see L{make}.
    """
    try:
        if where.exists() and any(where.iterdir()):
            raise NotMade(f"{where} is there already, and is not empty; --into adds a plugin to a package")
    except OSError as error:
        raise NotMade(f"{error.filename} cannot be written: {error.strerror}") from error
    return write({where / path: filled(template, told) for path, template in _layout(told).items()})


def write(texts: dict[Path, str]) -> list[Path]:
    """
    Write files, and the folders that they are in.

    @raise NotMade: if that fails.
    """
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotMade(f"{error.filename} cannot be written: {error.strerror}") from error
    return [*texts]


def words(kind: str, name: str, package: str, module: str) -> dict[str, str]:
    """
    The words that stand in the templates.

    @param package: what the package is called, with or without C{wand-}.
    @raise NotMade: if the plugin or the package cannot be called so.
    """
    for each, what in ((name, "plugin"), (package, "package")):
        if not _NAME.fullmatch(each):
            raise NotMade(
                f"{each!r} is no name for a {what}: small letters and digits, with single hyphens between words"
            )
    if name in {each.name for each in builtins(kind).published}:
        raise NotMade(f"the name {name!r} is taken: there is a {kind} in wandaemon that is called so; take another")
    if len(name) > NAME_MAXIMUM:
        raise NotMade(f"{name!r} is too long: a name has at most {NAME_MAXIMUM} characters")
    stem = package.removeprefix("wand-")
    return {
        "kind": kind.replace("-", " "),
        "name": name,
        "module": f"{module}_{kind.replace('-', '_')}" if iskeyword(module) else module,
        "template": kind.replace("-", "_"),
        "group": GROUPS[kind],
        "distribution": f"wand-{stem}",
        "package": f"wand_{stem.replace('-', '_')}",
        "stem": "".join(each.capitalize() for each in name.removeprefix("wand-").split("-")),
        "asked": Template(_ASKED[kind]).substitute(name=name),
    }


def modules(told: dict[str, str]) -> dict[str, str]:
    """
    The templates of the plugin's module and of its tests, by their paths in the project.
    """
    package, module, template = told["package"], told["module"], told["template"]
    return {f"{package}/{module}.py": f"{template}.py", f"tests/test_{module}.py": f"test_{template}.py"}


def _layout(told: dict[str, str]) -> dict[str, str]:
    """
    The template of each file, by its path; empty files have none.
    """
    return {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        ".gitignore": "gitignore",
        ".github/workflows/ci.yml": "ci.yml",
        f"{told['package']}/__init__.py": "",
        f"{told['package']}/py.typed": "",
        **modules(told),
    }


def filled(template: str, told: dict[str, str]) -> str:
    """
    The text of a file.

    @param template: empty for an empty file.
    """
    if not template:
        return ""
    text = (files("wand.authoring") / "templates" / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(told)
