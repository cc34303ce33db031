"""
Tests for C{wand plugin new --into}: a package has as many plugins as one likes, each with its tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from wand.authoring.adding import add, published
from wand.authoring.making import NotMade, make
from wand.discovery.kinds import GROUPS


def run(project: Path, *words: str) -> None:
    """
    Run Python in a project.
    """
    done = subprocess.run(
        [sys.executable, *words],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def points(project: Path) -> object:
    """
    Its entry points.
    """
    return tomllib.loads((project / "pyproject.toml").read_text())["project"]["entry-points"]


def test_onePackageWithEveryKind(tmp_path: Path) -> None:
    """
    The first begins the package, which is called as its folder is; the others are added, two of one kind as well.
    The tests pass, and ruff finds nothing.
    """
    project = tmp_path / "wand-toolbox"
    for kind in GROUPS:
        add(kind, f"my-{kind}", project)
    add("hook", "second", project)
    assert points(project) == {
        group: {f"my-{kind}": f"wand_toolbox.my_{kind.replace('-', '_')}:plugin"}
        | ({"second": "wand_toolbox.second:plugin"} if kind == "hook" else {})
        for kind, group in GROUPS.items()
    }
    run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    run(project, "-m", "ruff", "check", "--no-cache", ".")
    run(project, "-m", "ruff", "format", "--check", "--no-cache", ".")


def test_aPackageThatWasMadeForOne(tmp_path: Path) -> None:
    """
    A package that was begun for one plugin takes another, and so does one with its modules in src.
    """
    make("driver", "packet", tmp_path / "it")
    (tmp_path / "it" / "src").mkdir()
    (tmp_path / "it" / "wand_packet").rename(tmp_path / "it" / "src" / "wand_packet")
    written = add("store", "class", tmp_path / "it")
    assert [str(each.relative_to(tmp_path / "it")) for each in written] == [
        *("src/wand_packet/class_store.py", "tests/test_class_store.py", "pyproject.toml")
    ]
    assert points(tmp_path / "it") == {
        "wandaemon.drivers": {"packet": "wand_packet.driver:plugin"},
        "wandaemon.stores": {"class": "wand_packet.class_store:plugin"},
    }


def test_whatIsThereIsLeftAlone(tmp_path: Path) -> None:
    """
    Nothing is overwritten, and nothing is written if something stands in the way.
    """
    project = tmp_path / "wand-it"
    add("hook", "it", project)
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    with pytest.raises(NotMade, match=r"it\.py is there already: call the plugin otherwise"):
        add("store", "it", project)
    (project / "wand_it" / "it.py").rename(project / "wand_it" / "other.py")
    (project / "tests" / "test_it.py").unlink()
    with pytest.raises(NotMade, match=r"has 'it' in wandaemon\.hooks already"):
        add("hook", "it", project)
    (project / "second").mkdir()
    (project / "second" / "__init__.py").touch()
    with pytest.raises(NotMade, match=r"is to have one package, .* it has second, wand_it"):
        add("hook", "another", project)
    after = {path.read_bytes() for path in project.rglob("*") if path.is_file()}
    assert after <= {*before.values(), b""}


def test_aFolderThatIsNoPackage(tmp_path: Path) -> None:
    """
    A folder with other things, one that cannot be the name of a package, and metadata that nobody can read are refused.
    """
    folder = tmp_path / "things"
    folder.mkdir()
    (folder / "mine").touch()
    with pytest.raises(NotMade, match="is not empty"):
        add("hook", "it", folder)
    with pytest.raises(NotMade, match="'My Things' is no name for a package"):
        add("hook", "it", tmp_path / "My Things")
    (folder / "pyproject.toml").write_bytes(b"\xff")
    with pytest.raises(NotMade, match="cannot be read"):
        add("hook", "it", folder)


TEXTS = {
    "no tables yet": '[project]\nname = "it"\n',
    "one of another kind": "[project.entry-points.'wandaemon.hooks']\na = 'b:c'\n\n\n[tool.it]\nx = [\n  1,\n]\n",
    "one of the kind": '[tool.it]\nx = 1\n[project.entry-points . "wandaemon.stores" ]# these\na = "b:c"\n\n[other]',
    "nothing at all": "",
}


@pytest.mark.parametrize("case", TEXTS)
def test_theEntryPoint(case: str) -> None:
    """
    It is added, wherever the tables are; nothing else changes.
    """
    before, text = TEXTS[case], published(TEXTS[case], "wandaemon.stores", "new", "it.new:plugin")
    told, former = tomllib.loads(text), tomllib.loads(before)
    assert told["project"]["entry-points"]["wandaemon.stores"].pop("new") == "it.new:plugin"
    project = former.setdefault("project", {}).setdefault("entry-points", {})
    project.setdefault("wandaemon.stores", {})
    assert told == former
    kept = iter(text.splitlines())
    assert all(line in kept for line in before.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nentry-points = {"wandaemon.stores" = {}}',
        '[project]\nentry-points."wandaemon.stores".a = "b:c"',
        "[project.entry-points]\n'wandaemon.stores' = {a = 'b:c'}",
    ],
)
def test_tablesOfAnotherForm(text: str) -> None:
    """
    Where the tables are written otherwise, the author is told which line to write.
    """
    with pytest.raises(NotMade, match=r'write new = "it.new:plugin" into "wandaemon.stores" yourself'):
        published(text, "wandaemon.stores", "new", "it.new:plugin")
