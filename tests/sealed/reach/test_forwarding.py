"""
Tests for what a relay does when many use it, and one of them floods it.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.ethernet import Frame
from wand.sealed.reach import relay_channels
from wand.sealed.reach.forwarding import Forwarding
from wand.sealed.reach.relay_channels import CHANNELS_ALWAYS, IDLE, Channel, Channels
from wand.sealed.reach.relay_quota import BURST_LEAST, Quota, RelaySettings
from wand.sealed.sessions.packets import RELAY_LAYOUT, RELAYED
from wand.underlay.slots import Slots

#: Pairs of members.
PAIRS = 500

#: Octets of a relayed datagram.
SIZE = 1_000


@attrs.define
class Sink:
    """
    A place, and the port that sends there: counts the calls.

    @ivar looks: how often somebody looked where it is.
    """

    where: tuple[str, int]
    sends: int = 0
    looks: int = 0
    wasTooLong: bool = False
    wasRefused: bool = False

    @property
    def endpoint(self) -> tuple[str, int]:
        """
        Where it is.
        """
        self.looks += 1
        return self.where

    @property
    def port(self) -> Sink:
        """
        What sends there.
        """
        return self

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        Send one datagram.
        """
        self.sends += 1
        return True

    def sendParts(self, parts: Sequence[Frame], destination: tuple[str, int]) -> bool:
        """
        Send one datagram.
        """
        raise NotImplementedError

    def sendTrain(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> bool:
        """
        Send a train.
        """
        self.sends += 1
        return True


class ManyMembersTests(SynchronousTestCase):
    """
    A relay for a thousand members.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.counters = Counters()
        self.ended: list[Channel] = []
        settings = RelaySettings(megabits=1, channels=64)
        self.channels = Channels(self.clock, Random(1).randbytes, settings, self.ended.append)
        self.forwarding = Forwarding(self.channels.byNumber, self.clock.seconds, self.counters)
        self.places = [Sink((f"10.0.{number >> 8}.{number & 255}", 22222)) for number in range(2 * PAIRS)]
        self.made = [self.make(2 * pair, 2 * pair + 1) for pair in range(PAIRS)]

    def make(self, one: int, other: int) -> Channel:
        """
        Make a channel between two of the places.
        """
        ends = [(number.to_bytes(32, "big"), self.places[number]) for number in (one, other)]
        channel = self.channels.make(ends[0], ends[1])
        assert channel is not None
        return channel

    def train(self, pair: int, count: int) -> None:
        """
        A train of the first member of a pair.
        """
        number = self.made[pair].number
        memory = memoryview((RELAY_LAYOUT.pack(RELAYED, number) + b"\x04" + bytes(SIZE - 9)) * count)
        where = self.places[2 * pair].where
        self.forwarding.relayedTrainReceived(number, Slots(SIZE, memory), 0, count, SIZE, SIZE, where)

    def test_aThousandMembersAndAFlood(self) -> None:
        """
        While one member sends a hundred times as much as it may, all others get through whole; and for what is too much
        nothing is done but to find its channel and look at its quota.
        """
        sent = flooded = 0
        for _ in range(10):
            self.clock.advance(0.1)
            for _ in range(20):
                self.train(0, 60)
                flooded += 60
            for pair in range(1, PAIRS):
                self.train(pair, 10)
                sent += 10
        passed = self.places[1].sends
        others = [self.places[2 * pair + 1].sends for pair in range(1, PAIRS)]
        self.assertEqual(others, [10] * (PAIRS - 1))
        self.assertLessEqual(passed * 60 * SIZE, BURST_LEAST + 125_000)
        self.assertEqual(self.counters["drop-relay-quota"], flooded - 60 * passed)
        self.assertEqual(self.counters["relay-datagrams"], sent + 60 * passed)
        self.assertEqual(self.places[0].looks, 200)
        self.assertLessEqual(self.places[1].looks, 4 * passed)

    def test_nothingIsDoneForEachMember(self) -> None:
        """
        A train of one pair looks at none of the others.
        """
        for place in self.places:
            place.looks = 0
        self.train(7, 10)
        self.assertEqual([number for number, each in enumerate(self.places) if each.looks], [14, 15])

    def test_onlySoManyWhenFull(self) -> None:
        """
        When there are too many in all, a member still gets its first few.
        """
        self.patch(relay_channels, "CHANNELS_MAXIMUM", PAIRS)
        for number in range(CHANNELS_ALWAYS - 1):
            self.make(0, 2 * number + 3)
        ends = [(number.to_bytes(32, "big"), self.places[number]) for number in (0, 999)]
        self.assertIsNone(self.channels.make(ends[0], ends[1]))

    def test_idleOnesEnd(self) -> None:
        """
        Those in which something passes stay; the others end, and nothing of them is left.
        """
        for _ in range(5):
            self.clock.advance(IDLE / 4)
            self.train(3, 1)
        self.assertEqual((len(self.channels), len(self.ended)), (1, PAIRS - 1))
        self.assertEqual(len(self.channels._served), 2)
        self.channels.end(self.made[3])
        self.channels.end(self.made[3])
        self.assertEqual(len(self.channels._served), 0)
        self.channels.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class QuotaTests(SynchronousTestCase):
    """
    A bucket of octets.
    """

    def test_rate(self) -> None:
        """
        In the long run so much passes as the rate says, and at once a quarter of a second's worth; a train always.
        """
        quota = Quota(80, 0.0)
        self.assertTrue(quota.mayPass(0.0, 2_500_000))
        self.assertFalse(quota.mayPass(0.0, 1))
        self.assertTrue(quota.mayPass(0.1, 1_000_000))
        self.assertFalse(quota.mayPass(0.1, 1))
        self.assertEqual(quota.octets, 3_500_000)
        self.assertTrue(Quota(1, 0.0).mayPass(0.0, BURST_LEAST))
