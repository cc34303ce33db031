"""
What is installed beside us: distributions, and the files that each one brought (PyPA specification "Recording installed
projects").  The folders are read as they are; C{importlib.metadata} would take 60 ms at the start, and 2 MB.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import attrs


@attrs.frozen
class Distribution:
    """
    A distribution.

    @ivar name: its name, and its version, for people: C{wand-packet 1.0}.
    @ivar root: where its files are.
    @ivar record: the text that lists them, a line each: path, hash, size.
    """

    name: str
    root: Path
    record: str

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


def distributions(folders: Iterable[str] | None = None) -> Iterator[Distribution]:
    """
    Those that can be imported from.  What cannot be read is left out.

    @param folders: where to look; by default where Python does.
    """
    for folder in sys.path if folders is None else folders:
        for record in _records(Path(folder)):
            name, _, version = record.parent.name.removesuffix(".dist-info").partition("-")
            try:
                text = record.read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            yield Distribution(f"{name.replace('_', '-')} {version}".strip(), record.parent.parent, text)


def _records(folder: Path) -> Sequence[Path]:
    try:
        return sorted(folder.glob("*.dist-info/RECORD"))
    except OSError:
        return ()
