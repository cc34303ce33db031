"""
The files of the package, below a directory that stands for the root of a host.
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from deb import completions, control, manual
from wand.setup.host import execute
from wand.setup.resolver_rule import PACKAGED_RULE, RULE
from wand.setup.units import PACKAGED, ROLES, unitOf

PROJECT: Final = Path(__file__).parents[1]
HOME: Final = "/opt/wand"

#: Debian's own, whose minor version the package is for.
PYTHON: Final = "/usr/bin/python3"

_PROGRAMS: Final = ("twistd", "wand")

#: What writes down, once, which plugins there are: the programs may not write where it is.
_PLUGINS: Final = "from twisted.plugin import IPlugin, getPlugins; list(getPlugins(IPlugin))"

#: What our programs do not use of what they need: tests, protocols of Twisted's, and how languages are coloured.
_UNUSED: Final = (
    *("**/test", "**/tests", "**/_test", "twisted/**/newsfragments", "pygments/lexers/[a-z]*"),
    *(f"twisted/{each}" for name in ("conch", "mail", "words") for each in (name, f"plugins/twisted_{name}.py")),
)

_COPYRIGHT: Final = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: wandaemon
Comment: The licenses of what is in /opt/wand besides are there, in lib/*/site-packages/*.dist-info.

Files: *
Copyright: the wandaemon authors
License: MIT
"""


def fill(root: Path, tell: Callable[[str], object], made: Path | None = None) -> None:
    """
    Write everything that does not depend on the revision.

    @param tell: called with each step, in words.
    @param made: where L{make} wrote the programs; without it they are made now.
    """
    install(root, tell, made)
    tell("writing units, configurations, manual pages and completions")
    for role in ROLES.values():
        _write(root / PACKAGED.lstrip("/") / role.unit, unitOf(role, Path(f"{HOME}/bin/twistd")))
    _write(root / PACKAGED_RULE.lstrip("/"), RULE)
    for path, text in control.configurations().items():
        _write(root / path.lstrip("/"), text)
    for page in manual.pages():
        compressed(root / f"usr/share/man/man{page.section}/{page.name}.{page.section}.gz", page.text())
    completions.write(root / "usr")
    license = "".join(f" {line}\n" if line else " .\n" for line in (PROJECT / "LICENSE").read_text().splitlines())
    _write(root / f"usr/share/doc/{control.NAME}/copyright", _COPYRIGHT + license)
    _write(root / f"usr/share/lintian/overrides/{control.NAME}", control.overrides())


def install(root: Path, tell: Callable[[str], object], made: Path | None = None) -> None:
    """
    Write the programs where they belong; for the parameters see L{fill}.
    """
    home = root / HOME.lstrip("/")
    if made is None:
        make(home, tell)
    else:
        tell("copying the programs")
        shutil.copytree(made, home, symlinks=True)
    _link(root / "usr/bin/wand", f"{HOME}/bin/wand")


def make(home: Path, tell: Callable[[str], object]) -> None:
    """
    Write the programs, with what they need of PyPI.

    @param home: where; they run in L{HOME}.
    @param tell: called with each step, in words.
    """
    tell("installing wandaemon and what it needs")
    _install(home)
    tell("compiling")
    _settle(home)


def _install(home: Path) -> None:
    execute(PYTHON, "-m", "venv", "--without-pip", str(home))
    with TemporaryDirectory() as wheels:
        execute(PYTHON, "-m", "venv", f"{wheels}/pip")
        pip = (f"{wheels}/pip/bin/pip", "--quiet", "--disable-pip-version-check")
        execute(*pip, "wheel", "--wheel-dir", wheels, f"{PROJECT}[redis,upnp]")
        found = [str(each) for each in Path(wheels).glob("*.whl")]
        execute(*pip, "--python", str(home / "bin/python"), "install", "--no-compile", "--no-deps", *found)


def _settle(home: Path) -> None:
    for path in (home / "bin").iterdir():
        if path.name in _PROGRAMS:
            first, _, rest = path.read_text().partition("\n")
            path.write_text(f"{first.replace(str(home), HOME)}\n{rest}")
        elif not path.is_symlink():
            path.unlink()
    settings = home / "pyvenv.cfg"
    lines = settings.read_text().splitlines()
    settings.write_text("".join(f"{line}\n" for line in lines if not line.startswith("command")))
    for path in home.glob("lib/*/site-packages/*.dist-info/direct_url.json"):  # where it was built
        path.unlink()
    _prune(home)
    shutil.rmtree(home / "include", ignore_errors=True)
    python = str(home / "bin/python")
    execute(python, "-m", "compileall", "-q", "-j", "0", "-s", str(home), "-p", HOME, str(home / "lib"))
    execute(python, "-c", _PLUGINS)
    for path in home.glob("lib/*/site-packages/twisted/plugins/dropin.cache"):
        path.chmod(0o644)


def _prune(home: Path) -> None:
    for pattern in _UNUSED:
        for path in list(home.glob(f"lib/*/site-packages/{pattern}")):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def compressed(path: Path, text: str) -> None:
    """
    Write a compressed file, which is the same every time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def kibibytes(root: Path) -> int:
    """
    How large the files below a directory are.
    """
    return sum(
        -(-(Path(folder) / name).lstat().st_size // 1024) for folder, _, names in os.walk(root) for name in names
    )
