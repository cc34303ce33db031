"""
Tests for L{wand.cli.standard_files}: commands whose standard files are closed, or take no more.
"""

from __future__ import annotations

import subprocess
import sys

import pytest


def ended(redirection: str, *words: str) -> tuple[int, str, str]:
    """
    The exit status of a command that a shell started with a redirection, and what it said.
    """
    script = f'exec "$@" {redirection}'
    command = ["sh", "-c", script, "sh", sys.executable, "-m", "wand.cli.main", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed(closed: str) -> None:
    """
    A command does its work although its caller closed some of its standard files, and no connection gets their numbers.
    """
    status, out, err = ended(closed, "plugins")
    assert (status, "Traceback" in err) == (0, False), err
    assert ("tuntap" in out) == (">&-" not in closed or closed == "2>&-")


@pytest.mark.parametrize("words", [("plugins",), ("plugins", "--json"), ("plugins", "memory")])
def test_full(words: tuple[str, ...]) -> None:
    """
    What cannot be written, because the disk is full, is said once, and is a failure.
    """
    assert ended(">/dev/full", *words) == (
        1,
        "",
        "wand: the standard output cannot be written: No space left on device\n",
    )


def test_closedByItsReader() -> None:
    """
    A reader that has read enough is none.
    """
    status, _, err = ended("| head -n 1", "plugins")
    assert (status, err) == (0, "")
