"""
The schedule of requests: when one REL2 server is asked, and what its silence means.

It is asked at once; while it does not answer, again after about 0.5, 0.8, 1.2, 1.9, 3 s and so on up to every 30 s,
each wait shortened by up to a quarter at random so that nodes do not ask in step.  Once it has answered, it is asked
again after 20, 60, 180 and then every 300 s, each wait shortened by up to a third.  The first few make up for a push
that was lost while everybody starts; 300 is sooner than the original's 300 to 900, because few NATs keep a mapping for
longer.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.endpoint import Endpoint
from wand.events import Events
from wand.rel2.wire import parseHost
from wand.timing.timer import Timer
from wand.underlay.names import Resolve
from wand.underlay.server_endpoints import ServerEndpoints
from wand.underlay.unresolved_names import UnresolvedNames

#: Seconds until the first repetition, and the factor by which each further wait grows.  Where a third of all datagrams
#: is lost each way, half of all requests get no answer: seven of them fit into 15 seconds.
REPEAT_FIRST: Final = 0.5
REPEAT_GROWTH: Final = 1.6

#: Seconds between repetitions, at most.
REPEAT_MAXIMUM: Final = 30.0

#: The fraction by which a wait between repetitions is shortened, at most.
REPEAT_JITTER: Final = 0.25

#: Seconds from an answer to the next request: the first such wait, the factor by which each further one grows, the
#: longest, and the fraction by which they are shortened.
REFRESH_FIRST: Final = 20.0
REFRESH_GROWTH: Final = 3.0
REFRESH_MAXIMUM: Final = 300.0
REFRESH_JITTER: Final = 1 / 3

#: After how many requests without an answer a server is silent; from then on its name is resolved again.
SILENT_AFTER: Final = 3


class RequestSchedule:
    """
    Asks one server again and again.

    @ivar name: the server, as C{HOST:PORT}.
    @ivar endpoint: where it is, or C{None} while its name is not resolved.
    @ivar state: C{asking}, C{answered} or C{silent}.
    @ivar answered: when it last answered, in the clock's seconds; C{None} for never.
    """

    def __init__(
        self,
        server: tuple[str, int],
        clock: IReactorTime,
        random: Random,
        events: Events,
        resolve: Resolve,
        send: Callable[[Endpoint], object],
        unresolved: UnresolvedNames,
    ) -> None:
        """
        @param unresolved: told while the name has no address.
        @param send: sends a request to the server.
        """
        self.name = "{}:{}".format(*server)
        self._clock = clock
        self._random = random
        self._events = events
        self._send = send
        self._unresolved = unresolved
        self._endpoints = ServerEndpoints([self.name], resolve, self._found, clock, unresolved, "IPv4 address")
        self._host, _ = server
        self.endpoint: Endpoint | None = None
        self.state = "asking"
        self.answered: float | None = None
        self._unanswered = 0
        self._answers = 0
        self._timer = Timer(clock, self.ask)

    def ask(self) -> None:
        """
        Send a request now, and the next when it is time.
        """
        self._timer.stop()
        if self._unanswered == SILENT_AFTER and self.state != "silent":
            self.state = "silent"
            self._events.publish("directory-silent", directory=self.name)
        if self.endpoint is None or self._unanswered >= SILENT_AFTER:
            self._endpoints.look()
        try:
            if self.endpoint is not None:
                self._send(self.endpoint)
        finally:
            wait = min(REPEAT_MAXIMUM, REPEAT_FIRST * REPEAT_GROWTH ** min(self._unanswered, 16))
            self._unanswered += 1
            self._timer.set(wait * (1 - REPEAT_JITTER * self._random.random()))

    def askAnew(self) -> None:
        """
        Ask at once, and then as at the beginning: what the server knows of us may be wrong.
        """
        self._unanswered = self._answers = 0
        self.ask()

    def heard(self) -> None:
        """
        The server sent a listing.  If it was asked for, the next request can wait.
        """
        self.answered = self._clock.seconds()
        if self.state != "answered":
            kind = "directory-recovered" if self.state == "silent" else "directory-answered"
            self.state = "answered"
            self._events.publish(kind, directory=self.name)
        if self._unanswered:
            self._unanswered = 0
            wait = min(REFRESH_MAXIMUM, REFRESH_FIRST * REFRESH_GROWTH ** min(self._answers, 9))
            self._answers += 1
            self._timer.set(wait * (1 - REFRESH_JITTER * self._random.random()))

    def stop(self) -> None:
        """
        Stop asking and leave no timer behind.
        """
        self._timer.stop()
        self._endpoints.stop()

    def _found(self, endpoints: list[Endpoint]) -> None:
        usable = [each for each in endpoints if parseHost(each.host.encode()) is not None]
        if not usable:
            self._unresolved.say(self._host, f"{endpoints[0].host} is not the address of a single IPv4 host")
            return
        before, self.endpoint = self.endpoint, usable[0]
        if not self._timer.isSet:  # it was found at once: ask() goes on and sends
            return
        if before is None:
            self._unanswered = 0
            self.ask()
        elif before != self.endpoint:
            self._send(self.endpoint)
