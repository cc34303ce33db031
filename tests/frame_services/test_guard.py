"""
Tests for L{wand.frame_services}: what may not be said, and by whom.
"""

from __future__ import annotations

from ipaddress import ip_address
from random import Random

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.config import NodeConfiguration
from wand.counters import Counters
from wand.discovery.catalogue import discover
from wand.errors import ConfigurationInvalid
from wand.ethernet import MAC
from wand.etud.forwarding import Etud
from wand.frame_services.bridged_addresses import ADDRESS_MEMORY, ADDRESSES_MAXIMUM, BridgedAddresses
from wand.frame_services.guard import Guard, GuardWatcher
from wand.frame_services.guarded_watcher import GuardedWatcher
from wand.frame_services.speech import DHCP, PPPOE, ROUTER, UNREADABLE, isPlain, reserved, spokenFor
from wand.interfaces import IFrameInspector, IFrameService, IPeerProtocol
from wand.interfaces.participant import MemberContext
from wand.programs.node_plugins import NodePlugins
from wand.sealed.credentials.identity import Identity
from wand.sealed.sessions.control_messages import ControlMessages
from wand.sealed.sessions.peers import PeerKey
from wand.table import Table
from wand.testing.context import simulatedContext, simulatedNode
from wand.testing.frame_services import FrameServiceContract
from wand.testing.network import Network
from wand.twistd.options import optionsFor

TO_ONE = bytes.fromhex("020000000002")
TO_ALL = b"\xff" * 6
SOURCE = bytes.fromhex("020000000001")


def ethernet(kind: int, payload: bytes, to: bytes = TO_ONE, between: bytes = b"") -> bytes:
    return to + SOURCE + between + kind.to_bytes(2, "big") + payload


def ipv4(protocol: int, payload: bytes, fragment: int = 0, options: bytes = b"") -> bytes:
    header = (
        bytes([0x45 + len(options) // 4, 0, 0, 0, 0, 0]) + fragment.to_bytes(2, "big") + bytes([64, protocol, 0, 0])
    )
    return header + bytes([10, 77, 0, 2, 10, 77, 0, 3]) + options + payload


def ipv6(following: int, payload: bytes, source: str = "fe80::2") -> bytes:
    return (
        bytes([0x60, 0, 0, 0, 0, 0, following, 255])
        + ip_address(source).packed
        + ip_address("ff02::1").packed
        + payload
    )


def udp(source: int, destination: int) -> bytes:
    return source.to_bytes(2, "big") + destination.to_bytes(2, "big") + bytes(100)


def arp(sender: str, operation: int = 2) -> bytes:
    start = bytes([0, 1, 8, 0, 6, 4, 0, operation]) + SOURCE
    return ethernet(0x0806, start + ip_address(sender).packed + bytes(10))


ADVERTISEMENT = bytes([134]) + bytes(40)

#: Everything that only servers and routers say, in the forms in which guards elsewhere were evaded.
RESERVED = {
    "offer": (DHCP, ethernet(0x0800, ipv4(17, udp(67, 68)))),
    "offer from an odd port": (DHCP, ethernet(0x0800, ipv4(17, udp(5000, 68)))),
    "offer to a relay": (DHCP, ethernet(0x0800, ipv4(17, udp(67, 67)))),
    "offer with options": (DHCP, ethernet(0x0800, ipv4(17, udp(67, 68), options=bytes(8)))),
    "offer with options that look like ports": (DHCP, ethernet(0x0800, ipv4(17, udp(67, 68), options=b"\1" * 8))),
    "first fragment": (DHCP, ethernet(0x0800, ipv4(17, udp(67, 68), fragment=0x2000))),
    "tagged offer": (DHCP, ethernet(0x0800, ipv4(17, udp(67, 68)), between=bytes.fromhex("81000000"))),
    "DHCPv6": (DHCP, ethernet(0x86DD, ipv6(17, udp(547, 546)))),
    "DHCPv6 from an odd port": (DHCP, ethernet(0x86DD, ipv6(17, udp(5000, 546)))),
    "advertisement": (ROUTER, ethernet(0x86DD, ipv6(58, ADVERTISEMENT))),
    "redirect": (ROUTER, ethernet(0x86DD, ipv6(58, bytes([137]) + bytes(40)))),
    "redirect of IPv4": (ROUTER, ethernet(0x0800, ipv4(1, bytes([5, 1]) + bytes(34)))),
    "redirect with options": (ROUTER, ethernet(0x0800, ipv4(1, bytes([5, 1]) + bytes(34), options=bytes(4)))),
    "hop-by-hop": (ROUTER, ethernet(0x86DD, ipv6(0, bytes([58, 0]) + bytes(6) + ADVERTISEMENT))),
    "two headers": (
        ROUTER,
        ethernet(0x86DD, ipv6(60, bytes([43, 1]) + bytes(14) + bytes([58, 0]) + bytes(6) + ADVERTISEMENT)),
    ),
    "behind authentication": (ROUTER, ethernet(0x86DD, ipv6(51, bytes([58, 1]) + bytes(10) + ADVERTISEMENT))),
    "fragmented": (ROUTER, ethernet(0x86DD, ipv6(44, bytes([58, 0, 0, 1]) + bytes(4) + ADVERTISEMENT))),
    "VLAN 0 and SNAP": (
        ROUTER,
        ethernet(0x86DD, ipv6(58, ADVERTISEMENT), between=bytes.fromhex("81000000" + "0060" + "aaaa03000000")),
    ),
    "a chain that goes on in the next fragment": (
        UNREADABLE,
        ethernet(0x86DD, ipv6(44, bytes([60, 0, 0, 1]) + bytes(4) + bytes([58, 9]) + bytes(6))),
    ),
    "PPPoE offer": (PPPOE, ethernet(0x8863, bytes.fromhex("1107") + bytes(50))),
    "PPPoE session, tagged": (
        PPPOE,
        ethernet(0x8863, bytes.fromhex("1165") + bytes(50), between=bytes.fromhex("81000001")),
    ),
    "PPPoE cut off": (UNREADABLE, ethernet(0x8863, b"\x11")),
    "UDP without ports": (UNREADABLE, ethernet(0x0800, ipv4(17, b""))),
}

#: What hosts say all the time.
HARMLESS = {
    "TCP": ethernet(0x0800, ipv4(6, udp(67, 68))),
    "UDP": ethernet(0x0800, ipv4(17, udp(5000, 5001))),
    "DNS": ethernet(0x0800, ipv4(17, udp(53, 40000))),
    "discover": ethernet(0x0800, ipv4(17, udp(68, 67)), TO_ALL),
    "DHCPv6 solicit": ethernet(0x86DD, ipv6(17, udp(546, 547))),
    "later fragment": ethernet(0x0800, ipv4(17, udp(67, 68), fragment=5)),
    "later fragment of IPv6": ethernet(0x86DD, ipv6(44, bytes([58, 0, 0, 9]) + bytes(4) + ADVERTISEMENT)),
    "echo": ethernet(0x86DD, ipv6(58, bytes([128]) + bytes(40))),
    "TCP over IPv6": ethernet(0x86DD, ipv6(6, udp(547, 546))),
    "ping": ethernet(0x0800, ipv4(1, bytes([8, 0]) + bytes(60))),
    "an unknown protocol": ethernet(0x88B5, b"anything"),
    "length": ethernet(60, bytes(60)),
}


class SpeechTests(SynchronousTestCase):
    """
    What a frame says is found out of its octets.
    """

    def test_whatIsReserved(self) -> None:
        """
        Offers of DHCP servers and advertisements of routers are found however they are wrapped.
        """
        for name, (what, frame) in RESERVED.items():
            self.assertEqual((isPlain(frame), reserved(memoryview(frame))), (False, what), name)

    def test_whatIsHarmless(self) -> None:
        """
        What hosts say all the time is let through.
        """
        for name, frame in HARMLESS.items():
            self.assertEqual(reserved(memoryview(frame)), "", name)
        self.assertTrue(all(isPlain(HARMLESS[name]) for name in ("TCP", "UDP", "ping", "TCP over IPv6")))

    def test_forWhichAddressesAFrameSpeaks(self) -> None:
        """
        The addresses in ARP and neighbour discovery are found.
        """
        solicitation, advertisement = bytes([135]) + bytes(30), bytes([136]) + bytes(7) + ip_address("fd00::7").packed
        frames = {
            "10.77.0.9": arp("10.77.0.9"),
            "fd00::2": ethernet(0x86DD, ipv6(58, solicitation, "fd00::2")),
            "fd00::7": ethernet(0x86DD, ipv6(58, advertisement)),
        }
        for address, frame in frames.items():
            self.assertEqual(list(spokenFor(memoryview(frame))), [address])
        self.assertEqual(
            [list(spokenFor(frame)) for frame in (b"", arp("10.77.0.9")[:30], HARMLESS["UDP"])], [[], [], []]
        )

    @settings(max_examples=500, deadline=None)
    @given(
        st.binary(max_size=120), st.sampled_from([b"", *(frame for _, frame in RESERVED.values())]), st.integers(0, 60)
    )
    def test_anythingCanArrive(self, octets: bytes, start: bytes, kept: int) -> None:
        """
        No frame, whatever it is, makes it fail; and what is plain is never reserved.
        """
        frame = memoryview(start[:kept] + octets)
        list(spokenFor(frame))
        self.assertFalse(isPlain(frame) and reserved(frame) in (DHCP, ROUTER))


@attrs.define
class Announcement:
    """
    As much of an announcement as the guard looks at.
    """

    bridge: bool

    @property
    def certificate(self) -> Announcement:
        return self


@attrs.define
class Seen:
    """
    A participant, its claims and its sessions, as the guard sees them.
    """

    bridges: dict[bytes, bool]
    owners: dict[str, bytes]
    blamed: list[tuple[bytes, str]] = attrs.field(factory=list)
    visitors: dict[bytes, object] = attrs.field(factory=dict)

    @property
    def claims(self) -> Seen:
        return self

    def announcement(self, identity: bytes) -> Announcement | None:
        return Announcement(self.bridges[identity]) if identity in self.bridges else None

    def isOverlay(self, address: str) -> bool:
        return address.startswith("10.77.")

    def ownerOf(self, kind: str, what: str) -> bytes | None:
        assert kind == "address"
        return self.owners.get(what)

    def blame(self, peer: bytes, reason: str) -> None:
        self.blamed.append((peer, reason))


class GuardTests(SynchronousTestCase):
    """
    The guard at work: a member without the bridge right, and one that has it.
    """

    def setUp(self) -> None:
        self.plain, self.bridge, self.unknown = (PeerKey(octet * 32) for octet in (b"p", b"b", b"u"))
        self.network = Seen({self.plain: False, self.bridge: True}, {"10.77.0.9": Identity(b"o" * 32)})
        sealed = MemberContext(self.network, self.network, None)  # type: ignore[arg-type]  # as much as it looks at
        self.counters = Counters()
        self.clock = Clock()
        self.guard = GuardWatcher(sealed, self.counters, BridgedAddresses(self.clock))

    def test_withoutTheRight(self) -> None:
        """
        Whatever only servers and routers say is refused from members without the bridge right, counted by the reason,
        and noted in the member's account; to one host or to all.
        """
        for name, (what, frame) in RESERVED.items():
            for peer in (self.plain, self.unknown):
                for each in (frame, TO_ALL + frame[6:]):
                    before = self.counters[f"guard-{what}"]
                    self.assertFalse(self.guard.arriving(peer, memoryview(each)), name)
                    self.assertEqual(self.counters[f"guard-{what}"], before + 1)
        self.assertEqual(self.network.blamed[0], (self.plain, "guarded"))

    def test_withTheRight(self) -> None:
        """
        A member with the bridge right may have servers and routers behind it.
        """
        self.assertTrue(all(self.guard.arriving(self.bridge, frame) for _, frame in RESERVED.values()))

    def test_harmless(self) -> None:
        """
        Everything else passes.
        """
        self.assertTrue(all(self.guard.arriving(self.plain, frame) for frame in HARMLESS.values()))

    def test_addressesOfOthers(self) -> None:
        """
        Nobody speaks for an address that another member has, and only hosts behind a bridge for one of the network's
        that nobody has.
        """
        self.assertFalse(self.guard.arriving(self.bridge, arp("10.77.0.9")))
        self.assertTrue(self.guard.arriving(PeerKey(b"o" * 32), arp("10.77.0.9")))
        self.assertTrue(self.guard.arriving(self.bridge, arp("10.77.0.10")))
        self.assertFalse(self.guard.arriving(self.plain, arp("10.77.0.11")))
        self.assertTrue(self.guard.arriving(self.plain, arp("0.0.0.0")))  # is the address free?
        self.assertEqual(self.counters["guard-address"], 2)

    def test_theRouterOfABridgedLAN(self) -> None:
        """
        Outside of the network's prefix everybody speaks for what is not heard behind a bridge; what is heard there
        stays there for an hour, also if there are more than are remembered.
        """
        self.assertTrue(self.guard.arriving(self.plain, arp("192.168.7.1")))
        self.assertTrue(self.guard.arriving(self.bridge, arp("192.168.7.1")))
        self.assertFalse(self.guard.arriving(self.plain, arp("192.168.7.1")))
        self.assertTrue(self.guard.arriving(self.bridge, arp("192.168.7.1")))
        self.clock.advance(ADDRESS_MEMORY)
        self.assertTrue(self.guard.arriving(self.plain, arp("192.168.7.1")))
        for number in range(ADDRESSES_MAXIMUM + 10):
            self.guard.arriving(self.bridge, arp(str(ip_address("172.16.0.0") + number)))
        self.assertEqual(len(self.guard._bridged), ADDRESSES_MAXIMUM)

    def test_noAccessConcentrator(self) -> None:
        """
        Nobody without the bridge right offers PPPoE; who looks for it may.
        """
        self.assertFalse(self.guard.arriving(self.plain, ethernet(0x8863, bytes.fromhex("1107") + bytes(50))))
        self.assertTrue(self.guard.arriving(self.plain, ethernet(0x8863, bytes.fromhex("1109") + bytes(50), TO_ALL)))
        self.assertTrue(self.guard.arriving(self.bridge, ethernet(0x8863, bytes.fromhex("1107") + bytes(50))))

    def test_whereNobodyHasRights(self) -> None:
        """
        In a network without members nobody is a server or a router.
        """
        guard = GuardWatcher(None, self.counters, BridgedAddresses(self.clock))
        self.assertFalse(guard.arriving("192.0.2.1:22222", RESERVED["offer"][1]))
        self.assertTrue(guard.arriving("192.0.2.1:22222", arp("10.77.0.9")))

    def test_plugin(self) -> None:
        """
        It is a frame service without settings, and its watcher wants every frame, also when it is steadied.
        """
        context = simulatedNode(Clock(), Network(Clock(), Random(0)), "192.0.2.1", MAC(SOURCE))
        verifyObject(IFrameService, Guard())
        self.assertIsNone(Guard().unusable())
        watcher = Guard().open({}, context, lambda frame: None)
        verifyObject(IFrameInspector, watcher)
        verifyObject(IFrameInspector, GuardedWatcher("guard", watcher, context.failures))
        self.assertTrue(watcher.leaving(RESERVED["offer"][1]))
        watcher.close()
        self.assertRaises(ConfigurationInvalid, Guard().open, {"x": 1}, context, lambda frame: None)


class GuardContractTests(FrameServiceContract, SynchronousTestCase):
    """
    The contract.
    """

    def makeService(self) -> Guard:
        return Guard()


class ChoiceTests(SynchronousTestCase):
    """
    Which frame services run.
    """

    def services(self, **keys: object) -> list[str]:
        configuration = NodeConfiguration(driver="memory", **keys)  # type: ignore[arg-type]  # keys of the test's own
        clock = Clock()
        context = simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")
        protocol = discover(IPeerProtocol).choose(configuration.protocol)
        return list(NodePlugins(configuration, context, protocol).frameServices)

    def test_whatIsOnInSealedNetworks(self) -> None:
        """
        Who says nothing has the guard, the answers for neighbours and the storm control in a sealed network; who says
        something has that.
        """
        self.assertEqual(self.services(), ["guard", "neighbours", "storm"])
        self.assertEqual(self.services(frameServices=[]), [])
        self.assertEqual(self.services(protocol="rel2"), [])
        self.assertEqual(self.services(protocol="rel2", frameServices=["guard"]), ["guard"])

    def test_asAnOption(self) -> None:
        """
        An empty option is not a frame service; without it, that is left open.
        """
        options = optionsFor(NodeConfiguration, "")()
        options.parseOptions(["--frame-services="])
        self.assertEqual(options.configuration(NodeConfiguration).frameServices, [])
        options = optionsFor(NodeConfiguration, "")()
        options.parseOptions([])
        self.assertIsNone(options.configuration(NodeConfiguration).frameServices)

    def test_inspectorsSeeEveryFrame(self) -> None:
        """
        What the guard refuses does not reach the host, be it to one host or to all; the rest does.
        """
        clock = Clock()
        context = simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")
        taken: list[bytes] = []
        tap = attrs.make_class("Tap", ["mac", "mtu", "write"])(
            MAC(TO_ONE), 1400, lambda frame: taken.append(frame) or True
        )
        table = Table(clock, context.events)
        etud = Etud(tap, None, table, context.counters, self.fail, context.failures)  # type: ignore[arg-type]  # nothing is sent
        guard = GuardWatcher(None, context.counters, BridgedAddresses(clock))
        etud.watchers = [GuardedWatcher("guard", guard, context.failures)]
        offer = RESERVED["offer"][1]
        for frame in (offer, TO_ALL + offer[6:], HARMLESS["TCP"], HARMLESS["discover"]):
            etud.fromPeers.frameReceived("192.0.2.2:22222", frame)
        self.assertEqual(taken, [HARMLESS["TCP"], HARMLESS["discover"]])
        self.assertEqual(context.counters["drop-received-watched"], 2)


class BudgetTests(SynchronousTestCase):
    """
    Control messages beyond what a member may send.
    """

    def test_controlsAreBlamed(self) -> None:
        """
        What is beyond a member's budget is noted in its account.
        """

        class Sessions(Seen):
            def onControl(self, reader: object) -> None:
                self.reader = reader

        sessions = Sessions({}, {})
        ControlMessages(sessions, Clock(), Counters())  # type: ignore[arg-type]  # as much as it uses
        member = attrs.make_class("Member", {"isServer": attrs.field(default=False)})()
        for _ in range(203):
            sessions.reader(PeerKey(b"p" * 32), member, b"\x91\x01")  # type: ignore[operator]  # set just above
        self.assertEqual(sessions.blamed, [(PeerKey(b"p" * 32), "controls")] * 3)
