"""
Whose code a thread is in: which function of a plugin called us, or a library.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Final

from wand.health.origin import distributionOf

#: Whose functions do what they do for a plugin that called them; and where there are plugins nevertheless.
_OTHERS: Final = ("wand.", "twisted.", "zope.", "__main__")
_DROPINS: Final = "twisted.plugins."


def whereabouts(frame: FrameType | None) -> str:
    """
    Where a thread is: the innermost function that is neither ours nor of a library of Python's, if there is one.
    """
    frame = frameOfPlugin(frame) or frame
    if frame is None:
        return "something that cannot be seen"
    of = distributionOf(str(frame.f_globals.get("__name__", "")))
    owner = f" of {of.title}" if of is not None else ""
    return f"{frame.f_code.co_qualname}{owner}, at {frame.f_code.co_filename}:{frame.f_lineno}"


def frameOfPlugin(frame: FrameType | None) -> FrameType | None:
    """
    The innermost call that is neither ours nor of a library of Python's; C{None} if there is none.
    """
    while frame is not None and not _isPlugins(str(frame.f_globals.get("__name__", ""))):
        frame = frame.f_back
    return frame


def _isPlugins(module: str) -> bool:
    if module.startswith(_OTHERS):
        return module.startswith(_DROPINS)
    return module.partition(".")[0] not in sys.stdlib_module_names
