"""
Tests for L{wand.host.netlink}, with the kernel of this host.
"""

from __future__ import annotations

import errno
from unittest.mock import Mock

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.host import netlink
from wand.host.changes import Address, HostListener, Link
from wand.host.netlink import NetlinkChanges
from wand.testing.context import failuresOf
from wand.testing.descriptors import Descriptors


class Listener(HostListener):
    """
    Keeps what it is told, or raises.
    """

    def __init__(self, *, isBroken: bool = False) -> None:
        self.isBroken = isBroken
        self.links: list[str] = []
        self.addresses: list[str] = []
        self.isSettled = False

    def linkSeen(self, link: Link) -> None:
        """
        See L{HostListener}.
        """
        if self.isBroken:
            raise ValueError("no links, please")
        self.links.append(link.name)

    def addressSeen(self, address: Address) -> None:
        """
        See L{HostListener}.
        """
        self.addresses.append(address.host)

    def settled(self) -> None:
        """
        See L{HostListener}.
        """
        self.isSettled = True


class NetlinkTests(SynchronousTestCase):
    """
    What there is from the begin.
    """

    def watched(self, listener: Listener) -> Counters:
        """
        Let a listener hear all that there is.
        """
        counters, descriptors = Counters(), Descriptors()
        end = NetlinkChanges(Clock(), descriptors, failuresOf(counters)).watch(listener)
        self.addCleanup(end)
        for _ in range(100):
            if listener.isSettled:
                break
            descriptors.turn(1.0)
        return counters

    def test_whatThereIs(self) -> None:
        """
        A listener hears of the interfaces and their addresses.
        """
        listener = Listener()
        self.watched(listener)
        self.assertTrue(listener.isSettled)
        self.assertIn("lo", listener.links)

    def test_aListenerThatRaises(self) -> None:
        """
        It hears on: what it failed over is counted.
        """
        listener = Listener(isBroken=True)
        counters = self.watched(listener)
        self.assertTrue(listener.isSettled)
        self.assertGreater(counters["drop-raised-change-of-the-host"], 0)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_noDescriptorIsLeft(self) -> None:
        """
        If no socket can be made for now, as many files are open, it is tried again until there is one.
        """
        clock, descriptors, listener = Clock(), Descriptors(), Listener()
        make = self.patch(netlink.socket, "socket", Mock(side_effect=OSError(errno.EMFILE, "Too many open files")))
        end = NetlinkChanges(clock, descriptors, failuresOf(Counters())).watch(listener)
        self.addCleanup(end)
        clock.advance(10)
        make.restore()
        clock.advance(10)
        while not listener.isSettled:
            descriptors.turn(1.0)
        self.assertIn("lo", listener.links)
