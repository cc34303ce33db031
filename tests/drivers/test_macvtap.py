"""
Tests for L{wand.drivers.macvtap}, over one end of a pair of interfaces in a network namespace of each test's own.
"""

from __future__ import annotations

import fcntl
import socket
from pathlib import Path
from tempfile import gettempdir

import attrs
from interface_changes import Changes
from interface_pair import PEER, PairContract, SuperframePairContract, ip
from twisted.trial.unittest import SynchronousTestCase

from wand.drivers.macvtap import MacvtapDriver
from wand.ethernet import MAC
from wand.interfaces import IHostTap, TapRequest
from wand.testing.frames import makeFrame

LOWER = "wandlower0"


class MacvtapPair(PairContract):
    """
    One end is handed over.
    """

    settings = {"lower": LOWER}

    def setUp(self) -> None:
        # The devices of all namespaces are in one /dev, by numbers that these namespaces have in common.
        lock = (Path(gettempdir()) / "wand-macvtap.lock").open("w")
        self.addCleanup(lock.close)
        fcntl.flock(lock, fcntl.LOCK_EX)
        super().setUp()
        self.changes = Changes()
        self.context = attrs.evolve(self.context, hostChanges=self.changes)
        self.makePair(LOWER)

    def makeDriver(self) -> MacvtapDriver:
        return MacvtapDriver()

    def hostGone(self) -> bool:
        self.changes.delete(self.interface)
        return True

    def leftBehind(self) -> list[str]:
        left = [name for name in super().leftBehind() if name not in (LOWER, PEER)]
        return left + ["a listener"] * len(self.changes.listeners)

    def impossibleRequest(self) -> TapRequest:
        return self.request(settings={"lower": "nonexistent0"})


class MacvtapDriverTests(MacvtapPair, SynchronousTestCase):
    """
    The contract, and what only a macvtap has.
    """

    def test_framesOfOthers(self) -> None:
        """
        Frames for hosts on the network are taken, whatever address the interface has; it keeps its own.
        """
        _, recorder = self.started()
        frame = bytes(MAC.parse("02:00:00:00:00:77")) + makeFrame(60)[6:]
        self.hostSend(frame)
        self.turnUntil(lambda: frame in recorder.frames)
        self.assertIn(frame, recorder.frames)
        self.assertIn("02:00:00:00:01:00", ip("link", "show", LOWER))

    def test_existingIsUsed(self) -> None:
        """
        A macvtap that somebody made is used, and is still there afterwards.
        """
        ip("link", "add", "link", LOWER, "name", self.interface, "type", "macvtap", "mode", "passthru")
        self.addCleanup(ip, "link", "delete", self.interface)
        self.settings = {}
        tap = self.openTap()
        self.assertTrue(tap.write(makeFrame(60)))
        self.assertEqual([makeFrame(60)], self.arrivals(1))
        tap.close()
        self.assertEqual([self.interface], self.leftBehind())

    def test_deleted(self) -> None:
        """
        The system says when the interface was deleted, and the receiver is told once.
        """
        _, recorder = self.started()
        (listener,) = self.changes.listeners
        index = int((ip("-oneline", "link", "show", self.interface)).partition(":")[0])
        listener.linkGone(index + 100)
        self.assertEqual([], recorder.lost)
        listener.linkGone(index)
        listener.linkGone(index)
        self.assertEqual(["the tap wandtest0 is gone: its interface was deleted"], recorder.lost)

    def test_refusals(self) -> None:
        """
        What cannot be handed over is said, with what to do, and nothing is left.
        """
        self.assertIn("in the driver setting 'lower'", self.refusal(settings={}))
        self.assertIn("failed: ", self.refusal(mtu=9001))
        self.assertEqual([], self.leftBehind())
        ip("tuntap", "add", "dev", "another", "mode", "tap")
        self.assertIn("cannot be opened", self.refusal(interface="another"))

    def test_deviceOfAnother(self) -> None:
        """
        Devices are known by the numbers of interfaces, of which every network namespace has its own; that of another
        is not taken.
        """
        ip("link", "add", "link", LOWER, "name", "another", "type", "macvtap")
        self.addCleanup(ip, "link", "delete", "another")
        index = socket.if_nametoindex("another")
        ip("link", "add", self.interface, "type", "bridge")
        self.patch(socket, "if_nametoindex", lambda name: index)
        self.assertIn(f"/dev/tap{index} is not the device of wandtest0", self.refusal())

    def test_isNoHostTap(self) -> None:
        """
        The MAC address of the interface below is not the node's, and is not taken over.
        """
        self.assertFalse(IHostTap.providedBy(self.openTap()))


class OffloadMacvtapTests(MacvtapPair, SuperframePairContract, SynchronousTestCase):
    """
    The contract of taps with superframes.
    """

    def test_features(self) -> None:
        """
        What was agreed with the kernel is said, and the interface is no port of this host's.
        """
        tap, _ = self.openSuperframeTap()
        self.assertIn("TSO4", tap.features)
        self.assertFalse(IHostTap.providedBy(tap))
