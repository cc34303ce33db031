"""
Failures: what happens when a call that crosses a boundary (a datagram, a frame, a plugin, a hook, a store, a control
message) raises.  What it was about is dropped, counted by its place and logged; the caller goes on.

    try:
        receiver.datagramReceived(datagram, sender)
    except Exception:
        failures.caught("datagram")
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from copy import copy
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.counters import Counters
from wand.health.notes import Notes
from wand.health.origin import attributed

#: Seconds between two tracebacks of one place in the log.
LOG_INTERVAL: Final = 60.0

#: For how many seconds C{wand status} shows a failure.
NOTE_LIFETIME: Final = 3600.0

#: How many places are told apart; more are counted together.
PLACES_MAXIMUM: Final = 64


class Failures:
    """
    Counts and logs exceptions that were caught.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, counters: Counters, notes: Notes) -> None:
        self._clock = clock
        self._counters = counters
        self._notes = notes
        self._logged: dict[str, float] = {}
        self._owner = ""
        self._raised: Counter[tuple[str, type]] = Counter()  # by the place or the owner, and the class that raised
        self._silent: Counter[tuple[str, type]] = Counter()

    def within(self, owner: str) -> Failures:
        """
        The same for what a plugin does, so that whatever fails counts for it.

        @param owner: its kind and its name: C{hook audit}.
        """
        its = copy(self)
        its._owner = owner
        return its

    def of(self, owner: str, opened: object) -> tuple[int, int]:
        """
        How often a plugin failed.

        @param owner: see L{within}.
        @param opened: what it opened.
        @return: how often it raised, and how often it did not answer in time.
        """
        raised, silent = (
            sum(count for (place, kind), count in tally.items() if place == owner or kind is type(opened))
            for tally in (self._raised, self._silent)
        )
        return raised, silent

    def caught(self, place: str, failure: Failure | None = None, plugin: object = None) -> None:
        """
        Count and log the exception that is being handled.

        @param place: what raised, for people and for the counter C{drop-raised-PLACE}: C{datagram}, C{hook audit}.
        @param failure: the exception, if it is not the one that is being handled.
        @param plugin: the object that raised, if it may come from another distribution, which is named then.
        """
        place = self._countOne(place, self._raised, plugin)
        if not self._mayLog(place):
            return
        error = sys.exception() if failure is None else failure.value
        what = attributed(place, plugin)
        self._log.failure("{what} failed; what it was about is dropped", failure=failure, what=what)
        self._notes.say(
            f"raised-{place}",
            f"{what} failed ({type(error).__name__}) and what it was about was dropped; "
            "the log has the details: please report them",
            lifetime=NOTE_LIFETIME,
        )

    def silent(self, place: str, seconds: float, plugin: object = None) -> None:
        """
        Count and log that somebody did not answer in time.

        @param seconds: how long it had.
        @param plugin: see L{caught}.
        """
        place = self._countOne(place, self._silent, plugin)
        if not self._mayLog(place):
            return
        text = f"{attributed(place, plugin)} did not answer within {seconds:g} s, and the program went on without it"
        self._log.error("{text}", text=text)
        self._notes.say(f"raised-{place}", f"{text}; find out what keeps it", lifetime=NOTE_LIFETIME)

    def _countOne(self, place: str, tally: Counter[tuple[str, type]], plugin: object) -> str:
        if place not in self._logged and len(self._logged) >= PLACES_MAXIMUM:
            place = "elsewhere"
        counter = f"drop-raised-{re.sub('[^a-z0-9]+', '-', place.lower())}"
        self._counters.declare({counter: f"dropped because of a fault in the program or a plugin: {place}"})
        self._counters[counter] += 1
        tally[self._owner or place, type(plugin)] += 1
        return place

    def _mayLog(self, place: str) -> bool:
        now = self._clock.seconds()
        if now - self._logged.get(place, float("-inf")) < LOG_INTERVAL:
            return False
        self._logged[place] = now
        return True
