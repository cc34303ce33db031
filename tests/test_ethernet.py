"""
Tests for L{wand.ethernet}.
"""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import AddressInvalid
from wand.ethernet import BROADCAST, MAC


class MACTests(SynchronousTestCase):
    def test_separators(self) -> None:
        """
        An address can be written with colons, with dashes or with nothing between its pairs.
        """
        for text in ("02:aB:00:00:00:01", "02-AB-00-00-00-01", "02ab00000001"):
            self.assertEqual(str(MAC.parse(text)), "02:ab:00:00:00:01")

    def test_refusesWhatIsNoAddress(self) -> None:
        """
        Mixed separators, wrong lengths and other characters are refused.
        """
        for text in (
            "",
            "02:00-00:00:00:01",
            "02:00:00:00:00",
            "02:00:00:00:00:01:02",
            "0g:00:00:00:00:01",
            "\uff12" * 12,
        ):
            with self.assertRaises(AddressInvalid):
                MAC.parse(text)

    def test_unicastOnly(self) -> None:
        """
        Where a host's address is wanted, a group's and all zeros are refused.
        """
        for text in ("ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "00:00:00:00:00:00"):
            with self.assertRaises(AddressInvalid):
                MAC.parseUnicast(text)

    def test_isFoundByASliceOfAFrame(self) -> None:
        """
        A table whose keys are addresses is read with octets sliced out of a frame.
        """
        frame = bytes(MAC.parse("02:00:00:00:00:01")) + bytes(8)
        self.assertEqual({MAC.parse("02:00:00:00:00:01"): 1}[frame[:6]], 1)  # type: ignore[index]  # that is the point

    def test_wrongLength(self) -> None:
        """
        An address has six octets.
        """
        with self.assertRaises(AddressInvalid):
            MAC(b"12345")

    def test_broadcast(self) -> None:
        """
        The broadcast address is no single host's.
        """
        self.assertFalse(BROADCAST.isUnicast)

    @given(st.binary(min_size=6, max_size=6))
    def test_roundTrip(self, octets: bytes) -> None:
        """
        What is printed is read back.
        """
        self.assertEqual(MAC.parse(str(MAC(octets))), octets)

    @given(st.binary(min_size=6, max_size=6))
    def test_madeOfRandomOctets(self, octets: bytes) -> None:
        """
        A made-up address is one host's and locally administered (IEEE 802, section 8.4).
        """
        mac = MAC.fromRandom(octets)
        self.assertTrue(mac.isUnicast)
        self.assertTrue(mac[0] & 2)

    @given(st.text())
    def test_anyTextIsReadOrRefused(self, text: str) -> None:
        """
        No text makes the parser fail in any other way than its own error.
        """
        with contextlib.suppress(AddressInvalid):
            MAC.parse(text)
