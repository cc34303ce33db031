"""
What the tests of the package share.
"""

from __future__ import annotations

import sys
from pathlib import Path

# What builds the package is not installed.  It comes last on the path, so that it is the installed wand that is tested.
sys.path.append(str(Path(__file__).parents[2]))
