"""
Tests for L{wand.sealed.control_numbers}: one table, which the messages and the specification agree with.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import get_args

from documents import DOCS
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed import control_numbers
from wand.sealed.control_numbers import RANGES
from wand.sealed.credentials import messages as membership
from wand.sealed.directory import messages as directory
from wand.sealed.gossip import messages as gossip
from wand.sealed.groups import messages as groups
from wand.sealed.reach import locating_messages, relay_messages, stream_places
from wand.sealed.reach import messages as reach

#: The numbers of all messages that there are, by the names of their classes.
TAGS = {
    message.__name__: message.__struct_config__.tag
    for message in (
        *get_args(membership.Message),
        *get_args(directory.Message),
        *get_args(gossip.Message),
        *get_args(groups.Message),
        *get_args(reach.Message),
        *get_args(relay_messages.ToRelay),
        *get_args(relay_messages.FromRelay),
        *get_args(locating_messages.Message),
        stream_places.Streams,
    )
}


def rows(header: str) -> list[list[str]]:
    """
    The rows of all tables of the specification, in all its pages, that begin with a header, cell by cell.
    """
    found: list[list[str]] = []
    isInside = False
    pages = [(DOCS / name).read_text() for name in ("sealed.md", "relays.md", "gossip.md")]
    for line in "\n".join(pages).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith(header):
            isInside = True
        elif not line.startswith("|"):
            isInside = False
        elif isInside and not line.startswith("|-"):
            found.append(cells)
    return found


class ControlNumbersTests(SynchronousTestCase):
    """
    Whose number is it?
    """

    def test_noTwoOverlap(self) -> None:
        """
        Each number is for one thing, and the ranges leave no hole.
        """
        self.assertEqual(list(chain.from_iterable(RANGES.values())), list(range(1, max(map(max, RANGES.values())) + 1)))

    def test_everyMessageHasItsOwn(self) -> None:
        """
        No two messages have one number, and each has the one that the table gives it.
        """
        self.assertEqual(len(set(TAGS.values())), len(TAGS))
        for name, tag in TAGS.items():
            constant = re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()
            self.assertEqual(getattr(control_numbers, constant), tag, name)

    def test_oneOctetIsEnough(self) -> None:
        """
        All are positive fixed integers of MessagePack, which take one octet.
        """
        self.assertLess(max(map(max, RANGES.values())), 0x80)

    def test_specificationHasTheRanges(self) -> None:
        """
        The table of the numbers in docs/sealed.md is this one.
        """
        told = {}
        for numbers, purpose in rows("| numbers | for |"):
            first, _, last = numbers.partition(" to ")
            told[purpose.partition(":")[0]] = range(int(first), int(last or first) + 1)
        self.assertEqual(told, RANGES)

    def test_specificationHasTheMessages(self) -> None:
        """
        Each message is in a table of docs/sealed.md, docs/relays.md or docs/gossip.md, with its number.
        """
        told = {cells[1]: int(cells[0]) for cells in rows("| number | message |")}
        known = {re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower(): tag for name, tag in TAGS.items()}
        self.assertEqual(told, known)
