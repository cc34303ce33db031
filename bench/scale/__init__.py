"""
What a directory server costs as the network grows: simulated members with the real messages and the real cryptography,
over real UDP sockets, and one real server.
"""

from __future__ import annotations

import sys
from pathlib import Path

# What simulates networks is the tests', and is not installed.
sys.path.append(str(Path(__file__).parents[2] / "tests" / "support"))
