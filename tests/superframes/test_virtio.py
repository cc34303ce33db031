"""
The virtio-net header, and agreeing with a kernel about offloads.
"""

from __future__ import annotations

import os

from twisted.trial.unittest import SynchronousTestCase

from wand.superframes.virtio import HEADER_SIZE, VirtioHeader, agreeOffloads


class VirtioTests(SynchronousTestCase):
    """
    The header.
    """

    def test_thereAndBack(self) -> None:
        """
        A header reads as it was written.
        """
        header = VirtioHeader(1, 4, 74, 1_428, 54, 16)
        self.assertEqual(len(header.octets()), 10)
        self.assertEqual(VirtioHeader.read(header.octets() + b"frame"), header)

    def test_nothing(self) -> None:
        """
        The header that asks for nothing is zeros.
        """
        self.assertEqual(VirtioHeader.read(bytes(HEADER_SIZE)), VirtioHeader(0, 0, 0, 0, 0, 0))

    def test_noTap(self) -> None:
        """
        With what is not a tap nothing can be agreed.
        """
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        self.addCleanup(os.close, writing)
        self.assertRaises(OSError, agreeOffloads, reading)
