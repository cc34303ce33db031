"""
Tests for L{wand.etud.gratuitous}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.ethernet import BROADCAST, MAC
from wand.etud.gratuitous import GratuitousAnnouncements, announcementsOf
from wand.superframes.checksum import onesSum

OWN = MAC.parse("02:00:00:00:00:01")


class SelfAnnouncingTests(SynchronousTestCase):
    """
    A node whose MAC address changed.
    """

    def test_frames(self) -> None:
        """
        An ARP request about ourselves for IPv4, and a neighbour advertisement with the right checksum for IPv6.
        """
        arp, advertisement = announcementsOf(OWN, ["10.77.0.1/16", "fd77::1/64"])
        self.assertEqual(arp[:14], BROADCAST + OWN + b"\x08\x06")
        self.assertEqual((arp[22:32], arp[38:42]), (OWN + bytes([10, 77, 0, 1]), bytes([10, 77, 0, 1])))
        self.assertEqual(advertisement[6:14], OWN + b"\x86\xdd")
        packet = advertisement[14:]
        self.assertEqual(onesSum(packet[8:40] + bytes([0, 0, 0, 32, 0, 0, 0, 58]) + packet[40:]), 0)

    def test_aFewTimes(self) -> None:
        """
        It is sent a few times and no more, with what holds then.
        """
        clock, sent, frames = Clock(), [], [b"one"]
        announcing = GratuitousAnnouncements(clock, lambda: frames, sent.append)
        announcing.begin()
        announcing.begin()
        self.assertEqual(sent, [])
        clock.advance(1)
        frames[:] = [b"two"]
        clock.pump([2, 5, 50])
        self.assertEqual(sent, [b"one", b"two", b"two"])
        announcing.begin()
        announcing.stop()
        self.assertEqual(clock.getDelayedCalls(), [])
