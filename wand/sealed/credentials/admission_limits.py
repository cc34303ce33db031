"""
How many members one member may admit.
"""

from __future__ import annotations

from typing import Final

#: How many members an admitting one may admit, if the operator says nothing else, and at most.
ADMITS: Final = 256
ADMITS_MAXIMUM: Final = 65_536
