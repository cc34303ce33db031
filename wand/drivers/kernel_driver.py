"""
Drivers that only Linux can have, some of them only as far as the version of its kernel goes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


class KernelDriver:
    """
    The base of such drivers.
    """

    def __init__(self, release: Callable[[], str] = lambda: os.uname().release) -> None:
        """
        @param release: gives the version of the kernel, C{6.1.0-13}.
        """
        self._release = release

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None if sys.platform == "linux" else "it needs Linux"
