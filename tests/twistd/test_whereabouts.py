"""
Tests for L{wand.twistd.whereabouts}.
"""

from __future__ import annotations

import sys

from wand.twistd.whereabouts import whereabouts


def test_whereabouts() -> None:
    """
    What is named is what called a library, or us; where there is nothing else, the innermost function.
    """
    assert whereabouts(None) == "something that cannot be seen"
    assert whereabouts(sys._getframe()).startswith("test_whereabouts, at ")
