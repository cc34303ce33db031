"""
The files that pages need: scripts, styles and pictures.  All of them are in memory, so no path leads out of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import attrs

#: What is served, by the ends of names.
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".ico": "image/x-icon",
}


@attrs.frozen
class StaticFile:
    """
    A file.

    @ivar tag: stands for its content (RFC 9110, section 8.8.3).
    """

    content: bytes
    contentType: str
    tag: str


class StaticFiles:
    """
    All files, by their paths below the folder.

    @ivar version: stands for the content of all of them; a path below it never has another content.
    """

    def __init__(self, files: Mapping[str, StaticFile]) -> None:
        self._files = files
        self.version = sha256("".join(f"{name}{files[name].tag}" for name in sorted(files)).encode()).hexdigest()[:16]

    def find(self, path: list[str]) -> tuple[StaticFile, bool] | None:
        """
        Look for a file.

        @return: the file, and whether it stays what it is at this path; C{None} if there is none.
        """
        isFixed = path[:1] == [self.version]
        found = self._files.get("/".join(path[isFixed:]))
        return None if found is None else (found, isFixed)


def ownFiles() -> StaticFiles:
    """
    The files of the pages of the console.
    """
    return StaticFiles(_read(files("wand.console") / "static", ""))


def _read(folder: Traversable, prefix: str) -> dict[str, StaticFile]:
    found: dict[str, StaticFile] = {}
    for each in folder.iterdir():
        if each.is_dir():
            found |= _read(each, f"{prefix}{each.name}/")
            continue
        contentType = _TYPES.get(f".{each.name.rpartition('.')[2]}")
        if contentType is not None:
            content = each.read_bytes()
            found[prefix + each.name] = StaticFile(content, contentType, f'"{sha256(content).hexdigest()[:32]}"')
    return found
