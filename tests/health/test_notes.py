"""
Tests for L{wand.health.notes} and L{wand.health.failures}.
"""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.events import Event, Events
from wand.health.failures import LOG_INTERVAL, PLACES_MAXIMUM, Failures
from wand.health.notes import EVENT_INTERVAL, KIND_MAXIMUM, NOTES_MAXIMUM, Notes


class NotesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        events = Events(self.clock.seconds)
        self.told: list[Event] = []
        events.subscribe(self.told.append)
        self.notes = Notes(self.clock, events)

    def test_saidUntilCleared(self) -> None:
        """
        A note is shown until it is cleared, and an event tells of both.
        """
        self.notes.say("clock", "the clock is wrong")
        self.assertEqual(self.notes.texts, ["the clock is wrong"])
        self.notes.clear("clock")
        self.notes.clear("clock")
        self.assertEqual(self.notes.texts, [])
        self.assertEqual([event.kind for event in self.told], ["note", "note-cleared"])

    def test_saidAgain(self) -> None:
        """
        A note that is said again is one note and one event; if its text flaps, one event a minute.
        """
        for _ in range(10):
            self.notes.say("clock", "a")
        self.assertEqual(len(self.told), 1)
        for turn in range(10):
            self.notes.say("clock", "ab"[turn % 2])
        self.assertEqual(len(self.told), 1)
        self.clock.advance(EVENT_INTERVAL)
        self.notes.say("clock", "c")
        self.assertEqual((self.notes.texts, len(self.told)), (["c"], 2))

    def test_lifetime(self) -> None:
        """
        A note with a lifetime is forgotten unless it is said again.
        """
        self.notes.say("limit", "a limit was met", lifetime=10)
        self.clock.advance(9)
        self.notes.say("limit", "a limit was met", lifetime=10)
        self.clock.advance(9)
        self.assertEqual(len(self.notes.texts), 1)
        self.clock.advance(1)
        self.assertEqual(self.notes.texts, [])

    def test_bounded(self) -> None:
        """
        However many things there are to say, the memory is bounded, and the newest are kept.
        """
        for number in range(3 * NOTES_MAXIMUM):
            self.notes.say(f"peer {number}", f"{number}")
        self.assertEqual(self.notes.texts, [f"{number}" for number in range(2 * NOTES_MAXIMUM, 3 * NOTES_MAXIMUM)])

    def test_oneKindDisplacesNoOther(self) -> None:
        """
        Whoever brings about notes without end, about one address after the other, displaces none of another kind, and
        makes no more than a few events.
        """
        self.notes.say("store", "the store cannot be written")
        for number in range(3 * NOTES_MAXIMUM):
            self.notes.say(f"fight-{number}", f"{number}", lifetime=600)
        kept = [str(number) for number in range(3 * NOTES_MAXIMUM - KIND_MAXIMUM, 3 * NOTES_MAXIMUM)]
        self.assertEqual(self.notes.texts, ["the store cannot be written", *kept])
        self.assertEqual(len(self.told), 1 + KIND_MAXIMUM)

    def test_whatIsSaidLatestStays(self) -> None:
        """
        Of one kind, the one that was not said for the longest time goes.
        """
        for number in range(KIND_MAXIMUM):
            self.notes.say(f"fight-{number}", f"{number}")
        self.notes.say("fight-0", "0")
        self.notes.say("fight-new", "new")
        self.assertEqual([text for text in ("0", "1", "new") if text in self.notes.texts], ["0", "new"])

    def test_comesAndGoes(self) -> None:
        """
        What comes and goes all the time makes few events; what stays after that is told of all the same.
        """
        for _ in range(100):
            self.notes.say("late-x", "a")
            self.notes.clear("late-x")
        self.assertEqual([event.kind for event in self.told], ["note", "note-cleared"])
        self.notes.say("late-x", "a")
        self.clock.advance(EVENT_INTERVAL)
        self.notes.say("late-x", "a")
        self.assertEqual([event.kind for event in self.told], ["note", "note-cleared", "note"])


class FailuresTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.counters = Counters()
        self.notes = Notes(self.clock, Events(self.clock.seconds))
        self.failures = Failures(self.clock, self.counters, self.notes)

    def fail(self, place: str) -> None:  # type: ignore[override]
        try:
            raise KeyError(place)
        except KeyError:
            self.failures.caught(place)

    def test_counted(self) -> None:
        """
        Each failure is counted by its place; its traceback is logged once a minute, and C{wand status} tells of it.
        """
        for _ in range(5):
            self.fail("hook Audit")
        self.assertEqual(self.counters, {"drop-raised-hook-audit": 5})
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.assertIn("hook Audit failed (KeyError)", self.notes.texts[0])
        self.clock.advance(LOG_INTERVAL)
        self.fail("hook Audit")
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_bounded(self) -> None:
        """
        However many places fail, the counters are bounded.
        """
        for number in range(3 * PLACES_MAXIMUM):
            self.fail(f"plugin {number}")
        self.flushLoggedErrors(KeyError)
        self.assertEqual(self.counters["drop-raised-elsewhere"], 2 * PLACES_MAXIMUM)
        self.assertLess(len(self.counters), PLACES_MAXIMUM + 2)
