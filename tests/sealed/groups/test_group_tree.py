"""
Tests for L{wand.sealed.groups}: many members in simulated time.
"""

from __future__ import annotations

from math import log2

from simulated.group_members import GroupWorld
from twisted.trial.unittest import SynchronousTestCase

MANY = 1_000


class GroupTreeTests(SynchronousTestCase):
    """
    One frame to everybody.
    """

    def test_asManyCopiesAsMembers(self) -> None:
        """
        Everybody gets a frame once.  There is one copy for each, nobody makes more than 2 log2(N) sessions, and it
        arrives soon.
        """
        world = GroupWorld(MANY)
        hosts = list(world.hosts.values())
        for sender in hosts[:3]:
            handed = world.context.counters["groups-handed"]
            frame = world.broadcast(sender)
            world.clock.run(1.5)
            self.assertEqual(set(world.reached(frame)), {1})
            self.assertEqual(world.context.counters["groups-handed"] - handed, MANY - 1)
        self.assertLessEqual(max(each.sessions.begun for each in hosts), 2 * log2(MANY))
        self.assertEqual(world.context.counters.drops(), 0)
        print(max(each.sessions.begun for each in hosts), max(len(each.sessions.up) for each in hosts), sum(len(each.sessions.up) for each in hosts)/2000)
