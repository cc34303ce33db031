"""
Events: what happened, told to whoever subscribed (the log, the control socket, hooks).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from twisted.logger import Logger

#: What an event's field may hold.
Value = str | int | float | bool | None


class Event(msgspec.Struct, frozen=True):
    """
    Something that happened.

    @ivar kind: what, in lower-case words with dashes: C{entry-added}.
    @ivar time: when, in seconds since the epoch.
    @ivar fields: the details, by name.
    """

    kind: str
    time: float
    fields: dict[str, Value]


class Events:
    """
    Hands each event to every subscriber, in the order of their subscriptions.

    @ivar caught: called with a place while the exception of a subscriber is handled; see
        L{wand.health.failures.Failures.caught}.
    """

    _log = Logger()

    def __init__(self, wallClock: Callable[[], float]) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        """
        self.caught: Callable[[str], object] = self._logFailure
        self._wallClock = wallClock
        self._subscribers: list[Callable[[Event], object]] = []

    def subscribe(self, subscriber: Callable[[Event], object]) -> Callable[[], None]:
        """
        Call C{subscriber} with every event from now on.

        @return: a function that ends the subscription; calling it again does nothing.
        """
        self._subscribers = [*self._subscribers, subscriber]

        def unsubscribe() -> None:
            self._subscribers = [each for each in self._subscribers if each is not subscriber]

        return unsubscribe

    @property
    def count(self) -> int:
        """
        How many subscribers there are.
        """
        return len(self._subscribers)

    def publish(self, kind: str, **fields: Value) -> None:
        """
        Tell every subscriber.  One that raises does not disturb the others.
        """
        event = Event(kind, self._wallClock(), fields)
        for subscriber in self._subscribers:
            try:
                subscriber(event)
            except Exception:
                self.caught("subscriber of events")

    def _logFailure(self, place: str) -> None:
        self._log.failure("the {place} failed", place=place)
