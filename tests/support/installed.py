"""
Small distributions that a test installs into a folder on the path, as pip would.
"""

from __future__ import annotations

import importlib
import sys
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from textwrap import dedent
from typing import Final

#: Entry points: the name and the target of each, by their group.
Groups = Mapping[str, Mapping[str, str]]

#: A driver; what it is called and the rest of its module are put in.
DRIVER: Final = '''
from typing import Annotated

import msgspec
from zope.interface import implementer

from wand.errors import TapUnavailable
from wand.interfaces import Context, ITap, ITapDriver, TapRequest


class Settings(msgspec.Struct):
    """
    A port of C{{nothing}}.

    @ivar path: where it is,
        in two lines.
    @ivar depth: how deep.
    """

    path: str
    depth: Annotated[int, msgspec.Meta(ge=0, le=9)] = 3
    kinds: list[str] = []


@implementer(ITapDriver)
class Driver:
    name = "{name}"
    about = "a driver of somebody else's"
    settings = Settings

    def unusable(self) -> str | None:
        return None

    def open(self, request: TapRequest, context: Context) -> ITap:
        raise TapUnavailable("there is no such device")


plugin = Driver()
'''


def contents(name: str, files: Mapping[str, str], groups: Groups, version: str = "1.0") -> dict[str, bytes]:
    """
    All files of an installed distribution, or of its wheel.
    """
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    sections = (
        f"[{group}]\n" + "".join(f"{entry} = {target}\n" for entry, target in entries.items())
        for group, entries in groups.items()
    )
    made = {path: dedent(text).encode() for path, text in files.items()}
    made[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    made[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    made[f"{info}/entry_points.txt"] = "\n".join(sections).encode()
    lines = [f"{path},{_digest(content)},{len(content)}\n" for path, content in made.items()]
    made[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"]).encode()
    return made


def install(folder: Path, name: str, files: Mapping[str, str], groups: Groups, version: str = "1.0") -> None:
    """
    Put a distribution into a folder.
    """
    for path, content in contents(name, files, groups, version).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    importlib.invalidate_caches()


def installDriver(folder: Path, name: str, package: str, distribution: str, version: str = "1.0") -> None:
    """
    Put a distribution with one good driver into a folder.
    """
    files = {f"{package}/__init__.py": "", f"{package}/driver.py": DRIVER.format(name=name)}
    install(folder, distribution, files, {"wandaemon.drivers": {name: f"{package}.driver:plugin"}}, version)


def wheel(folder: Path, name: str, files: Mapping[str, str], groups: Groups, version: str = "1.0") -> Path:
    """
    Make a wheel.
    """
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, content in contents(name, files, groups, version).items():
            archive.writestr(inside, content)
    return path


@contextmanager
def onThePath(folder: Path) -> Iterator[Path]:
    """
    Have Python look in a folder, too; what was imported from there is forgotten in the end.
    """
    sys.path.append(str(folder))
    before = set(sys.modules)
    try:
        yield folder
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
                del sys.modules[name]


def _digest(content: bytes) -> str:
    return f"sha256={urlsafe_b64encode(sha256(content).digest()).decode().rstrip('=')}"
