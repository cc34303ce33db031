"""
Tests for L{wand.drivers.vxlan}, in a network namespace of each test's own.
"""

from __future__ import annotations

from typing import ClassVar

import attrs
from interface_changes import Changes
from interface_pair import ip
from twisted.trial.unittest import SynchronousTestCase

from wand.drivers.vxlan import VXLANDriver
from wand.errors import ConfigurationInvalid, TapUnavailable
from wand.ethernet import MAC
from wand.interfaces import IHostTap, ISuperframeTap, ITap, TapRequest
from wand.superframes.cutting import superframeOf
from wand.superframes.virtio import VirtioHeader
from wand.testing.kernel import SuperframeSocket
from wand.testing.kernel_taps import KernelTapContract
from wand.testing.packets import Packet
from wand.testing.superframe_taps import SuperframeTapContract


class VXLANBench(KernelTapContract):
    """
    A host with a port.
    """

    settings: ClassVar[dict[str, object]] = {"trusted": True, "id": 77}

    def setUp(self) -> None:
        super().setUp()
        ip("link", "set", "lo", "up")
        self.changes = Changes()
        self.context = attrs.evolve(self.context, hostChanges=self.changes)

    def makeDriver(self) -> VXLANDriver:
        return VXLANDriver()

    def hostGone(self) -> bool:
        self.changes.delete(self.interface)
        return True

    def leftBehind(self) -> list[str]:
        return super().leftBehind() + ["a listener"] * len(self.changes.listeners)

    def impossibleRequest(self) -> TapRequest:
        return self.request(addresses=["nonsense"])

    def refusal(self, **changes: object) -> str:
        return str(self.assertRaises(TapUnavailable, self.driver.open, self.request(**changes), self.context))


class VXLANDriverTests(VXLANBench, SynchronousTestCase):
    """
    The contract, and what only this driver has.
    """

    def test_isTheHosts(self) -> None:
        """
        The port is an interface of the host, of the kind vxlan, which others may configure.
        """
        tap = self.openTap()
        self.assertTrue(IHostTap.providedBy(tap))
        self.assertFalse(ISuperframeTap.providedBy(tap))
        shown = ip("-details", "link", "show", self.interface)
        for each in ("vxlan id 77", "dstport 4789", "nolearning", "mtu 1280", ",UP"):
            self.assertIn(each, shown)

    def test_isChosen(self) -> None:
        """
        Nobody sends in the clear by mistake: without the operator's word the port is not opened.
        """
        for settings in ({}, {"trusted": False}):
            error = self.assertRaises(ConfigurationInvalid, self.openWith, settings)
            self.assertIn("set trusted = true if", str(error))
        self.assertRaises(ConfigurationInvalid, self.openWith, {"trusted": True, "address": "2001:db8::1"})

    def test_isSaid(self) -> None:
        """
        While the port is open, C{wand status} says what it does.
        """
        tap = self.openTap()
        self.assertIn("move frames in the clear", " ".join(self.context.notes.texts))
        tap.close()
        self.assertEqual([], self.context.notes.texts)

    def test_leftovers(self) -> None:
        """
        Devices that an earlier node left behind are replaced; those of anybody else are not touched.
        """
        for name, number in ((self.interface, "77"), ("wandtest0.node", "5")):
            ip("link", "add", name, "type", "vxlan", "id", number, "dstport", "4789")
            ip("link", "set", name, "alias", "wandaemon 77 1234")
        self.openTap().close()
        self.assertEqual([], self.leftBehind())
        ip("link", "add", self.interface, "type", "vxlan", "id", "77", "dstport", "4789")
        self.assertIn(f"there is an interface {self.interface} already", self.refusal())
        self.assertEqual([self.interface], self.leftBehind())

    def test_refusals(self) -> None:
        """
        What cannot be made is said, with what to do, and nothing is left.
        """
        ip("link", "add", "other", "type", "vxlan", "id", "77", "dstport", "4789")
        self.assertIn("the specified VNI already exists", self.refusal())
        self.assertEqual(["other"], self.leftBehind())
        ip("link", "delete", "other")
        ip("link", "set", "lo", "down")
        self.assertIn("ip link set lo up", self.refusal())


class SuperframeVXLANTests(VXLANBench, SuperframeTapContract, SynchronousTestCase):
    """
    The contract of taps with superframes.
    """

    mtu = 1500

    def hostOpened(self, tap: ITap) -> None:
        super().hostOpened(tap)
        self.stack = SuperframeSocket(tap.interface)
        self.addCleanup(self.stack.close)

    def hostSendSuperframe(self, frame: bytes, virtio: VirtioHeader) -> None:
        self.stack.send(frame, virtio)

    def hostReceivedSuperframes(self) -> list[tuple[bytes, VirtioHeader]]:
        return self.stack.received()

    def test_taggedStretchesArrive(self) -> None:
        """
        A stretch with a VLAN tag arrives, too, as the packets it stands for; the kernel takes the tag out for others
        to see.
        """
        tap = self.openTap(mac=MAC.parse("02:00:00:00:00:09"))
        assert ISuperframeTap.providedBy(tap)
        whole = Packet(payload=bytes(range(250)) * 20, tags=((0x8100, 5),))
        virtio, frame = whole.superframe()
        stretch = superframeOf(virtio, memoryview(frame))
        assert stretch is not None
        self.assertTrue(tap.writeStretch(stretch))
        untagged = attrs.evolve(whole, tags=()).segments()
        self.assertEqual(untagged, self.arrivedFrames(untagged)[0])

    def test_features(self) -> None:
        """
        The port says what the kernel takes.
        """
        self.assertIn("TSO4", self.openTap().features)
