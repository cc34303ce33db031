"""
Tests for what a program does when its host changes: L{wand.programs.host_watch} and L{wand.programs.tap_watch}.
"""

from __future__ import annotations

from random import Random

import attrs
from simulated.host import SimulatedHost
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.drivers.memory import MemoryDriver
from wand.errors import TapUnavailable
from wand.ethernet import MAC
from wand.host.changes import Address
from wand.interfaces import Context, TapRequest
from wand.programs.host_watch import ROUND_INTERVAL, HostWatch
from wand.programs.tap_watch import TapWatch
from wand.testing.context import simulatedContext
from wand.testing.network import Network

OWN = MAC.parse("02:00:00:00:00:01")
OTHER = MAC.parse("02:00:00:00:00:02")


class HostTestCase(SynchronousTestCase):
    """
    A host with a tap and another interface.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.host = SimulatedHost()
        context = simulatedContext(self.clock, Network(self.clock, Random(0)), "192.0.2.1")
        self.context: Context = attrs.evolve(context, hostChanges=self.host)
        self.tap = MemoryDriver().open(TapRequest("wan0", OWN, 1500, ["10.77.0.1/16"]), self.context)
        self.eth = self.host.addLink("eth0")
        self.wan = self.host.addLink("wan0", bytes(OWN))
        self.host.addAddress(self.eth, "192.0.2.1")
        self.host.addAddress(self.wan, "10.77.0.1", 16)
        self.moves: list[float] = []
        self.adopted: list[bool] = []
        watched = TapWatch(
            self.tap, self.context, lambda: ["10.77.0.1/16", "fd77::1/64"], self.adopted.append, wantsUp=True
        )
        self.watch = HostWatch(self.context, lambda: self.moves.append(self.clock.seconds()), watched)
        self.watch.start()
        self.addCleanup(self.watch.stop)
        self.clock.advance(10)

    @property
    def notes(self) -> str:
        """
        All notes.
        """
        return "\n".join(self.context.notes.texts)


class MovingTests(HostTestCase):
    """
    Addresses and routes.
    """

    def test_nothingNew(self) -> None:
        """
        What was there from the start, what is merely confirmed, and what concerns the tap or nobody is not a move.
        """
        self.host.addAddress(self.eth, "192.0.2.1")
        self.host.addAddress(self.wan, "10.77.0.9", 16)
        self.host.addAddress(self.eth, "fe80::1", 64, isUsable=False)
        self.host.removeAddress(self.eth, "fe80::1")
        self.host.changeRoute(self.wan)
        self.clock.advance(10)
        self.assertEqual(self.moves, [])

    def test_changesAreMoves(self) -> None:
        """
        A new address, one that goes, one that the system has tested, a route, and a carrier that is back.
        """
        for change in (
            lambda: self.host.addAddress(self.eth, "192.0.2.2"),
            lambda: self.host.removeAddress(self.eth, "192.0.2.1"),
            lambda: self.host.changeRoute(self.eth),
            lambda: self.host.changeRoute(0),
            lambda: self.host.change(self.eth, isRunning=False) or self.host.change(self.eth, isRunning=True),
        ):
            before = len(self.moves)
            change()
            self.clock.advance(2)
            self.assertEqual(len(self.moves), before + 1)
        self.host.addAddress(self.eth, "2001:db8::1", 64, isUsable=False)
        self.clock.advance(2)
        before = len(self.moves)
        self.host.addAddress(self.eth, "2001:db8::1", 64)
        self.clock.advance(2)
        self.assertEqual(len(self.moves), before + 1)

    def test_flappingMakesNoStorm(self) -> None:
        """
        However often an interface flaps, there is one round a second; the first comes at once.
        """
        for _ in range(500):
            self.host.removeAddress(self.eth, "192.0.2.1")
            self.host.addAddress(self.eth, "192.0.2.1")
            self.clock.advance(0.02)
        self.assertLessEqual(self.moves[0], 10.2)
        self.assertLessEqual(len(self.moves), 10 / ROUND_INTERVAL + 1)

    def test_lostChanges(self) -> None:
        """
        Where not everything was seen, it counts as a move, and what is reported again is not news.
        """
        self.host.lose()
        self.clock.advance(5)
        self.assertEqual(len(self.moves), 1)
        self.host.addAddress(self.eth, "192.0.2.1")
        self.clock.advance(5)
        self.assertEqual(len(self.moves), 1)

    def test_changesInAStormOfOthers(self) -> None:
        """
        An address that changed while more happened than could be seen is noticed when the storm is over.
        """
        self.watch.lost()
        for _ in range(10):
            self.clock.advance(1)
            self.watch.lost()
        self.watch.addressSeen(Address(self.eth, "203.0.113.9", 24, True))
        self.clock.advance(5)
        self.moves.clear()
        self.watch.settled()
        self.clock.advance(5)
        self.assertEqual(len(self.moves), 1)

    def test_stopped(self) -> None:
        """
        Nothing happens any more, and no timer is left.
        """
        self.host.changeRoute(self.eth)
        self.watch.stop()
        self.host.changeRoute(self.eth)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class TapTests(HostTestCase):
    """
    Others configure the tap.
    """

    def test_adopted(self) -> None:
        """
        Another address, another MTU and another name are adopted, and said until they are undone.
        """
        self.host.change(self.wan, mac=bytes(OTHER))
        self.host.change(self.wan, mtu=900)
        self.host.change(self.wan, name="lan9")
        self.assertEqual((self.tap.mac, self.tap.mtu, self.tap.interface), (OTHER, 900, "lan9"))
        self.assertEqual(self.adopted, [True, False, False])
        self.assertIn(f"from {OWN} to {OTHER}", self.notes)
        self.assertIn("from 1500 to 900", self.notes)
        self.assertIn("from wan0 to lan9", self.notes)
        self.host.change(self.wan, name="wan0", mtu=1500, mac=bytes(OWN))
        self.assertEqual(self.notes, "")
        self.assertEqual(self.moves, [])

    def test_nonsenseIsNotAdopted(self) -> None:
        """
        What is not an address of one host stays out.
        """
        for mac in (b"", bytes(6), b"\xff" * 6, b"\2" * 20):
            self.host.change(self.wan, mac=mac)
        self.assertEqual(self.tap.mac, OWN)

    def test_down(self) -> None:
        """
        A link that was set down is said; set up again, it has the IPv6 address back that the system took.
        """
        self.host.addAddress(self.wan, "fd77::1", 64)
        self.host.removeAddress(self.wan, "fd77::1")
        self.host.change(self.wan, isUp=False, isRunning=False)
        self.assertIn("ip link set wan0 up", self.notes)
        self.host.change(self.wan, isUp=True, isRunning=True)
        self.assertNotIn("ip link set", self.notes)
        self.assertEqual(self.tap.addresses, ["10.77.0.1/16", "fd77::1/64"])

    def test_addressThatCanNotBePutBack(self) -> None:
        """
        Where the driver cannot, the note stays, and nothing else happens.
        """

        def refuse(address: str) -> None:
            raise TapUnavailable("no privileges")

        self.tap.addAddress = refuse
        self.host.removeAddress(self.wan, "10.77.0.1")
        self.host.change(self.wan, isUp=False)
        self.host.change(self.wan, isUp=True)
        self.assertIn("10.77.0.1/16", self.notes)

    def test_addressRemoved(self) -> None:
        """
        The node's own address that somebody removed is said until it is back; another's is nobody's business.
        """
        self.host.removeAddress(self.wan, "10.77.0.1")
        self.assertIn("ip address add 10.77.0.1/16 dev wan0", self.notes)
        self.host.addAddress(self.wan, "10.77.0.1", 16)
        self.host.addAddress(self.wan, "10.99.0.1", 16)
        self.host.removeAddress(self.wan, "10.99.0.1")
        self.assertEqual(self.notes, "")

    def test_addressMovedToABridge(self) -> None:
        """
        An address that was moved to a bridge of which the tap is a port is still one of this host, in either order.
        """
        bridge = self.host.addLink("lan")
        self.host.removeAddress(self.wan, "10.77.0.1")
        self.host.addAddress(bridge, "10.77.0.1", 16)
        self.assertEqual(self.notes, "")
        self.host.addAddress(self.wan, "10.77.0.1", 16)
        self.host.removeAddress(self.wan, "10.77.0.1")
        self.assertEqual(self.notes, "")

    def test_elsewhere(self) -> None:
        """
        A tap that was moved into another namespace is said; the node goes on.
        """
        self.host.deleteLink(self.wan)
        self.assertIn("another network namespace", self.notes)
