"""
What a check found, and the part of a tool's words that is shown.
"""

from __future__ import annotations

from itertools import takewhile
from subprocess import CompletedProcess
from typing import Final

from wand.plugin_status import CheckedStatus

#: The part of what a tool printed that is shown, and how many tests that failed are named.
_SHOWN: Final = 25
_NAMED: Final = 10

#: How pytest begins the lines of an error, and of its list of those that failed.
_ERROR: Final = "E  "
_FAILED: Final = ("FAILED ", "ERROR ")


def good(check: str, text: str) -> CheckedStatus:
    """
    It is as it should be.
    """
    return CheckedStatus(check, True, text)


def bad(check: str, text: str) -> CheckedStatus:
    """
    It is not.
    """
    return CheckedStatus(check, False, text)


def tail(done: CompletedProcess[str], lines: int = _SHOWN) -> str:
    """
    The end of what a tool printed.
    """
    return "\n".join(done.stdout.strip().splitlines()[-lines:]) or f"status {done.returncode}"


def failures(done: CompletedProcess[str]) -> str:
    """
    What pytest said: why the first test failed, which did, and how many.
    """
    lines = done.stdout.strip().splitlines()
    begins = [number for number, line in enumerate(lines) if line.startswith(_ERROR)]
    failed = [line for line in lines if line.startswith(_FAILED)]
    if not begins or not failed:
        return tail(done)
    why = [line.removeprefix("E").strip() for line in takewhile(_isError, lines[begins[0] :])]
    more = len(failed) - _NAMED
    named = [*failed[:_NAMED], *([f"... and {more} more"] if more > 0 else [])]
    first = failed[0].split(" ")[1].rpartition("::")[2]
    return "\n".join([f"{first}:", *(f"  {line}" for line in why[:_SHOWN]), *named, lines[-1]])


def _isError(line: str) -> bool:
    return line.startswith(_ERROR)
