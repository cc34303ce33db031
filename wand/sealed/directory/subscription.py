"""
A subscription: one directory server, to which we announce ourselves, and which tells us of others.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.events import Events
from wand.interfaces.control_messages import Sessions
from wand.sealed.directory.following import Following, NextStep
from wand.sealed.directory.messages import Announced, Found, Page, parse
from wand.sealed.directory.own_announcement import OwnAnnouncement
from wand.timing.timer import Timer

#: Seconds until the first repetition; doubled for each further one.
REPEAT_FIRST: Final = 1.0

#: Seconds between repetitions, at most.
REPEAT_MAXIMUM: Final = 30.0

#: Seconds from an answer to the next question, at most; well below the time after which a server takes us for gone.
HEARTBEAT: Final = 60.0

#: By which part a wait is shortened at random, at most.
WAIT_JITTER: Final = 0.25

#: Seconds until a question about something that a push showed to be missing, at most.
HASTENED_WITHIN: Final = 0.5

#: After how many questions without an answer a server is silent.
SILENT_AFTER: Final = 3


class Subscription:
    """
    Decides when one server is told of us and asked for its log, and what its silence means.

    @ivar server: its identity.
    @ivar name: what people call it.
    @ivar state: C{asking}, C{answered} or C{silent}.
    @ivar answered: when it was last heard, in the clock's seconds; C{None} for never.
    @ivar reader: reads its log, or looks for members there.
    @ivar members: how many members it has, as it says; C{None} before it did.
    @ivar release: which version of the program it runs, as it says.
    @ivar groups: does it say that the network wants frames to groups?
    """

    def __init__(
        self,
        server: bytes,
        name: str,
        sessions: Sessions,
        own: OwnAnnouncement,
        clock: IReactorTime,
        random: Random,
        events: Events,
        counters: Counters,
        reader: Following,
        *,
        unanswered: Callable[[], object],
        counted: Callable[[bytes], object],
    ) -> None:
        """
        @param reader: reads the server's log, or looks for members there.
        @param unanswered: called before each question to a server that does not answer.
        @param counted: called with the server when it says how many members there are, or told of some.
        """
        self.server = server
        self.name = name
        self.state = "asking"
        self.answered: float | None = None
        self.reader = reader
        self.members: int | None = None
        self.groups = True
        self.release = ""
        self._sessions = sessions
        self._own = own
        self._clock = clock
        self._random = random
        self._events = events
        self._counters = counters
        self._lookAgain = unanswered
        self._counted = counted
        self._acknowledged: tuple[int, int] | None = None
        self._unanswered = 0
        self._tries = 0
        self._timer = Timer(clock, self._due)

    def exchange(self) -> None:
        """
        Announce ourselves, unless the server knows, and ask; again when it is time.
        """
        if self._unanswered == SILENT_AFTER:
            self._silent()
        if self._unanswered >= SILENT_AFTER:
            self._lookAgain()
        self._own.refresh()
        if not self._isAnnounced and self._own.message:
            self._counters["directory-announces"] += 1
            self._sessions.sendControl(self.server, self._own.message)
        self.reader.ask()
        if self._isAnnounced and not self.reader.wantsAnswer:  # the session shows whether the server is there
            self._rest()
            return
        wait = min(REPEAT_MAXIMUM, REPEAT_FIRST * 2.0 ** min(self._tries, 16))
        self._unanswered += 1
        self._tries += 1
        self._schedule(wait)

    def hasten(self, seconds: float = HASTENED_WITHIN) -> None:
        """
        Announce and ask within some seconds, at a random moment.
        """
        when = seconds * self._random.random()
        if self._timer.due > self._clock.seconds() + when:
            self._timer.set(when)

    def sessionUp(self) -> None:
        """
        There is a session with the server now.
        """
        self._tries = 0
        self.reader.sessionUp()
        self.hasten()

    def sessionDown(self) -> None:
        """
        The server said goodbye, or no longer answers: try it again soon, and then less and less often.
        """
        self._silent()
        self._tries = 0
        self._unanswered = max(self._unanswered, SILENT_AFTER)
        self._schedule(REPEAT_FIRST)

    def begin(self) -> None:
        """
        There is something new to announce, or this host moved: let the server see it now, and again soon if need be.
        """
        self._tries = 0
        self.exchange()

    def received(self, octets: bytes) -> None:
        """
        The server sent something.
        """
        message = parse(octets)
        if isinstance(message, (Page, Found)):
            self._heard()
            self._took(self.reader.take(message))
            if self.members is not None:
                self._counted(self.server)
        elif isinstance(message, Announced):
            self._heard()
            self._standing(message)
        else:
            self._counters["drop-directory-malformed"] += 1

    def readAgain(self) -> None:
        """
        Ask for everything again.
        """
        self.reader.readAgain()
        self.hasten()

    def announceAgain(self) -> None:
        """
        Have the server say again what it has of us, and how many members there are.
        """
        self._acknowledged = None
        self.hasten()

    def follow(self, reader: Following) -> None:
        """
        Learn from the server in another way from now on.
        """
        self.reader.stop()
        self.reader = reader
        self.readAgain()

    def stop(self) -> None:
        """
        Stop asking, and leave no timer behind.
        """
        self.reader.stop()
        self._timer.stop()

    # What the server says.

    def _standing(self, message: Announced) -> None:
        before, self._acknowledged = self._acknowledged, (message.epoch, message.number)
        if self._own.order is not None and message.epoch > self._own.order[0]:
            self._own.overtaken(message.epoch)
        if before is not None and self._acknowledged < before:
            self.reader.sessionUp()  # it knows nothing of what we were told before, though our session may stand
        self.members, self.groups, self.release = message.members, message.groups, message.release
        self._counted(self.server)
        isBehind = self.reader.isBehind(message.instance, message.newest)
        if not self._isAnnounced:
            if self._acknowledged != before:  # else it refuses what we announce, and hears it again in its time
                self.hasten(REPEAT_FIRST)
        elif isBehind and not self.reader.isAsking:
            self.hasten()
        elif not isBehind:
            self._rest()

    def _took(self, step: NextStep) -> None:
        if step is NextStep.ASK and self.members is not None:
            self._tries = 0
            self.reader.ask()
            self._schedule(REPEAT_FIRST)
        elif step in (NextStep.ASK, NextStep.ASK_SOON):
            self.hasten()
        elif step is NextStep.REST:
            self._rest()

    def _silent(self) -> None:
        if self.state != "silent":
            self.state = "silent"
            self._events.publish("directory-silent", directory=self.name)

    def _heard(self) -> None:
        self.answered = self._clock.seconds()
        self._unanswered = 0
        if self.state != "answered":
            kind = "directory-recovered" if self.state == "silent" else "directory-answered"
            self.state = "answered"
            self._events.publish(kind, directory=self.name)

    # When the next exchange is due.

    @property
    def _isAnnounced(self) -> bool:
        return self._acknowledged is not None and self._acknowledged == self._own.order

    def _rest(self) -> None:
        if self._isAnnounced:
            self._tries = 0
            self._schedule(HEARTBEAT)

    def _schedule(self, seconds: float) -> None:
        self._timer.set(seconds * (1 - WAIT_JITTER * self._random.random()))

    def _due(self) -> None:
        try:
            self.exchange()
        finally:
            if not self._timer.isSet:  # it failed: it may do better next time
                self._schedule(REPEAT_MAXIMUM)
