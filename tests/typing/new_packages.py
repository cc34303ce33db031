"""
Makes a package of each kind, as C{wand plugin new} does, and has mypy check them as strictly as their authors would.
The packages in C{examples} are checked, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from wand.authoring.making import make
from wand.discovery.kinds import GROUPS

EXAMPLES = Path(__file__).parents[2] / "examples"


def main() -> int:
    """
    Make them, and check all.

    @return: the status of mypy.
    """
    with tempfile.TemporaryDirectory() as folder:
        for kind in GROUPS:
            make(kind, f"new-{kind}", Path(folder) / kind)
        settings = Path(folder) / "driver" / "pyproject.toml"
        made = [Path(folder) / kind for kind in GROUPS]
        return check(made, settings) or check(sorted(EXAMPLES.glob("wand-*")), settings)


def check(projects: Sequence[Path], settings: Path) -> int:
    """
    Have mypy check some projects.

    @return: its status.
    """
    files = [str(path) for project in projects for path in sorted(project.glob("*/*.py"))]
    command = [sys.executable, "-m", "mypy", "--config-file", str(settings), "--explicit-package-bases", *files]
    environment = {"MYPYPATH": os.pathsep.join(map(str, projects))}
    return subprocess.run(command, env=environment, cwd=settings.parent.parent, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
