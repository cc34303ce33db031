"""
Whole nodes in random topologies: whoever has some way to another one is answered in time.
"""

from __future__ import annotations

import unittest
from collections import Counter
from itertools import permutations
from typing import Final

from hypothesis import example, given, settings
from reach_case import ReachTestCase, Resident
from simulated.topologies import MemberSketch, SiteSketch, TopologySketch, topologies
from simulated.ways import hasDirectWay, sitesOf
from twisted.trial.unittest import SynchronousTestCase

from wand.testing.filtering import Dependence
from wand.testing.sites import Firewall

#: Who is reached: a member in the open, with a direct way; one with a direct way that both have to find; and one over a
#: relay alone.
OPEN: Final = "open"
DIRECT: Final = "direct"
RELAYED: Final = "relayed"

#: Seconds until the first answer, besides those that the links take.
LIMITS: Final = {OPEN: 1.0, DIRECT: 2.0, RELAYED: 1.0}

#: How often the links may be passed until there is an answer: to the server and on to the other, there and back, for
#: the call, the handshake and the ping.
PASSES: Final = 12

#: What does not pass yet.  If in all examples everybody of a kind is answered, it must not be here.
NOT_YET: Final = frozenset()


#: What one of them sends reaches the other, whose answer does not come back the same way: both NATs change ports with
#: the destination, and one of them lets everybody in.
ONE_WAY: Final = TopologySketch(
    sites=(
        SiteSketch(0, "nat", Dependence.ADDRESS_AND_PORT_DEPENDENT, Dependence.ADDRESS_AND_PORT_DEPENDENT),
        SiteSketch(0, "nat", Dependence.ADDRESS_AND_PORT_DEPENDENT, Dependence.ENDPOINT_INDEPENDENT),
    ),
    members=(MemberSketch(2, "4"), MemberSketch(1, "46")),
)


#: Every datagram comes from a place that was never seen, and is let in: questions must not beget questions without end.
ALWAYS_ELSEWHERE: Final = TopologySketch(
    sites=(
        SiteSketch(
            0, "nat", Dependence.ADDRESS_AND_PORT_DEPENDENT, Dependence.ENDPOINT_INDEPENDENT, "random", hairpin=True
        ),
    ),
    members=(MemberSketch(1, "4"), MemberSketch(1, "46")),
)


class Example(ReachTestCase):
    """
    The nodes of one topology, of which each pings each.

    @ivar results: how many pings of each kind were answered in time, and how many were not.
    """

    def __init__(self, sketch: TopologySketch) -> None:
        super().__init__("measure")
        self.results: Counter[tuple[str, bool]] = Counter()
        self.slow: list[str] = []
        self._sketch = sketch

    def measure(self) -> None:
        """
        Let them ping each other.
        """
        residents = [self.resident(each.network, *each.addresses) for each in self._sketch.hosts(self.network)]
        slack = PASSES * sum(each.delay for each in self._sketch.sites)
        for one, two in permutations(residents, 2):
            kind = kindOf(one, two)
            limit = LIMITS[kind] + slack
            answered = (kind in NOT_YET and self.results[kind, False] > 0) or self._isAnswered(one, two, limit)
            self.results[kind, answered] += 1
            if not answered and kind not in NOT_YET:
                self.slow.append(f"{one.place.addresses} to {two.place.addresses}, {kind}, within {limit} s")
        self.assertEqual(self.slow, [])

    def _isAnswered(self, one: Resident, two: Resident, limit: float) -> bool:
        return self.firstAnswer(one, two, limit) <= limit


def kindOf(one: Resident, two: Resident) -> str:
    """
    What kind of a way there is from one to another.  All of them reach the server, so there is one.
    """
    if not hasDirectWay(one.place, two.place):
        return RELAYED
    families = {":" in each for each in one.place.addresses} & {":" in each for each in two.place.addresses}
    isOpen = not any(isinstance(site, Firewall) for site in sitesOf(two.place))
    return OPEN if isOpen and families else DIRECT


class RandomTopologyTests(SynchronousTestCase):
    """
    Any two members reach each other.
    """

    def test_anyTwo(self) -> None:
        """
        Whoever is pinged answers in time, wherever both are.
        """
        results: Counter[tuple[str, bool]] = Counter()

        @settings(max_examples=50, deadline=None)
        @example(ONE_WAY)
        @example(ALWAYS_ELSEWHERE)
        @given(topologies(blocks=False))
        def check(sketch: TopologySketch) -> None:
            example, result = Example(sketch), unittest.TestResult()
            example.run(result)
            self.assertTrue(result.wasSuccessful(), [text for _, text in result.errors + result.failures])
            results.update(example.results)

        check()
        for kind in LIMITS:
            self.assertGreater(results[kind, True] + results[kind, False], 0, f"{kind} was not seen at all")
        for kind in NOT_YET:
            self.assertGreater(results[kind, False], 0, f"{kind} passes: take it out of NOT_YET")
