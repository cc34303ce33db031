"""
The root of a container: our programs and what they run, from the Debian that this runs on.  In it is nothing with
which more could be installed, and no shell.

For those who look for known faults in images it says which packages its files are from, as distroless images do: a
file for each in C{/var/lib/dpkg/status.d}.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from deb import tree
from wand.setup.host import SetupFailed, execute
from wand.setup.units import USER

#: What C{USER} in the Containerfile says, since files outside of the container belong to this number.
NUMBER: Final = 900

#: What hands the capability on to a node, see L{image}; and what a node runs.
_HANDING_ON: Final = "setpriv"
_RUN: Final = ("ip",)

#: What no program of ours imports, some of it with libraries that only it needs: headers, installers, an editor.
_LEFT_OUT: Final = (
    *("sitecustomize.*", "config-*", "distutils", "ensurepip", "idlelib", "lib2to3", "pydoc_data"),
    *("test", "tkinter", "turtle*", "venv", "_codecs_*", "_curses*", "_dbm*", "_pydecimal.*", "_tkinter*", "nis.*"),
    *("curses", "multiprocessing"),
)

#: Which Debian it is of, and whose certificates are believed where a setting names an HTTPS address.
_ABOUT: Final = Path("/etc/os-release")
_AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")

_MERGED: Final = ("bin", "lib", "lib64", "sbin")
_TEXTS: Final = {
    "passwd": f"root:x:0:0::/:/nonexistent\n{USER}:x:{NUMBER}:{NUMBER}::/var/lib/wand:/nonexistent\n",
    "group": f"root:x:0:\n{USER}:x:{NUMBER}:\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


def fill(root: Path, tell: Callable[[str], object], made: Path | None = None) -> None:
    """
    Write all files.

    @param root: an empty directory.
    @param tell: called with each step, in words.
    @param made: where L{tree.make} wrote the programs; without it they are made now.
    """
    for name in _MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    home = root / tree.HOME.lstrip("/")
    tree.install(root, tell, made)
    tell("copying Python and the programs that are run")
    library = Path(execute(tree.PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('stdlib'))").strip())
    ours = root / library.relative_to("/")
    shutil.copytree(library, ours, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    programs = [Path(tree.PYTHON), *map(_program, (*_RUN, _HANDING_ON))]
    loaded = [*programs, *ours.rglob("*.so"), *home.rglob("*.so")]
    copied = list(_copies(root, {*programs, *_libraries(root, loaded)}))
    shutil.move(root / _program(_HANDING_ON).relative_to("/"), home / "bin/with-interface")
    for name, text in _TEXTS.items():
        (root / "etc" / name).parent.mkdir(exist_ok=True)
        (root / "etc" / name).write_text(text)
    _name(root, [*copied, *_copies(root, [_ABOUT]), library / "os.py", *library.glob("lib-dynload/_json*")])
    list(_copies(root, filter(Path.exists, [_AUTHORITIES])))
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)


def _program(name: str) -> Path:
    found = shutil.which(name, path="/usr/sbin:/usr/bin")
    if found is None:
        raise SetupFailed(f"there is no {name}, which comes into the image: install iproute2 and util-linux")
    return Path(found)


def _libraries(root: Path, files: Iterable[Path]) -> set[Path]:
    # See ldd(1): "name => /path (address)", or "/path (address)".
    text = execute("ldd", *map(str, files))
    if missing := re.findall(r"^\s+(\S+) => not found", text, re.MULTILINE):
        raise SetupFailed(f"libraries are missing here: {', '.join(sorted(set(missing)))}")
    found = map(Path, re.findall(r"^\s.*?(/\S+) \(0x", text, re.MULTILINE))
    return {path for path in found if not path.is_relative_to(root)}


def _copies(root: Path, paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        place = path.parent.resolve() / path.name  # /lib is /usr/lib
        copy = root / place.relative_to("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(copy):
            shutil.copy2(place, copy, follow_symlinks=False)
            yield place
        if place.is_symlink():
            yield from _copies(root, [place.parent / place.readlink()])


def _name(root: Path, copied: Iterable[Path]) -> None:
    # Some packages say /lib, and some /usr/lib.
    names = {f"{usr}{str(path).removeprefix('/usr')}" for path in copied for usr in ("", "/usr")}
    lines = execute("dpkg-query", "--search", *(f"*{name}" for name in names if not name.startswith("/usr")))
    for package in {line.partition(": ")[0] for line in lines.splitlines() if line.partition(": ")[2] in names}:
        name = package.partition(":")[0]
        status = root / "var/lib/dpkg/status.d" / name
        status.parent.mkdir(parents=True, exist_ok=True)
        status.write_text(execute("dpkg-query", "--status", package))
        license = root / "usr/share/doc" / name / "copyright"
        license.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(f"/usr/share/doc/{name}/copyright", license)
