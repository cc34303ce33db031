"""
Makes a package of each kind, as C{wand plugin new} does, and has mypy check them as strictly as their authors would.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from wand.authoring.making import make
from wand.discovery.kinds import GROUPS


def main() -> int:
    """
    Make and check them.

    @return: the status of mypy.
    """
    with tempfile.TemporaryDirectory() as folder:
        for kind in GROUPS:
            make(kind, f"new-{kind}", Path(folder) / kind)
        settings = Path(folder) / "driver" / "pyproject.toml"
        made = [str(path) for path in sorted(Path(folder).glob("*/*/*.py"))]
        paths = ":".join(str(Path(folder) / kind) for kind in GROUPS)
        command = [sys.executable, "-m", "mypy", "--config-file", str(settings), "--explicit-package-bases", *made]
        return subprocess.run(command, env={"MYPYPATH": paths}, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
