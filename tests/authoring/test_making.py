"""
Tests for C{wand plugin new}: what it writes is a package whose plugin is found and whose tests pass.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from wand.authoring.making import NotMade, make
from wand.discovery.kinds import GROUPS


@pytest.mark.parametrize("kind", GROUPS)
def test_whatIsWritten(kind: str, tmp_path: Path) -> None:
    """
    A package has its metadata, with an entry point of its kind, its code with types, tests, and what its CI runs.
    """
    written = make(kind, "my-thing", tmp_path / "it")
    module = kind.replace("-", "_")
    assert {str(path.relative_to(tmp_path / "it")) for path in written} == {
        *("pyproject.toml", "README.md", ".gitignore", ".github/workflows/ci.yml"),
        *("wand_my_thing/__init__.py", "wand_my_thing/py.typed"),
        *(f"wand_my_thing/{module}.py", f"tests/test_{module}.py"),
    }
    project = tomllib.loads((tmp_path / "it" / "pyproject.toml").read_text())["project"]
    assert project["name"] == "wand-my-thing"
    assert project["entry-points"] == {GROUPS[kind]: {"my-thing": f"wand_my_thing.{module}:plugin"}}
    assert "${{ matrix.python }}" in (tmp_path / "it" / ".github/workflows/ci.yml").read_text()


def test_theTestsPass(tmp_path: Path) -> None:
    """
    The tests of each package pass.
    """
    folders = [tmp_path / kind for kind in GROUPS]
    for kind, folder in zip(GROUPS, folders, strict=True):
        make(kind, f"new-{kind}", folder)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", *map(str, folders)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.strip().splitlines()[-1].split()[0]) >= 35


@pytest.mark.parametrize("name", ["x1", "much-longer-name-of-it"])
def test_itIsTidy(name: str, tmp_path: Path) -> None:
    """
    What is written passes ruff, with the settings that are written with it.
    """
    for kind in GROUPS:
        make(kind, name, tmp_path / kind)
        for words in (["check"], ["format", "--check"]):
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *words, "--no-cache", "."],
                cwd=tmp_path / kind,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["", "My", "my_thing", "1st", "-a", "a--b", "a/b", "../a", "a b", "ü"])
def test_namesThatAreNone(name: str, tmp_path: Path) -> None:
    """
    What cannot be the name of a plugin, of a module and of a distribution is refused.
    """
    with pytest.raises(NotMade, match="is no name for a plugin"):
        make("hook", name, tmp_path / "it")


def test_nothingIsOverwritten(tmp_path: Path) -> None:
    """
    A folder that has something is left alone; so is a place where nothing can be written.
    """
    (tmp_path / "mine").touch()
    with pytest.raises(NotMade, match="is not empty"):
        make("hook", "it", tmp_path)
    with pytest.raises(NotMade, match="cannot be written"):
        make("hook", "it", tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
