"""
Tests for L{wand.events} and L{wand.counters}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.event_log import SUMMARY_INTERVAL, EventLog
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


class EventLogTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.events = Events(self.clock.seconds)
        self.events.subscribe(EventLog(self.clock).told)
        self.lines: list[str | None] = []
        globalLogPublisher.addObserver(self.logged)
        self.addCleanup(globalLogPublisher.removeObserver, self.logged)

    def logged(self, event: LogEvent) -> None:
        if event.get("log_namespace") == "wand.events":
            self.lines.append(formatEvent(event))

    def test_aLineForEach(self) -> None:
        """
        An event is a line in the log.
        """
        self.events.publish("goodbye", peer="alice")
        self.assertEqual(self.lines, ["goodbye: peer alice"])

    def test_oneKindDoesNotFillTheLog(self) -> None:
        """
        Whoever brings about events without end, of one kind, fills no disk and hides none of another kind.
        """
        for _ in range(1000):
            for _ in range(50):
                self.events.publish("goodbye", peer="mallory")
            self.clock.advance(1)
        self.events.publish("revoked", key="00")
        self.assertLessEqual(len(self.lines), 50 + 1000 + 1)
        self.assertEqual(self.lines[-1], "revoked: key 00")

    def test_manyTogether(self) -> None:
        """
        When thousands come at once, the first are told, and the rest soon in one line.
        """
        for number in range(1000):
            self.events.publish("member-online", name=f"m{number}")
        self.assertEqual(len(self.lines), 50)
        self.clock.advance(SUMMARY_INTERVAL)
        self.assertEqual(self.lines[50:], ["member-online: 950 more, the last: name m999"])
        self.assertEqual(self.clock.getDelayedCalls(), [])


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
