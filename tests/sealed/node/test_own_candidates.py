"""
Tests for L{wand.sealed.node.own_candidates}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.events import Events
from wand.health.notes import Notes
from wand.interfaces import CandidateKind, OwnCandidate
from wand.sealed.node.own_candidates import OBSERVED_MAXIMUM, OBSERVERS_MAXIMUM, SOURCE_MAXIMUM, OwnCandidates

PORT = 40000
SERVERS = [b"server 1", b"server 2"]


def candidate(endpoint: str, kind: CandidateKind = "host") -> OwnCandidate:
    """
    A candidate.
    """
    return OwnCandidate(Endpoint.parse(endpoint, PORT), kind, "from a test")


class OwnCandidatesTests(SynchronousTestCase):
    """
    L{OwnCandidates}.
    """

    def setUp(self) -> None:
        clock = Clock()
        self.notes = Notes(clock, Events(clock.seconds))
        self.overlay = "10.77."
        self.own = OwnCandidates(
            PORT, lambda host: not host.startswith(self.overlay), lambda by: by in SERVERS, self.notes
        )
        self.changes = 0
        self.own.onChange(self.changed)

    def changed(self) -> None:
        """
        They are others.
        """
        self.changes += 1

    def kinds(self) -> list[str]:
        """
        What there is.
        """
        return [f"{each.kind} {each.endpoint}" for each in self.own.candidates()]

    def test_theBestFirst(self) -> None:
        """
        What is reached from everywhere comes first, whatever source told it when; within a kind the order is that of
        the source.
        """
        self.own.tell("interfaces", [candidate("192.168.1.2"), candidate("192.168.1.1")])
        self.own.observed(Endpoint("203.0.113.9", 7), SERVERS[0])
        self.own.tell("configured", [candidate("203.0.113.8", "configured")])
        self.own.tell("pcp", [candidate("203.0.113.9", "mapped")])
        expected = [
            "mapped 203.0.113.9:40000",
            "configured 203.0.113.8:40000",
            "observed 203.0.113.9:7",
            "host 192.168.1.2:40000",
            "host 192.168.1.1:40000",
        ]
        self.assertEqual(self.kinds(), expected)
        self.assertEqual(self.changes, 4)

    def test_mappedElsewhere(self) -> None:
        """
        A router that says something else than servers see is not believed, whoever it was that answered, and the
        operator is told; without a server, any public address is believed, and no well-known port.
        """
        self.own.tell("pcp", [candidate("198.51.100.66:4444", "mapped")])
        self.assertEqual(self.kinds(), ["mapped 198.51.100.66:4444"])
        self.own.observed(Endpoint("203.0.113.9", 7), b"member")
        self.own.observed(Endpoint("192.168.1.2", 7), SERVERS[1])  # a server on our LAN says nothing of what is outside
        self.assertIn("mapped 198.51.100.66:4444", self.kinds())
        self.own.observed(Endpoint("203.0.113.9", 7), SERVERS[0])
        self.assertEqual([each for each in self.kinds() if "mapped" in each], [])
        self.assertIn("198.51.100.66:4444 (from a test) is not told to others", "".join(self.notes.texts))
        self.own.tell("pcp", [candidate("203.0.113.9:4444", "mapped")])
        self.assertIn("mapped 203.0.113.9:4444", self.kinds())
        self.assertNotIn("is not told to others", "".join(self.notes.texts))
        self.own.moved()
        for endpoint in ("198.51.100.66:53", "10.0.0.9:4444", "127.0.0.1:4444"):
            self.own.tell("pcp", [candidate(endpoint, "mapped")])
            self.assertEqual(self.kinds(), [])

    def test_wellKnownPorts(self) -> None:
        """
        To a port of a well-known service nobody is sent by what a router says, be it behind a NAT itself or not; our
        own port is no such word.
        """
        said = [candidate("198.51.100.7:53", "mapped"), candidate("10.0.0.1:53"), candidate("100.64.0.1:1023")]
        self.own.tell("pcp", said)
        self.assertEqual(self.kinds(), [])
        self.own.tell("pcp", [candidate("10.0.0.1:1024")])
        self.assertEqual(self.kinds(), ["host 10.0.0.1:1024"])

    def test_forServers(self) -> None:
        """
        A server sees for itself where we come from.
        """
        self.own.tell("interfaces", [candidate("192.168.1.2")])
        self.own.observed(Endpoint("203.0.113.9", 7), SERVERS[0])
        self.assertEqual(self.own.endpoints(), ["192.168.1.2:40000"])

    def test_once(self) -> None:
        """
        An endpoint that is known in several ways is there once, as the best of them; what does not change is not told.
        """
        self.own.tell("interfaces", [candidate("203.0.113.9")])
        self.own.tell("pcp", [candidate("203.0.113.9", "mapped")])
        self.assertEqual(self.kinds(), ["mapped 203.0.113.9:40000"])
        self.own.tell("pcp", [candidate("203.0.113.9", "mapped")])
        self.own.observed(Endpoint("203.0.113.9", PORT), SERVERS[0])
        self.assertEqual(self.changes, 2)
        self.own.tell("pcp", [])
        self.assertEqual(self.kinds(), ["host 203.0.113.9:40000"])

    def test_heardAtAnAddressOfOurOwn(self) -> None:
        """
        An address of this host at which members hear it, too, is announced as before.
        """
        self.own.tell("interfaces", [candidate("192.168.1.2")])
        for by in (b"one", b"two", SERVERS[0]):
            self.own.observed(Endpoint("192.168.1.2", PORT), by)
        self.assertEqual(self.own.endpoints(), ["192.168.1.2:40000"])

    def test_membersDoNotOutvoteAServer(self) -> None:
        """
        However many members say otherwise, what a server observed counts.
        """
        self.own.observed(Endpoint("203.0.113.9", 7), SERVERS[0])
        for number in range(2 * OBSERVERS_MAXIMUM):
            self.own.observed(Endpoint("203.0.113.66", 1 + number % 2), b"liar %d" % number)
        self.assertIn("observed 203.0.113.9:7", self.kinds())

    def test_addressesOfThisHost(self) -> None:
        """
        An address of this host is one, also where others hear it, and whatever routers map.
        """
        self.own.tell("interfaces", [candidate("203.0.113.9")])
        self.own.tell("pcp", [candidate("10.0.0.9")])
        self.own.observed(Endpoint("203.0.113.9", PORT), SERVERS[0])
        self.assertEqual({"203.0.113.9"}, self.own.addresses())

    def test_overlay(self) -> None:
        """
        Addresses of the overlay are none, and are looked at again when we join a network.
        """
        self.own.tell("interfaces", [candidate("10.77.0.1"), candidate("10.78.0.1")])
        self.assertEqual(self.kinds(), ["host 10.78.0.1:40000"])
        self.overlay = "10.78."
        self.own.refresh()
        self.assertEqual(self.kinds(), ["host 10.77.0.1:40000"])
        self.assertEqual(self.changes, 2)

    def test_members(self) -> None:
        """
        What one member observed is believed when a second one agrees: nobody can have others send to a third party.
        """
        victim = Endpoint("198.51.100.66", 53)
        for _ in range(3):
            self.own.observed(victim, b"member 1")
        self.assertEqual((self.kinds(), self.changes), ([], 0))
        self.own.observed(victim, b"member 2")
        self.assertEqual(self.kinds(), ["observed 198.51.100.66:53"])
        self.own.observed(Endpoint("203.0.113.9", 7), b"member 1")
        self.assertEqual(self.kinds(), [])

    def test_fewObserved(self) -> None:
        """
        However many others observe, few endpoints are candidates, servers' before members'; what many say comes first,
        and what is new before what is old.
        """
        for number in range(100):
            self.own.observed(Endpoint("198.51.100.66", number + 1), f"member {number}".encode())
            self.own.observed(Endpoint("198.51.100.66", number // 2 + 1), f"other {number}".encode())
        self.assertLessEqual(len(self.own._observed), OBSERVERS_MAXIMUM)
        for number, server in enumerate(SERVERS):
            self.own.observed(Endpoint("203.0.113.9", number + 1), server)
        for number in range(100):
            self.own.observed(Endpoint("198.51.100.66", 99), f"late {number}".encode())
            self.assertIn("observed 203.0.113.9:2", self.kinds())
            self.assertLessEqual(len(self.kinds()), OBSERVED_MAXIMUM)
        self.assertEqual(len(self.own._observed), OBSERVERS_MAXIMUM)
        self.assertEqual(set(SERVERS) - self.own._observed.keys(), set())

    def test_moved(self) -> None:
        """
        On a host that moved, what others observed before is of no use.
        """
        self.own.observed(Endpoint("203.0.113.9", 7), SERVERS[0])
        self.own.moved()
        self.assertEqual((self.kinds(), self.changes), ([], 2))

    def test_tooMany(self) -> None:
        """
        Of a source that tells too many the first count.
        """
        self.own.tell("mad", [candidate(f"192.0.2.{number}") for number in range(1, 200)])
        self.assertEqual(len(self.kinds()), SOURCE_MAXIMUM)

    def test_elsewhere(self) -> None:
        """
        That our port has another number outside is said, as a hint, once two at different addresses see the same; it
        is no more when it has the same number somewhere.
        """
        self.own.tell("interfaces", [candidate("192.168.1.2")])
        self.own.observed(Endpoint("203.0.113.9", PORT), SERVERS[0])
        self.assertEqual(self.notes.texts, [])
        for server, at in ((0, "192.0.2.1"), (1, "192.0.2.1")):
            self.own.observed(Endpoint("203.0.113.9", 50123), SERVERS[server], at)
            self.assertEqual(self.notes.texts, [])
        self.own.observed(Endpoint("203.0.113.9", 50123), SERVERS[1], "192.0.2.2")
        [note] = self.notes
        self.assertTrue(note.isHint)
        self.assertIn("UDP port 40000 at 203.0.113.9:50123", note.text)
        self.own.tell("pcp", [candidate("203.0.113.9", "mapped")])
        self.assertEqual(self.notes.texts, [])

    def test_elsewhereForEach(self) -> None:
        """
        Of a NAT that takes another port for each destination it is never said that its ports are as good.
        """
        for number, at in enumerate(("192.0.2.1", "192.0.2.2")):
            self.own.observed(Endpoint("203.0.113.9", 50123), SERVERS[number], at)
        self.assertIn("that is as good", self.notes.texts[0])
        self.own.observed(Endpoint("203.0.113.9", 50124), b"member", "192.0.2.3")
        self.assertEqual(self.notes.texts, [])
