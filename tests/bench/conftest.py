"""
What the tests of the benchmarks share.
"""

from __future__ import annotations

import sys
from pathlib import Path

# The benchmarks are not installed.  They come last on the path, so that it is the installed wand that is tested.
sys.path.append(str(Path(__file__).parents[2]))
