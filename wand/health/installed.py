"""
What is installed beside us: distributions, and what each one brought (PyPA specification "Recording installed
projects").  The folders are read as they are; C{importlib.metadata} would take 60 ms at the start, and 2 MB.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Final

import attrs

#: What is known of a distribution is in a folder that is called after it and ends so; the second is of older tools.
_ENDINGS: Final = (".dist-info", ".egg-info")


@attrs.frozen
class Distribution:
    """
    A distribution.

    @ivar name: its name: C{wand-packet}.
    @ivar version: its version: C{1.0}.
    @ivar folder: where what is known of it is.
    """

    name: str
    version: str
    folder: Path

    @property
    def title(self) -> str:
        """
        Its name and its version, for people: C{wand-packet 1.0}.
        """
        return f"{self.name} {self.version}".strip()

    @property
    def root(self) -> Path:
        """
        Where its files are.
        """
        return self.folder.parent

    @cached_property
    def record(self) -> str:
        """
        The text that lists its files, a line each: path, hash, size; empty where there is none.
        """
        return self.read("RECORD")

    def read(self, name: str) -> str:
        """
        What is known of it under a name; empty where that is nothing, or cannot be read.
        """
        try:
            with open(f"{self.folder}/{name}", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 # half the time
                return file.read()
        except OSError:
            return ""

    def hashOf(self, path: str) -> str | None:
        """
        What the record says of a file: C{sha256=...}, or an empty text where it has no hash; C{None} if the file is not
        among them.
        """
        for line in self.record.splitlines():
            if line.startswith(f"{path},"):
                return line[len(path) + 1 :].partition(",")[0]
        return None

    def pathsIn(self, folder: str) -> list[str]:
        """
        The files below a folder.
        """
        begin = f"{folder}/"
        if begin not in self.record:
            return []
        return [line.partition(",")[0] for line in self.record.splitlines() if line.startswith(begin)]


def normalized(name: str) -> str:
    """
    The name of a distribution in the form in which names are compared (PyPA specification "Names and normalization").
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def distributions(folders: Iterable[str] | None = None) -> Iterator[Distribution]:
    """
    Those that can be imported from, in the order of their folders.  What cannot be read is left out.

    @param folders: where to look; by default where Python does.
    """
    for folder in sys.path if folders is None else folders:
        for name in sorted(_infos(folder or ".")):
            title, version, *_ = [*name.rpartition(".")[0].split("-"), ""]
            yield Distribution(title.replace("_", "-"), version, Path(folder or ".") / name)


def _infos(folder: str) -> list[str]:
    with suppress(OSError), os.scandir(folder) as entries:
        return [each.name for each in entries if each.name.endswith(_ENDINGS)]
    return []
