"""
Tests for L{wand.events} and L{wand.counters}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.events import Event, Events


class EventsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(7)
        self.events = Events(self.clock.seconds)

    def test_everySubscriberIsTold(self) -> None:
        """
        Each event reaches every subscriber, with its time.
        """
        first: list[Event] = []
        second: list[Event] = []
        self.events.subscribe(first.append)
        self.events.subscribe(second.append)
        self.events.publish("something", mac="x")
        self.assertEqual(first, [Event("something", 7.0, {"mac": "x"})])
        self.assertEqual(second, first)

    def test_unsubscribe(self) -> None:
        """
        Who unsubscribed is told no more, and may unsubscribe again.
        """
        told: list[Event] = []
        unsubscribe = self.events.subscribe(told.append)
        unsubscribe()
        unsubscribe()
        self.events.publish("something")
        self.assertEqual(told, [])

    def test_oneThatRaisesDisturbsNobody(self) -> None:
        """
        A subscriber that raises is logged, and the next one is told.
        """
        told: list[Event] = []

        def fail(event: Event) -> None:
            raise ZeroDivisionError

        self.events.subscribe(fail)
        self.events.subscribe(told.append)
        self.events.publish("something")
        self.assertEqual(len(told), 1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class CountersTests(SynchronousTestCase):
    def test_undeclaredNamesAreNotCounted(self) -> None:
        """
        Counting under a name that nobody declared fails, so that a typing error loses nothing.
        """
        counters = Counters()
        with self.assertRaises(KeyError):
            counters["drop-rnut"] += 1

    def test_declaredAgain(self) -> None:
        """
        Declaring a counter again keeps its count.
        """
        counters = Counters()
        counters.declare({"drop-runt": "too short"})
        counters["drop-runt"] += 3
        counters.declare({"drop-runt": "too short", "frames": "all"})
        self.assertEqual(counters, {"drop-runt": 3, "frames": 0})

    def test_drops(self) -> None:
        """
        The sum of all drops counts drops and nothing else.
        """
        counters = Counters()
        counters.declare({"drop-a": "", "drop-b": "", "frames": ""})
        counters.update({"drop-a": 1, "drop-b": 2, "frames": 4})
        self.assertEqual(counters.drops(), 3)
