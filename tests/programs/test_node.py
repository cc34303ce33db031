"""
Tests for L{wand.programs.node}: whole nodes, on taps in memory and a network in simulated time.
"""

from __future__ import annotations

from random import Random
from tempfile import TemporaryDirectory

from pcapng_reader import readCapture
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from wand.capture.recording import Wanted
from wand.config import NodeConfiguration, ServerConfiguration
from wand.discovery.catalogue import discover
from wand.drivers.lan import LANPort
from wand.errors import (
    AddressInvalid,
    EntryRefused,
    FilterInvalid,
    NoSuchEntry,
    NotPermitted,
    NotSupported,
    PortUnavailable,
)
from wand.ethernet import BROADCAST, MAC, Frame
from wand.frame_services.guarded_watcher import GuardedWatcher
from wand.interfaces import IFrameWatcher, ITapDriver
from wand.programs.node import NodeService
from wand.programs.program import Surroundings
from wand.programs.rel2_server import REL2ServerProgram
from wand.state import UNCHANGED
from wand.table import Peer
from wand.testing.context import simulatedContext
from wand.testing.network import Network

PEER = MAC.parse("02:00:00:00:00:02")


def frame(destination: bytes, source: bytes, payload: bytes = b"payload") -> bytes:
    """
    An Ethernet frame of the experimental EtherType (IEEE 802, table 9-1).
    """
    return destination + source + b"\x88\xb5" + payload


class House:
    """
    One host: a node, and whoever sits at its tap.
    """

    def __init__(self, clock: Clock, network: Network, number: int, **keys: object) -> None:
        self.mac = MAC(b"\2\0\0\0\0" + bytes([number]))
        self.address = f"192.0.2.{number}"
        self.lan = f"house {id(self)}"
        self.ended = 0
        self.lost: list[str] = []
        self.keys = {
            "driver": "memory",
            "protocol": "rel2",
            "driverSettings": {"lan": self.lan},
            "mac": str(self.mac),
            **keys,
        }
        self.context = simulatedContext(clock, network, self.address)
        self.node = NodeService(
            Surroundings(self.load, self.context, UNCHANGED, self.end, self.lost.append, "node.toml")
        )
        self.received: list[bytes] = []
        self.counters = self.context.counters

    def load(self) -> NodeConfiguration:
        """
        Read the configuration.
        """
        return NodeConfiguration(**self.keys)  # type: ignore[arg-type]  # keys of the test's own

    def end(self) -> None:
        """
        End the program.
        """
        self.ended += 1

    def start(self) -> House:
        """
        Start the node and sit down at its tap.
        """
        self.node.privilegedStartService()
        self.node.startService()
        driver = discover(ITapDriver).choose("memory")
        self.host: LANPort = driver.lans[self.lan].attach(self.received.append)  # type: ignore[attr-defined]
        return self

    def stop(self) -> None:
        """
        Stop the node.
        """
        self.host.detach()
        self.node.stopService()


class NodeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_000_000)
        self.network = Network(self.clock, Random(1))

    def house(self, number: int, **keys: object) -> House:
        """
        Start a node that is stopped at the end of the test.
        """
        house = House(self.clock, self.network, number, **keys).start()
        self.addCleanup(house.stop)
        return house

    def letFramesTravel(self) -> None:
        """
        Let frames travel.
        """
        for _ in range(6):
            self.clock.advance(0.01)

    def two(self, **keys: object) -> tuple[House, House]:
        """
        Two nodes that know each other.
        """
        one, two = self.house(1, **keys), self.house(2, **keys)
        one.node.add(two.mac, two.address, None, None)
        two.node.add(one.mac, one.address, None, None)
        return one, two

    def test_unicast(self) -> None:
        """
        A frame comes out where its destination lives, and nowhere else.
        """
        one, two = self.two()
        three = self.house(3)
        one.node.add(three.mac, three.address, None, None)
        one.host.send(frame(two.mac, one.mac))
        self.letFramesTravel()
        self.assertEqual(two.received, [frame(two.mac, one.mac)])
        self.assertEqual(three.received, [])
        self.assertEqual(one.counters["sent-frames"], 1)
        self.assertEqual(two.counters["delivered-frames"], 1)

    def test_broadcastToEveryPeerAndNeverToItself(self) -> None:
        """
        A frame to a group comes out once at every peer, and not where it came from.
        """
        one, two = self.two()
        three = self.house(3)
        one.node.add(three.mac, three.address, None, None)
        one.node.add(MAC(b"\2\0\0\0\1\3"), three.address, None, None)
        sent = frame(BROADCAST, one.mac)
        one.host.send(sent)
        self.letFramesTravel()
        self.assertEqual((one.received, two.received, three.received), ([], [sent], [sent]))
        self.assertEqual(one.counters["sent-group-frames"], 1)

    def test_capture(self) -> None:
        """
        A capture has what a node sends and what it gets, with who it is; nothing before and nothing after.  While there
        is one it is said, and only so many may run.
        """
        one, two = self.two()
        blocks: list[bytes] = []
        there, back = frame(two.mac, one.mac), frame(BROADCAST, two.mac, b"back")
        one.host.send(there)
        self.letFramesTravel()
        running = one.node.capture(Wanted(), blocks.append)
        filtered = [one.node.capture(Wanted(two.address, "ether host 02:00:00:00:00:09"), self.fail) for _ in range(3)]
        self.assertRaises(NotPermitted, one.node.capture, Wanted(), self.fail)
        self.assertIn("captured", one.node.status().notes[0])
        one.host.send(there)
        two.host.send(back)
        self.letFramesTravel()
        for each in (running, running, *filtered):
            each.stop()
        one.host.send(there)
        self.letFramesTravel()
        found = readCapture(running.head + b"".join(blocks))
        self.assertEqual(
            [(each.direction, each.comment, each.octets) for each in found.frames],
            [(2, f"{two.address}:22222", there), (1, f"{two.address}:22222", back)],
        )
        self.assertEqual(found.interface, one.node.etud.tap.interface)
        self.assertEqual((one.counters["captures"], one.counters["captured-frames"]), (4, 2))
        self.assertEqual((one.node.status().notes, len(two.received)), ([], 3))

    def test_wake(self) -> None:
        """
        Everybody gets a magic packet, by the octets of its publication; where there is nobody that is said.
        """
        self.assertRaises(NotSupported, self.house(9).node.wake, PEER)
        one, two = self.two()
        one.node.wake(MAC.parse("02:00:5e:10:00:01"))
        self.letFramesTravel()
        magic = bytes.fromhex("ffffffffffff" + "02005e100001" * 16)
        self.assertEqual(two.received, [BROADCAST + one.mac + b"\x08\x42" + magic])
        self.assertEqual(one.counters["sent-group-frames"], 1)

    def test_captureRefused(self) -> None:
        """
        An unknown peer and a filter that is none begin nothing.
        """
        one = self.house(1)
        self.assertRaises(AddressInvalid, one.node.capture, Wanted("nobody"), self.fail)
        self.assertRaises(FilterInvalid, one.node.capture, Wanted(filter="hots"), self.fail)
        self.assertEqual(one.node.status().notes, [])

    def test_unknownUnicast(self) -> None:
        """
        A frame to an address that is not in the table is dropped and counted.
        """
        one, two = self.two()
        one.host.send(frame(b"\2\0\0\0\0\x09", one.mac))
        self.letFramesTravel()
        self.assertEqual(two.received, [])
        self.assertEqual(one.counters["drop-unknown-unicast"], 1)

    def test_nobodyToTell(self) -> None:
        """
        A broadcast into an empty table is counted.
        """
        one = self.house(1)
        one.host.send(frame(BROADCAST, one.mac))
        self.letFramesTravel()
        self.assertEqual(one.counters["sent-to-nobody"], 1)

    def test_sizes(self) -> None:
        """
        Runts and frames beyond the MTU are dropped and counted, in both directions; a tagged frame of the full MTU
        passes.
        """
        one, two = self.two(mtu=1280)
        one.host.send(b"\2" * 13)
        one.host.send(frame(two.mac, one.mac, bytes(1285)))
        one.host.send(frame(two.mac, one.mac, bytes(1284)))
        self.letFramesTravel()
        self.assertEqual([len(each) for each in two.received], [1298])
        self.assertEqual((one.counters["drop-sent-runt"], one.counters["drop-sent-oversize"]), (1, 1))
        port = self.network.host("192.0.2.77").bind("0.0.0.0", 0, _Deaf())
        port.send(b"\0\0" + frame(two.mac, one.mac, bytes(1285)), (two.address, 22222))
        self.letFramesTravel()
        self.assertEqual(two.counters["drop-received-oversize"], 1)

    def test_forgedSources(self) -> None:
        """
        A frame that claims to come from ourselves, or from a group, is dropped and counted.
        """
        _one, two = self.two()
        port = self.network.host("192.0.2.77").bind("0.0.0.0", 0, _Deaf())
        for source in (two.mac, BROADCAST):
            port.send(b"\0\0" + frame(two.mac, source), (two.address, 22222))
        self.letFramesTravel()
        self.assertEqual(two.received, [])
        self.assertEqual(two.counters["drop-received-own"], 1)
        self.assertEqual(two.counters["drop-received-bad-source"], 1)

    def test_status(self) -> None:
        """
        The status shows the tap, the transport and what the table holds.
        """
        one, _two = self.two(entries={"02:00:00:00:00:09": "192.0.2.9"})
        status = one.node.status()
        self.assertEqual((status.role, status.protocol, status.listening), ("node", "rel2", "0.0.0.0:22222"))
        self.assertEqual((status.entries, status.peers, status.drops), (2, 2, 0))
        self.assertEqual(status.configuration, "node.toml")
        assert status.tap is not None
        self.assertEqual((status.tap.driver, status.tap.mac, status.tap.mtu), ("memory", str(one.mac), 1280))
        self.assertEqual([directory.state for directory in status.directories], ["fixed"])

    def test_entriesAndPeers(self) -> None:
        """
        Entries and peers are listed in order, page by page.
        """
        one = self.house(1)
        for number in (9, 3, 5):
            one.node.add(MAC(b"\2\0\0\0\0" + bytes([number])), f"192.0.2.{number}:7", None, 60.0)
        first = one.node.entries(None, 2)
        rest = one.node.entries(MAC.parse(first[-1].mac), 2)
        self.assertEqual([entry.peer for entry in first + rest], ["192.0.2.3:7", "192.0.2.5:7", "192.0.2.9:7"])
        self.assertEqual(first[0].expires, self.clock.seconds() + 60)
        peers = one.node.peers(None, 2)
        self.assertEqual([peer.macs for peer in peers], [["02:00:00:00:00:03"], ["02:00:00:00:00:05"]])
        self.assertEqual(len(one.node.peers(peers[-1].peer, 2)), 1)

    def test_refusals(self) -> None:
        """
        What cannot be added or deleted is refused with its reason.
        """
        one = self.house(1)
        with self.assertRaises(AddressInvalid):
            one.node.add(PEER, "nowhere", None, None)
        with self.assertRaises(EntryRefused):
            one.node.add(one.mac, "192.0.2.9", None, None)
        with self.assertRaises(NoSuchEntry):
            one.node.delete(PEER, None)
        with self.assertRaises(NotSupported):
            one.node.add(PEER, "192.0.2.9", "x" * 65, None)

    def test_sourcesOfAFeeder(self) -> None:
        """
        A program that feeds the table takes back its own entries only.
        """
        one = self.house(1)
        one.node.add(PEER, "192.0.2.9", "wand", 60.0)
        one.node.add(PEER, "192.0.2.8", None, None)
        one.node.delete(PEER, "wand")
        self.assertEqual([entry.peer for entry in one.node.entries(None, 9)], ["192.0.2.8:22222"])
        one.node.add(PEER, "192.0.2.9", "wand", 60.0)
        one.node.delete(PEER, None)
        self.assertEqual(one.node.entries(None, 9), [])

    def test_reload(self) -> None:
        """
        A reload takes over entries, servers and the MTU, and says what has to wait for a restart.
        """
        one = self.house(1, entries={"02:00:00:00:00:09": "192.0.2.9"})
        one.keys["entries"] = {"02:00:00:00:00:08": "192.0.2.8"}
        one.keys["mtu"] = 1400
        changes = one.node.reload()
        self.assertEqual([entry.mac for entry in one.node.entries(None, 9)], ["02:00:00:00:00:08"])
        self.assertEqual(changes, ["directory static: taken over", "mtu: 1400, and it was 1280"])
        self.assertEqual(one.node.status().tap.mtu, 1400)
        self.assertEqual(one.node.reload(), [])
        one.keys["interface"] = "wan1"
        for _ in range(2):  # until it is done, or no longer wanted
            self.assertEqual(one.node.reload(), ["interface: waits for a restart"])
        one.keys["interface"] = "wan0"
        self.assertEqual(one.node.reload(), [])

    def test_stop(self) -> None:
        """
        The client can end the program.
        """
        one = self.house(1)
        one.node.stop()
        self.assertEqual(one.ended, 1)

    def test_stoppedLeavesNothingBehind(self) -> None:
        """
        After a stop the port is free, the tap is gone and no timer is left.
        """
        house = House(self.clock, self.network, 1, servers=["192.0.2.200"]).start()
        house.stop()
        house.host.detach()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.house(1)

    def test_failedStartLeavesNothingOpen(self) -> None:
        """
        When the tap cannot be opened, the UDP port is free again.
        """
        house = House(self.clock, self.network, 1, driverSettings={"nonsense": 1})
        with self.assertRaises(Exception):  # noqa: B017  # whatever the driver says
            house.node.privilegedStartService()
        self.house(1)

    def test_portTaken(self) -> None:
        """
        A second node at the same port does not start.
        """
        self.house(1)
        with self.assertRaises(PortUnavailable):
            House(self.clock, self.network, 1).start()

    def test_watchers(self) -> None:
        """
        A frame service sees frames to groups, and what it refuses is dropped and counted; when it fails that counts as
        a refusal.
        """
        one, two = self.two()
        watcher = Watcher()
        assert two.node.etud._etud is not None
        two.node.etud._etud.watchers = [GuardedWatcher("test", watcher, two.context.failures)]
        for answer in (True, False, None):
            watcher.answer = answer
            one.host.send(frame(BROADCAST, one.mac))
            one.host.send(frame(two.mac, one.mac))
            self.letFramesTravel()
        self.assertEqual(len(two.received), 4)
        self.assertEqual(two.counters["drop-received-watched"], 2)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class _Deaf:
    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """


@implementer(IFrameWatcher)
class Watcher:
    """
    Answers what it is told to; C{None} makes it fail.
    """

    answer: bool | None = True

    def leaving(self, frame: Frame) -> bool:
        """
        See L{IFrameWatcher}.
        """
        return self.arriving("", frame)

    def arriving(self, peer: Peer, frame: Frame) -> bool:
        """
        See L{IFrameWatcher}.
        """
        if self.answer is None:
            raise ZeroDivisionError
        return self.answer

    def close(self) -> None:
        """
        See L{IFrameWatcher}.
        """


class WholeNetworkTests(SynchronousTestCase):
    def test_nodesFindEachOther(self) -> None:
        """
        Nodes that ask one server fill their tables by themselves, and frames flow.
        """
        clock = Clock()
        clock.advance(1_000_000)
        network = Network(clock, Random(1))
        state = TemporaryDirectory()
        self.addCleanup(state.cleanup)
        server = REL2ServerProgram(
            Surroundings(
                load=lambda: ServerConfiguration(protocol="rel2", store="memory", state=state.name),
                context=simulatedContext(clock, network, "192.0.2.100"),
                owner=UNCHANGED,
                end=lambda: None,
                lost=self.fail,
            )
        )
        server.privilegedStartService()
        server.startService()
        self.addCleanup(server.stopService)
        houses = [House(clock, network, number, servers=["192.0.2.100"]).start() for number in (1, 2, 3)]
        for house in houses:
            self.addCleanup(house.stop)
        for _ in range(20):
            clock.advance(0.2)
        for house in houses:
            expected = [str(other.mac) for other in houses if other is not house]
            self.assertEqual([entry.mac for entry in house.node.entries(None, 9)], expected)
        houses[0].host.send(frame(houses[2].mac, houses[0].mac))
        for _ in range(5):
            clock.advance(0.01)
        self.assertEqual(houses[2].received, [frame(houses[2].mac, houses[0].mac)])
        self.assertEqual([entry.mac for entry in server.entries(None, 9)], [str(house.mac) for house in houses])
        self.assertEqual((server.status().role, server.status().entries), ("server", 3))
