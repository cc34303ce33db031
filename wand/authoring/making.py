"""
A package to begin with: a plugin of a kind that works, with tests that pass.
"""

from __future__ import annotations

import re
from importlib.resources import files
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
    Make a package.

    @param kind: one of L{GROUPS}.
    @param name: what the plugin is called.
    @param where: the folder that it is put into; it is made, and must not have anything yet.
    @return: the files that were written.
    @raise NotMade: if that is no name, the folder has something, or cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise NotMade(f"{name!r} is no name for a plugin: small letters and digits, with single hyphens between words")
    if name in {each.name for each in builtins(kind).published}:
        raise NotMade(f"the name {name!r} is taken: there is a {kind} in wandaemon that is called so; take another")
    if len(name) > NAME_MAXIMUM:
        raise NotMade(f"{name!r} is too long: a name has at most {NAME_MAXIMUM} characters")
    words = _words(kind, name)
    try:
        if where.exists() and any(where.iterdir()):
            raise NotMade(f"{where} is there already, and is not empty")
        made = [(where / path, _filled(template, words)) for path, template in _layout(words).items()]
        for path, text in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotMade(f"{error.filename} cannot be written: {error.strerror}") from error
    return [path for path, _ in made]


def _words(kind: str, name: str) -> dict[str, str]:
    stem = name.removeprefix("wand-")
    return {
        "kind": kind.replace("-", " "),
        "name": name,
        "module": kind.replace("-", "_"),
        "group": GROUPS[kind],
        "distribution": f"wand-{stem}",
        "package": f"wand_{stem.replace('-', '_')}",
        "stem": "".join(each.capitalize() for each in stem.split("-")),
        "asked": Template(_ASKED[kind]).substitute(name=name),
    }


def _layout(words: dict[str, str]) -> dict[str, str]:
    """
    The template of each file, by its path; empty files have none.
    """
    package, module = words["package"], words["module"]
    return {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        ".gitignore": "gitignore",
        ".github/workflows/ci.yml": "ci.yml",
        f"{package}/__init__.py": "",
        f"{package}/py.typed": "",
        f"{package}/{module}.py": f"{module}.py",
        f"tests/test_{module}.py": f"test_{module}.py",
    }


def _filled(template: str, words: dict[str, str]) -> str:
    if not template:
        return ""
    text = (files("wand.authoring") / "templates" / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(words)
