"""
Tests for L{wand.trace} and L{wand.recent_events}: everything about one member.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.events import Event, Events, Value
from wand.recent_events import KEPT_MAXIMUM, RecentEvents
from wand.trace import Traced, traceOf

KEY = "cdecfde88fc7" + "1" * 52
OTHER = "cdecfde88fc8" + "1" * 52


def event(kind: str, **fields: Value) -> Event:
    """
    An event.
    """
    return Event(kind, 1.0, fields)


class TracedTests(SynchronousTestCase):
    def test_byTheTrace(self) -> None:
        """
        The trace, or the whole key, finds every event that names the key in any of its fields.
        """
        for text in (traceOf(KEY), KEY, KEY.upper(), "cdecfde88fc7"):
            traced = Traced(text)
            self.assertTrue(traced.isAbout(event("revoked", key=KEY, name="")))
            self.assertTrue(traced.isAbout(event("claim-conflict", winnerKey=OTHER, loserKey=KEY)))
            self.assertFalse(traced.isAbout(event("revoked", key=OTHER, name="bob")))
            self.assertFalse(traced.isAbout(event("note", note="x", text="y")))

    def test_byTheName(self) -> None:
        """
        The name finds what came before the member had it, and after it lost it, by the key that it is known to have.
        """
        events = [
            event("member-pending", name="", key=KEY),
            event("member-joined", name="bob", key=KEY),
            event("goodbye", peer="bob"),
            event("session-up", name="robert", key=KEY),
            event("member-joined", name="alice", key=OTHER),
        ]
        traced = Traced("bob")
        traced.learn(events)
        self.assertEqual([traced.isAbout(each) for each in events], [True, True, True, True, False])

    def test_namesThatLookLikeKeys(self) -> None:
        """
        A short name of hexadecimal digits is a name.
        """
        self.assertTrue(Traced("cafe").isAbout(event("goodbye", peer="cafe")))
        self.assertFalse(Traced("cdec").isAbout(event("revoked", key=KEY, name="bob")))


@given(st.text(), st.dictionaries(st.text(), st.none() | st.text() | st.integers()))
def test_anything(text: str, fields: dict[str, Value]) -> None:
    """
    Whatever is asked for and told.
    """
    Traced(text).isAbout(Event("x", 0.0, fields))


class RecentEventsTests(SynchronousTestCase):
    def test_pages(self) -> None:
        """
        The last events are there in their order, page by page, and each once.
        """
        events = Events(lambda: 0.0)
        recent = RecentEvents(events)
        for number in range(KEPT_MAXIMUM + 300):
            events.publish("x", number=number)
        found, after = [], -1
        while page := recent.after(after, 70):
            found += [each.event.fields["number"] for each in page]
            after = page[-1].number
        self.assertEqual(found, list(range(300, KEPT_MAXIMUM + 300)))

    def test_thoseThatWereForgottenMeanwhile(self) -> None:
        """
        Who asks slowly misses events, and none comes twice.
        """
        events = Events(lambda: 0.0)
        recent = RecentEvents(events)
        for _ in range(10):
            events.publish("x")
        last = recent.after(-1, 5)[-1].number
        for _ in range(KEPT_MAXIMUM):
            events.publish("y")
        self.assertEqual(recent.after(last, 5)[0].number, 10)
        self.assertEqual(recent.after(10**17, 5), [])
