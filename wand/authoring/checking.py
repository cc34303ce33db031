"""
A check of somebody's package of plugins: how it is published, what is found, its tests, its types.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from wand.authoring.building import built, inWheel
from wand.authoring.loading import loaded
from wand.authoring.metadata import misshapen
from wand.authoring.outcome import bad, failures, good, tail
from wand.discovery.builtins import builtins
from wand.discovery.entry_points import allEntryPoints
from wand.discovery.kinds import GROUP_PREFIX, GROUPS
from wand.discovery.published import NAME_MAXIMUM, isName
from wand.health.installed import normalized
from wand.health.origin import OURS
from wand.plugin_status import CheckedStatus

#: The contract of each kind: its module and its name.
CONTRACTS: Final[Mapping[str, tuple[str, str]]] = {
    "driver": ("wand.testing.drivers", "TapDriverContract"),
    "protocol": ("wand.testing.protocols", "ProtocolContract"),
    "directory": ("wand.testing.directories", "DirectoryContract"),
    "store": ("wand.testing.stores", "StoreContract"),
    "hook": ("wand.testing.hooks", "HookContract"),
    "frame-service": ("wand.testing.frame_services", "FrameServiceContract"),
    "candidate-source": ("wand.testing.candidates", "CandidateSourceContract"),
}

#: Seconds for its tests, and for everything else.
PATIENCE: Final = 600.0

#: With which status pytest ends where there are no tests.
_NO_TESTS: Final = 5

#: What a distribution must not have.
_OTHERS: Final = ("wand", "src/wand", "twisted/__init__.py", "twisted/plugins/__init__.py")


def check(project: Path) -> Iterator[CheckedStatus]:
    """
    Check a project, one thing after another.

    @param project: its folder.
    """
    try:
        told = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        yield bad("packaging", "there is no pyproject.toml: wand plugin new writes one")
        return
    except (OSError, ValueError) as error:
        yield bad("packaging", f"pyproject.toml cannot be read: {error}")
        return
    odd = misshapen(told)
    if odd:
        yield from (bad("packaging", each) for each in odd)
        return
    metadata = told.get("project", {})
    points = _entryPoints(metadata)
    yield from _packaging(project, metadata)
    yield from _groups(metadata)
    yield from _names(points, normalized(str(metadata.get("name", ""))))
    modules = [target.partition(":")[0] for _, _, target in points]
    yield from _all("wheel", built(project, told, modules, _run), "it can be built, and has what it publishes")
    if points:
        yield from loaded(project, points, _run)
        yield from _contracts(project, points)
    yield from _tests(project)
    yield from _types(project)


def _names(points: list[tuple[str, str, str]], itself: str) -> Iterator[CheckedStatus]:
    others = [each for each in allEntryPoints().published if normalized(each.distribution) != itself]
    rivals = {(each.kind, each.name): each.owner for each in others}
    faults = []
    for kind, name, _ in points:
        if not isName(name):
            faults.append(f"{name!a} is no name: one word of at most {NAME_MAXIMUM} characters that can be shown")
        elif name in {each.name for each in builtins(kind).published}:
            faults.append(f"the name {name} is taken: {OURS} has a {kind} that is called so; call it otherwise")
        elif (kind, name) in rivals:
            rival = rivals[kind, name]
            faults.append(f"{rival}, which is installed here, has a {kind} {name}, too: only one of them can be used")
    if points:
        yield from _all("names", faults, ", ".join(name for _, name, _ in points))


def _entryPoints(metadata: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    groups = metadata.get("entry-points", {})
    return [(kind, *each) for kind, group in GROUPS.items() for each in groups.get(group, {}).items()]


def _packaging(project: Path, metadata: Mapping[str, Any]) -> Iterator[CheckedStatus]:
    faults = []
    if not metadata.get("name") or not (metadata.get("version") or "version" in metadata.get("dynamic", ())):
        faults.append("[project] needs a name and a version")
    if not any(re.match(rf"{OURS}\b", each) for each in metadata.get("dependencies", ())):
        faults.append(f"its dependencies do not name {OURS}")
    strays = [each for each in _OTHERS if (project / each).exists()]
    faults += [f"{each} would end up among the files of others: leave it out" for each in strays]
    for wheel in sorted((project / "dist").glob("*.whl")):
        faults += inWheel(wheel)
    if not any(project.glob("*/py.typed")) and not any(project.glob("src/*/py.typed")):
        faults.append("no package has the file py.typed, so others cannot check types against it")
    yield from _all("packaging", faults, "it can be installed beside others")


def _groups(metadata: Mapping[str, Any]) -> Iterator[CheckedStatus]:
    known = list(GROUPS.values())
    ours = [each for each in metadata.get("entry-points", {}) if each.startswith(GROUP_PREFIX)]
    wrong = [f"there is no group {each}; there are {', '.join(known)}" for each in ours if each not in known]
    if not ours:
        wrong.append(f"it publishes nothing: pyproject.toml has no entry points in {known[0]} and so on")
    yield from _all("publishing", wrong, f"entry points in {', '.join(ours)}")


def _contracts(project: Path, points: list[tuple[str, str, str]]) -> Iterator[CheckedStatus]:
    """
    Do its tests use the contracts of its kinds, as far as there are such?
    """
    text = "\n".join(each.read_text(errors="replace") for each in sorted(project.glob("**/test*.py")))
    for kind in dict.fromkeys(kind for kind, _, _ in points):
        module, name = CONTRACTS[kind]
        if find_spec(module) is None:
            continue
        if re.search(rf"\b{name}\b", text):
            yield good("contract", f"its tests have the {name}")
        else:
            yield bad("contract", f"none of its tests has the {name} of {module}, which tells what a {kind} must do")


def _tests(project: Path) -> Iterator[CheckedStatus]:
    if find_spec("pytest") is None:
        yield bad("tests", "pytest is not installed: pip install pytest")
        return
    done = _run(project, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider")
    if done.returncode == _NO_TESTS:
        yield bad("tests", "there are none: put them into tests/test_*.py (wand plugin new shows how)")
    elif done.returncode:
        yield bad("tests", f"mend what fails, and look with python -m pytest:\n{failures(done)}")
    else:
        yield good("tests", tail(done, 1))


def _types(project: Path) -> Iterator[CheckedStatus]:
    if find_spec("mypy") is None or find_spec("mypy_zope") is None:
        yield bad("types", "mypy or mypy-zope is not installed: pip install mypy mypy-zope")
        return
    with TemporaryDirectory() as folder:
        settings = Path(folder) / "mypy.ini"
        settings.write_text("[mypy]\nplugins = mypy_zope:plugin\nstrict = True\nuntyped_calls_exclude = twisted\n")
        done = _run(project, "-m", "mypy", "--config-file", str(settings), *_packages(project))
    if done.returncode:
        yield bad("types", f"mend what mypy --strict, with the plugin mypy_zope, finds:\n{tail(done)}")
    else:
        yield good("types", tail(done, 1))


def _packages(project: Path) -> list[str]:
    found = [each.parent.relative_to(project) for each in sorted(project.glob("*/__init__.py"))]
    found += [each.parent.relative_to(project) for each in sorted(project.glob("src/*/__init__.py"))]
    if (project / "tests").is_dir():
        found.append(Path("tests"))
    return list(dict.fromkeys(map(str, found))) or ["."]


def _run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    paths = [str(project), str(project / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "160"}
    try:
        return subprocess.run(
            [sys.executable, *words],
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return subprocess.CompletedProcess(words, 1, f"{error.output or ''}\nit did not end within {PATIENCE:g} s")


def _all(check: str, faults: Sequence[str], content: str) -> Iterator[CheckedStatus]:
    yield from (bad(check, fault) for fault in faults)
    if not faults:
        yield good(check, content)
