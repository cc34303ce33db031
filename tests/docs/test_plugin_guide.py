"""
Tests for the examples of the plugin author's guide: they are run as they stand there.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def test_theDriverOfTheGuideFulfilsTheContract() -> None:
    """
    The driver that the guide shows passes the tests that the guide shows.
    """
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--import-mode=prepend",
            "test_packet_driver.py",
        ],
        cwd=EXAMPLES,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_theDriverOfTheGuideIsShort() -> None:
    """
    A complete driver has about twenty lines.
    """
    source = (EXAMPLES / "packet_driver.py").read_text()
    driver = source.partition("# driver\n")[2].partition("# end of driver")[0]
    assert len([line for line in driver.splitlines() if line.strip()]) <= 20
