"""
Tests for the causes: why a way is not direct, as each situation has it, and as the operator is told.
"""

from __future__ import annotations

from string import Formatter
from typing import Final

import attrs
from documents import DOCS
from msgspec.structs import replace
from reach_case import ReachTestCase, Resident
from sealed_network_case import SERVER
from simulated.situations import CARRIER, CONE, FIREWALL, PUBLIC, SYMMETRIC, Land, Spot
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from wand.ethernet import MAC
from wand.reach_status import CandidateStatus, WhyStatus
from wand.sealed.reach.advice import ADVICE, adviceOn
from wand.sealed.reach.causes import WITH_SESSION, WITHOUT, Situation, causeOf
from wand.status import WayStatus

NOW: Final = 1000.0

DIRECT = WayStatus("198.51.100.2:7", "ipv4", ["directory"], True, 0.01, 990.0, 990.0, 900.0, "")
TRIED = replace(DIRECT, usedSince=None, isProven=False, answered=None, silent=3)
UNTRIED = replace(TRIED, asked=None, silent=0)
SIX = replace(TRIED, place="[2001:db8::2]:7", rank="ipv6")
STREAM = replace(DIRECT, place="tcp/192.0.2.2:443", rank="stream")
RELAYED = replace(DIRECT, place="relay/0123456789abcdef:7", rank="relay")
NEW = replace(RELAYED, usedSince=976.0)
DEAD = replace(RELAYED, silent=115, answered=965.0)
HOST = CandidateStatus("192.168.1.5:22222", "host", "")
MAPPED = CandidateStatus("203.0.113.9:22222", "mapped", "")

#: Relayed, with a place that was tried in vain, and nothing known of either side.
BASE = Situation("two", True, [RELAYED, TRIED], [HOST], "", [], "", True, 22222, NOW)

#: What is filled in for a way that does not answer any more.
SILENCE: Final = {"where", "silence", "suspects"}

NONE, ANY = "none", "endpoint-independent"
EACH = "address-and-port-dependent"


def _with(**changes: object) -> Situation:
    return attrs.evolve(BASE, **changes)  # type: ignore[arg-type]


#: What the cause is, and some of what is said.
CASES: Final = (
    ("unanswered", _with(ways=[DEAD, TRIED], relay="server"), "over the relay server for 35 s: the relay, the way"),
    ("unanswered", _with(ways=[replace(DIRECT, silent=9, answered=960.0)]), "from 198.51.100.2:7 for 40 s: the way"),
    ("direct", _with(ways=[replace(DIRECT, silent=2)]), "nothing needs to be done"),
    ("direct", _with(ways=[DIRECT]), "nothing needs to be done"),
    ("scattered", _with(isScattered=True, here=EACH, theirs=EACH), "UDP port 22222 to this host"),
    ("scattered", _with(isScattered=True, isUp=False, ways=[TRIED]), "balancing of datagrams"),
    ("blocked-here", _with(here="blocked", theirs=EACH), "network of this host: let UDP out"),
    ("blocked-here", _with(here="blocked", ways=[STREAM]), "network of this host: let UDP out"),
    ("blocked", _with(here="blocked", ways=[STREAM], isOneServer=True), "blocked here or there"),
    ("blocked-there", _with(theirs="blocked", here=EACH), "network of two, which is reached over TCP"),
    ("stream", _with(ways=[STREAM, TRIED]), "though it does to others"),
    ("nowhere", _with(ways=[RELAYED]), "said no place to which this host, which has IPv4,"),
    ("nowhere", _with(ways=[RELAYED], ours=[]), "this host, which has no place of its own yet, could send"),
    ("family", _with(ways=[RELAYED, SIX]), "only IPv4, and two has only IPv6"),
    ("searching", _with(ways=[replace(RELAYED, usedSince=NOW - 1), TRIED]), "in a few seconds"),
    ("hairpin", _with(outside=["198.51.100.2:9"], here=EACH, theirs=EACH), "same NAT (198.51.100.2)"),
    ("symmetric-both", _with(here=EACH, theirs=EACH), "here port 22222"),
    ("symmetric-here", _with(here=EACH, theirs=ANY), "forward UDP port 22222 to this host"),
    ("symmetric-there", _with(here=ANY, theirs=EACH), "the router there forward"),
    ("firewall-both", _with(here=NONE, theirs=NONE), "let in UDP port 22222 here"),
    ("filtered", _with(here=ANY, theirs=ANY), "a firewall beside one of them"),
    ("firewall-here", _with(here=NONE, theirs=EACH), "let UDP port 22222 in to this host"),
    ("firewall-here", _with(ours=[HOST, MAPPED], here=EACH, theirs=EACH), "let UDP port 22222 in to this host"),
    ("firewall-there", _with(here=EACH, theirs=NONE), "let its UDP port in there"),
    (
        "filtered",
        _with(here=ANY, theirs=ANY, ways=[NEW, TRIED]),
        "If it is not direct then: The NATs",
    ),
    ("one-observer-there", _with(here=ANY, outside=["203.0.113.9:9"]), "one at two is nobody"),
    ("one-observer", _with(outside=["203.0.113.9:9"]), "Direct places of both sides were tried"),
    ("unknown", BASE, "wand netcheck says, here and at two"),
    ("lost", _with(isUp=False, ways=[]), "Nobody says where two is"),
    ("idle", _with(isUp=False, ways=[UNTRIED]), "Nothing was sent to two lately"),
    ("idle", _with(isUp=False, ways=[replace(TRIED, asked=NOW - 1000)]), "wand ping two"),
    ("family", _with(isUp=False, ways=[SIX]), "only IPv4, and two has only IPv6"),
    ("unhelped", _with(isUp=False, ways=[TRIED], isHelped=False), "no server answers"),
    ("no-relay-there", _with(isUp=False, ways=[TRIED, SIX], theirs="blocked", here=EACH), "network of two, which has"),
    ("no-relay", _with(isUp=False, ways=[TRIED], here="blocked", theirs="blocked"), "UDP from this host"),
    ("no-relay", _with(isUp=False, ways=[TRIED], here="blocked"), "no relay passes on to two"),
    ("silent", _with(isUp=False, ways=[TRIED, SIX]), "did not answer 6 tries at 2 places"),
    ("silent", _with(isUp=False, ways=[replace(TRIED, silent=1)]), "did not answer 1 try at 1 place,"),
)


class CauseTests(SynchronousTestCase):
    """
    The table.
    """

    def test_each(self) -> None:
        """
        Each situation has one cause, and what is said fits.
        """
        for cause, situation, words in CASES:
            self.assertEqual(cause, causeOf(situation))
            self.assertIn(words, adviceOn(cause, situation))

    def test_all(self) -> None:
        """
        There is a case for each cause, an advice, and a row in the documentation; none mentions what is not there.
        """
        causes = {*WITH_SESSION, *WITHOUT}
        self.assertEqual(causes, set(ADVICE))
        self.assertEqual(causes, {cause for cause, _, _ in CASES})
        page = (DOCS / "reach.md").read_text()
        for cause in causes:
            self.assertIn(f"| `{cause}` |", page)
        for text in ADVICE.values():
            names = {name for _, name, _, _ in Formatter().parse(text) if name}
            self.assertLessEqual(names, {"name", "port", "ours", "theirs", "outside", "tries", "places", *SILENCE})


class SituationTests(ReachTestCase):
    """
    Whole nodes in simulated networks, which are asked why.
    """

    def why(self, one: Resident, two: Resident) -> WhyStatus:
        """
        Send something, wait until what can be found is found, and ask.
        """
        self.firstAnswer(one, two, 3.0)
        self.lostPings(one, two, 6.0)
        return self.asked(one, two)

    def asked(self, one: Resident, two: Resident) -> WhyStatus:
        """
        Ask.
        """
        answer = Deferred.fromCoroutine(one.node.reach.why(str(MAC(two.mac))))
        self.go(2.0)
        return self.successResultOf(answer)

    def settled(self, *spots: Spot) -> list[Resident]:
        """
        Nodes at the places.
        """
        return [self.resident(each.region, *each.addresses) for each in spots]

    def test_direct(self) -> None:
        """
        Wherever the way is direct that is said, on both sides, and nothing else.
        """
        land = Land(self.network)
        for kinds in ((PUBLIC, PUBLIC), (CONE, CONE), (FIREWALL, FIREWALL), (CARRIER, CONE), (SYMMETRIC, PUBLIC)):
            one, two = self.settled(*(land.spot(kind) for kind in kinds))
            self.assertEqual(["direct", "direct"], [self.why(one, two).cause, self.why(two, one).cause], kinds)

    def test_symmetric(self) -> None:
        """
        With a symmetric NAT on one side, each side says on which; with two, both say so.  That it is one shows once
        there is a second observer.
        """
        land = Land(self.network)
        observer, one, two, three = self.settled(
            land.spot(PUBLIC), land.spot(SYMMETRIC), land.spot(CONE), land.spot(SYMMETRIC)
        )
        self.assertEqual("one-observer", self.why(one, two).cause)
        for each in (one, two, three):
            self.why(each, observer)
        self.assertEqual(["symmetric-here", "symmetric-there"], [self.why(one, two).cause, self.why(two, one).cause])
        found = self.why(one, three)
        self.assertEqual("symmetric-both", found.cause)
        self.assertEqual("server", next(iter(found.relays.values())))
        self.assertIn("over the relay server", found.episodes[-1].what)

    def test_noHairpin(self) -> None:
        """
        Two homes of a carrier whose NAT does not hairpin.
        """
        land = Land(self.network)
        carrier = land.carrier()
        one, two = self.settled(land.inHome(carrier), land.inHome(carrier))
        self.assertEqual("hairpin", self.why(one, two).cause)

    def test_families(self) -> None:
        """
        IPv4 here and IPv6 there: no place is kept by a host that has no socket of its family.
        """
        land = Land(self.network)
        one, two = self.settled(land.spot(PUBLIC), land.ipv6())
        found = self.why(one, two)
        self.assertEqual("nowhere", found.cause)
        self.assertIn("which has IPv4", found.advice)
        self.assertEqual("family", self.why(two, one).cause)

    def test_firewalls(self) -> None:
        """
        A firewall that lets in nothing at all between two without a NAT.
        """
        one, two = self.settled(
            *(Spot(self.network, (host,)) for host in ("203.0.113.7", "198.51.100.7"))
        )  # on no link
        ends = {one.place.addresses[0], two.place.addresses[0]}
        self.network.drop(lambda each: {each.sender.host, each.destination.host} == ends)
        self.assertEqual("firewall-both", self.why(one, two).cause)

    def test_silence(self) -> None:
        """
        A member that is gone, with a server and without; and one to which nothing was sent.
        """
        land = Land(self.network)
        one, two = self.settled(land.spot(PUBLIC), land.spot(FIREWALL))
        self.go(1.0)
        self.assertEqual("idle", self.asked(one, two).cause)
        gone = two.place.addresses[0]
        self.network.drop(lambda each: gone in (each.sender.host, each.destination.host))
        one.ping(two)
        self.go(4.0)
        found = self.asked(one, two)
        self.assertEqual("silent", found.cause)
        self.assertTrue(any(way.silent for way in found.ways))

    def test_nobodyCanCall(self) -> None:
        """
        A firewall there, and no server through which to call.
        """
        land = Land(self.network)
        one, two = self.settled(land.spot(PUBLIC), land.spot(FIREWALL))
        self.go(1.0)
        self.network.drop(lambda each: SERVER in (each.sender.host, each.destination.host))
        self.go(120.0)
        one.ping(two)
        self.go(4.0)
        found = self.asked(one, two)
        self.assertEqual("unhelped", found.cause)
        self.assertIn("no server answers", found.advice)
