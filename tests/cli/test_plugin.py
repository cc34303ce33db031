"""
Tests for C{wand plugin}, in processes of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def wand(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """
    Run the command in a folder, with a mypy that is always content, and tests that are found but not run.
    """
    for name in ("mypy", "mypy_zope"):
        (folder / "tools" / name).mkdir(parents=True, exist_ok=True)
        (folder / "tools" / name / "__init__.py").touch()
        (folder / "tools" / name / "__main__.py").write_text("print('Success')")
    return subprocess.run(
        [sys.executable, "-m", "wand.cli.main", "plugin", *words],
        cwd=folder,
        env={**os.environ, "PYTEST_ADDOPTS": "--collect-only", "PYTHONPATH": str(folder / "tools")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_newAndChecked(tmp_path: Path) -> None:
    """
    A package is written into a folder of its name, and can be checked.
    """
    done = wand(tmp_path, "new", "hook", "gatekeeper")
    assert done.returncode == 0, done.stderr
    assert "wand-gatekeeper/pyproject.toml" in done.stdout.splitlines()
    (tmp_path / "wand-gatekeeper" / "wand_gatekeeper" / "hook.py").write_text("nonsense")
    done = wand(tmp_path, "check", "wand-gatekeeper", "--json")
    assert done.returncode == 1
    found = {each["check"]: each for each in json.loads(done.stdout)}
    assert found["packaging"]["good"]
    assert not found["discovery"]["good"]
    assert "name 'nonsense' is not defined" in found["discovery"]["text"]
    assert "this package is not as it should be" in done.stderr


def test_mistakes(tmp_path: Path) -> None:
    """
    A kind that does not exist, a name that is none and a folder that is not there are said.
    """
    assert "'driver', 'protocol'" in wand(tmp_path, "new", "drivers", "it").stderr
    assert "is no name for a plugin" in wand(tmp_path, "new", "driver", "It").stderr
    assert "does not exist" in wand(tmp_path, "check", "nowhere").stderr
