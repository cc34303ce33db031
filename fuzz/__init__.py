"""
Fuzzing with atheris: every parser that strangers, members or local users reach.

    python -m fuzz                       every target, 20 seconds each
    python -m fuzz --seconds 60 token    some, longer

An input that is a finding is kept in the current directory, in a file whose name begins with the target's.
"""

from __future__ import annotations

import sys
from pathlib import Path

# What simulates networks is the tests', and is not installed.
sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
