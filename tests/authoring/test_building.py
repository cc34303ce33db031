"""
Tests for the wheels that C{wand plugin check} builds.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wand.authoring.building import built
from wand.authoring.making import NotMade, make

HATCHLING = {"build-system": {"build-backend": "hatchling.build"}}


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """
    Run Python there.
    """
    return subprocess.run(
        [sys.executable, *words], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """
    A driver's package as it was made.
    """
    make("driver", "packet", tmp_path / "it")
    return tmp_path / "it"


def test_whatIsInTheWheel(project: Path) -> None:
    """
    A package as it was made becomes a good wheel, and its folder is left as it was; a module that would not be in it,
    types without their mark, and tests among those of others are said.
    """
    before = sorted(project.rglob("*"))
    assert built(project, HATCHLING, ["wand_packet.driver"], run) == []
    assert sorted(project.rglob("*")) == before
    (project / "wand_packet" / "py.typed").unlink()
    settings = project / "pyproject.toml"
    settings.write_text(
        settings.read_text().replace('packages = ["wand_packet"]', 'packages = ["wand_packet", "tests"]')
    )
    (project / "elsewhere").mkdir()
    (project / "elsewhere" / "other.py").touch()
    said = built(project, HATCHLING, ["elsewhere.other", "wand_packet.drivre"], run)
    assert [each.partition(":")[0] for each in said] == [
        "the wheel does not have elsewhere.other, which is published",
        "wand_packet.drivre is published, and there is no wand_packet/drivre.py",
        "the wheel has no py.typed",
        "the wheel has tests/, where those of others are, and of wandaemon's plugins",
    ]


def test_noWheel(project: Path) -> None:
    """
    If no wheel can be built, what the builder says is shown.
    """
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text().replace('version = "0.1.0"', 'version = "not a version"'))
    (said,) = built(project, HATCHLING, [], run)
    assert said.startswith("no wheel can be built (pip wheel --no-deps .), so nobody can install it:\n")
    assert "version" in said


@pytest.mark.parametrize("name", ["qemu", "n" * 65])
def test_namesThatAreNoUse(name: str, tmp_path: Path) -> None:
    """
    No package is begun under a name under which nobody would find the plugin.
    """
    with pytest.raises(NotMade, match=r"taken|too long"):
        make("driver", name, tmp_path / "it")
    assert not (tmp_path / "it").exists()
