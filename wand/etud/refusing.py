"""
Frames that go no further: control frames of links, and what frame services refuse.
"""

from __future__ import annotations

from typing import Final

from wand.counters import Counters
from wand.ethernet import Frame
from wand.interfaces import CONSUMED, Passage

#: What the addresses begin with that no bridge forwards (IEEE 802.1D, table 7-10).
LINK_LOCAL: Final = bytes.fromhex("0180c20000")


def isLinkLocal(frame: Frame) -> bool:
    """
    Is a frame for the other end of a link alone?
    """
    return frame[:5] == LINK_LOCAL and frame[5] < 0x10


def countRefused(counters: Counters, passage: Passage, counter: str) -> None:
    """
    Count a frame that a frame service did not let pass, unless the service took it for itself.
    """
    if passage is not CONSUMED:
        counters[counter] += 1
