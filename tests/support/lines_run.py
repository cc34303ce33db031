"""
How much of our code runs, where what something costs must not grow.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def linesOf(call: Callable[[], object]) -> int:
    """
    How many lines of Python a call executes, each turn of a loop counted.
    """
    count, before = 0, sys.gettrace()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count
