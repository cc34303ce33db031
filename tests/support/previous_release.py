"""
The release before this one, as a wheel in an environment of its own: made from the history of the project.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Final

from clean_environment import PROJECT

#: The commit that counts as the release before this one; the first release, 0.1.0, knows another protocol.
COMMIT: Final = "35e4f3ccd8a056df843a324a126b5be9572cd4f4"


def source() -> bytes | None:
    """
    Its source as a tar file; C{None} in a clone that does not have it.
    """
    done = subprocess.run(["git", "-C", str(PROJECT), "archive", COMMIT], capture_output=True, check=False, timeout=60)
    return done.stdout if done.returncode == 0 else None


def install(folder: Path, packed: bytes) -> Path:
    """
    Build the wheel and install it.  What it depends on it takes from the environment that runs the tests.

    @return: where its commands are.
    """
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder / "source", filter="data")
    environment = folder / "environment"
    _run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    _run(*_PIP, "wheel", "--no-deps", "-w", str(folder), str(folder / "source"))
    (wheel,) = folder.glob("*.whl")
    _run(*_PIP, f"--python={environment}", "install", "--no-deps", "--no-compile", str(wheel))
    (packages,) = environment.glob("lib/python*/site-packages")
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "dependencies.pth").write_text(f"{ours}\n")  # after its own; an editable wand in there is not seen
    for name in ("twistd",):
        script = environment / "bin" / name
        script.write_text(
            f"#!{environment}/bin/python\nimport sys\nfrom twisted.scripts.twistd import run\nsys.exit(run())\n"
        )
        script.chmod(0o755)
    return environment / "bin"


_PIP: Final = (sys.executable, "-m", "pip", "-q", "--disable-pip-version-check")


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
