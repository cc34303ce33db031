"""
Tests for L{wand.host.routes} and L{wand.sealed.node.overlap}: addresses of the overlay that lead elsewhere, too.
"""

from __future__ import annotations

from ipaddress import ip_network
from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.host.routes import Route, alternative, overlap, routes
from wand.host.rtnetlink import attributes
from wand.sealed.node.overlap import ROUTES_INTERVAL, OverlapWatch, interfacesOf, obstacle
from wand.testing.context import simulatedContext
from wand.testing.network import Network

OVERLAY = "10.77.0.0/16"


def route(prefix: str, interface: str = "eth0") -> Route:
    return Route(ip_network(prefix), interface)


class OverlapTests(SynchronousTestCase):
    """
    Which routes are in the way.
    """

    def found(self, *prefixes: str, own: tuple[str, ...] = (), wanted: str = OVERLAY) -> str | None:
        found = overlap(ip_network(wanted), own, [route(each) for each in prefixes])
        return None if found is None else str(found.prefix)

    def test_theSameAWiderAndANarrowerOne(self) -> None:
        """
        A route to the same prefix, to one that has it and to one in it are in the way, the narrowest most.
        """
        for prefix in (OVERLAY, "10.0.0.0/8", "10.77.5.0/24", "10.77.5.1/32"):
            self.assertEqual(self.found("192.168.0.0/16", prefix), prefix)
        self.assertEqual(self.found("10.0.0.0/8", "10.77.5.0/24", OVERLAY), "10.77.5.0/24")
        self.assertEqual(self.found("fd00:77::/64", wanted="fd00:77::/48"), "fd00:77::/64")

    def test_whatIsNone(self) -> None:
        """
        Default routes, their halves that other tunnels make, and what is of a link or a group only, are not in the way.
        """
        self.assertIsNone(self.found("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.78.0.0/16", "224.0.0.0/4"))
        self.assertIsNone(self.found("::/0", "fe80::/64", "ff00::/8", "fd00::/64", wanted="fd00:77::/64"))
        self.assertIsNone(self.found("::/0", "fd00::/8"))

    def test_whatLeadsNowhere(self) -> None:
        """
        A route that throws away what goes to some of the overlay is in the way, and is called what it is; one for all
        private addresses, as routers have it, is not, since the overlay's own goes first.
        """
        black = Route(ip_network("10.77.7.0/24"), "", "blackhole")
        self.assertIn("10.77.7.0/24 (blackhole)", obstacle(OVERLAY, lambda: [black]))
        wide = Route(ip_network("10.0.0.0/8"), "", "unreachable")
        self.assertEqual(obstacle(OVERLAY, lambda: [wide]), "")

    def test_ourOwn(self) -> None:
        """
        Routes of our own tap, and to our own address wherever the kernel keeps it, are as they should be.
        """
        self.assertIsNone(overlap(ip_network(OVERLAY), ["wan0"], [route(OVERLAY, "wan0")]))
        self.assertIsNone(overlap(ip_network(OVERLAY), ["wan0", "10.77.0.2"], [route("10.77.0.2/32", "lo")]))
        self.assertEqual(overlap(ip_network(OVERLAY), ["wan0"], [route(OVERLAY, "wan1")]), route(OVERLAY, "wan1"))

    def test_alternative(self) -> None:
        """
        There is another private prefix of the same size that is free, as long as there is one.
        """
        known = [route("10.0.0.0/8"), route("172.16.0.0/12"), route("192.168.0.0/16")]
        free = alternative(ip_network(OVERLAY), known)
        assert free is not None
        self.assertEqual(free.prefixlen, 16)
        self.assertTrue(free.subnet_of(ip_network("100.64.0.0/10")))  # type: ignore[arg-type]  # of one version
        self.assertIsNone(alternative(ip_network(OVERLAY), [*known, route("100.64.0.0/10")]))
        self.assertIsNone(alternative(ip_network("8.0.0.0/5"), known))
        six = alternative(ip_network("fd00:77::/64"), [route("fd00:77::/64")])
        self.assertTrue(six is not None and six.is_private and six.prefixlen == 64)

    def test_obstacle(self) -> None:
        """
        What is said when a network is created names the route and what to do.
        """
        said = obstacle(OVERLAY, lambda: [route("10.77.1.0/24", "lan7")])
        for word in (OVERLAY, "10.77.1.0/24", "lan7", "such as 10."):
            self.assertIn(word, said)
        self.assertEqual(obstacle(OVERLAY, lambda: [route("10.78.0.0/16")]), "")


class WatchTests(SynchronousTestCase):
    """
    L{OverlapWatch}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.context = simulatedContext(self.clock, Network(self.clock, Random(0)), "192.0.2.1")
        self.known: list[Route] = []
        self.events: list[str] = []
        self.context.events.subscribe(lambda event: self.events.append(event.kind))
        self.watch = OverlapWatch(self.context, "it is lost", tell=lambda: list(self.known))
        self.addCleanup(self.watch.stop)

    def attention(self) -> list[bool]:
        return [not note.isHint for note in self.context.notes]

    def test_comesAndGoes(self) -> None:
        """
        An overlap is said when it comes, by a note and an event, and not any more when it is gone.
        """
        self.watch.start([OVERLAY], lambda: ["wan0"])
        self.watch.start([OVERLAY], lambda: ["wan0"])
        self.assertEqual(self.context.notes.texts, [])
        self.known = [route(OVERLAY, "wan0"), route("10.77.0.0/16", "wlan0")]
        self.clock.advance(ROUTES_INTERVAL)
        [text] = self.context.notes.texts
        for word in ("overlap", OVERLAY, "wlan0", "it is lost", "such as"):
            self.assertIn(word, text)
        self.assertEqual((self.attention(), self.events), ([True], ["note"]))
        self.known = [route(OVERLAY, "wan0")]
        self.clock.advance(ROUTES_INTERVAL)
        self.assertEqual((self.context.notes.texts, self.events), ([], ["note", "note-cleared"]))
        self.watch.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_aWiderRoute(self) -> None:
        """
        A wider route takes nothing from the overlay: that is a hint.
        """
        self.known = [route("10.0.0.0/8")]
        self.watch.start([OVERLAY], lambda: ["wan0"])
        self.assertEqual(self.attention(), [False])


class KernelTests(SynchronousTestCase):
    """
    What the kernel of this host says.
    """

    def test_routes(self) -> None:
        """
        There is at least the loopback interface's.
        """
        self.assertIn(route("127.0.0.0/8", "lo"), routes())

    def test_noSuchInterface(self) -> None:
        """
        A tap that is none of this host's has no interfaces.
        """
        self.assertEqual(interfacesOf("nosuch0"), [])
        self.assertEqual(interfacesOf("lo"), ["lo"])

    def test_damagedAttributes(self) -> None:
        """
        What is cut short, or of no length, ends the attributes and raises nothing.
        """
        for octets in (b"", b"\0\0\0\0", b"\x08\0\x01\0ab", b"\xff\xff\x01\0", b"\3\0\1\0"):
            self.assertLessEqual(len(attributes(octets)), 1)
        self.assertEqual(attributes(b"\x08\0\x01\x80abcd"), {1: b"abcd"})
