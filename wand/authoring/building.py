"""
A wheel of somebody's package: can one be built, and is in it what has to be?
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree, ignore_patterns
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from typing import Any, Final

from wand.health.origin import OURS

#: Runs Python in a folder, with some arguments.
Runner = Callable[..., "CompletedProcess[str]"]

#: What is not part of a project, and may be large.
_APART: Final = ignore_patterns(".git", ".venv", "venv", ".tox", ".nox", "dist", "build", "__pycache__", "*.egg-info")


def inWheel(wheel: Path) -> list[str]:
    """
    What is wrong with a wheel.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        return [f"{wheel.name} cannot be read: {error}"]
    faults = [f"{wheel.name} has {each}: leave it out" for each in names if each.startswith("wand/")]
    if not any(each.endswith(".dist-info/entry_points.txt") for each in names):
        faults.append(f"{wheel.name} has no entry points")
    return faults


def built(project: Path, told: Mapping[str, Any], modules: list[str], run: Runner) -> list[str]:
    """
    Build a wheel of a copy of a project.

    @param told: what pyproject.toml says.
    @param modules: those that the wheel must have, with dots.
    @return: what is wrong with it.
    """
    if find_spec("pip") is None:
        return ["no wheel can be built to look at it: install pip (python -m ensurepip)"]
    with TemporaryDirectory() as folder:
        copy, wheels = Path(folder) / "project", Path(folder) / "wheels"
        copytree(project, copy, ignore=_APART, symlinks=True)
        words = ["wheel", "--no-deps", "--quiet", "--no-cache-dir", "--wheel-dir", str(wheels)]
        done = run(copy, "-m", "pip", *words, *_isolation(told), ".")
        made = sorted(wheels.glob("*.whl")) if wheels.is_dir() else []
        if done.returncode or not made:
            lines = [each for each in done.stdout.strip().splitlines() if "notice" not in each][-15:]
            return ["no wheel can be built (pip wheel --no-deps .), so nobody can install it:\n" + "\n".join(lines)]
        return [*inWheel(made[0]), *_missing(project, made[0], modules)]


def _isolation(told: Mapping[str, Any]) -> list[str]:
    """
    A backend that is here need not be fetched.
    """
    system = told.get("build-system")
    backend = system.get("build-backend") if isinstance(system, Mapping) else None
    root = str(backend or "").partition(".")[0].partition(":")[0]
    return ["--no-build-isolation"] if root.isidentifier() and find_spec(root) is not None else []


def _missing(project: Path, wheel: Path, modules: list[str]) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    faults = []
    for module in dict.fromkeys(modules):
        path = module.replace(".", "/")
        if not {f"{path}.py", f"{path}/__init__.py"} & names and not any(each.startswith(f"{path}.") for each in names):
            faults.append(_missed(project, module))
    if not any(each.endswith("/py.typed") for each in names):
        faults.append("the wheel has no py.typed: name it among the files of the package in pyproject.toml")
    if any(each.startswith("tests/") for each in names):
        faults.append(f"the wheel has tests/, where those of others are, and of {OURS}'s plugins: leave it out")
    return faults


def _missed(project: Path, module: str) -> str:
    path = module.replace(".", "/")
    files = [f"{root}{path}{end}" for root in ("", "src/") for end in (".py", "/__init__.py")]
    if any((project / each).exists() for each in files):
        return f"the wheel does not have {module}, which is published: name its package in pyproject.toml"
    return f"{module} is published, and there is no {files[0]}: write it, or take its entry point out of pyproject.toml"
