"""
What forwarding costs as the network grows: a node and its peers in one process, over real UDP sockets on loopback.
"""

from __future__ import annotations

import sys
from pathlib import Path

# What simulates networks is the tests', and is not installed.
sys.path.append(str(Path(__file__).parents[2] / "tests" / "support"))
