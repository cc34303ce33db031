"""
Tests for L{wand.twistd.standstill}, without a thread.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from twisted.internet.task import Clock

from wand.events import Events
from wand.health.notes import Notes
from wand.twistd.standstill import Standstill


class Reactor:
    """
    Stands still or goes on, as a test says.
    """

    isWaiting = False
    woke = 1.0
    isTold = False

    def callFromThread(self, f: Callable[..., Any], *args: object, **kwargs: object) -> None:
        """
        See L{wand.twistd.standstill.Turning}.
        """
        f(*args, **kwargs)


def makeStandstill() -> tuple[Reactor, Notes, list[int], Standstill]:
    """
    What looks, and what it looks at.
    """
    clock, reactor, ended = Clock(), Reactor(), list[int]()
    notes = Notes(clock, Events(clock.seconds))
    return reactor, notes, ended, Standstill(reactor, notes, ended.append)


def test_aProgramThatWorks() -> None:
    """
    One that waits for events, or had some since the last look, does not stand still.
    """
    reactor, notes, ended, standstill = makeStandstill()
    reactor.isWaiting = True
    for _ in range(3):
        standstill.look(None)
    reactor.isWaiting = False
    for woke in (2.0, 3.0, 4.0):
        reactor.woke = woke
        standstill.look(None)
    assert not [*notes]
    assert not ended


def test_aProgramThatStandsStill() -> None:
    """
    What it waited for is a note once it goes on, with the place; and it goes on, if nobody told it to end.
    """
    reactor, notes, ended, standstill = makeStandstill()
    for _ in range(3):
        standstill.look(sys._getframe())
    assert not ended
    reactor.woke = 2.0
    standstill.look(None)
    (note,) = notes
    assert "stood still for about 10 s, because of test_aProgramThatStandsStill, at " in note.text
    assert f"{__file__}:" in note.text
    standstill.look(None)
    assert len(notes.texts) == 1


def test_aProgramThatIsToEnd() -> None:
    """
    One that stands still while it is told to end is ended.
    """
    reactor, _, ended, standstill = makeStandstill()
    reactor.isTold = True
    standstill.look(None)
    assert not ended
    standstill.look(None)
    assert ended == [1]
