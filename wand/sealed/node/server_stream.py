"""
The stream to one server: opened when it is wanted, again when it was lost, and told as a place of the server.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.endpoint import Endpoint
from wand.errors import WandError
from wand.interfaces import Context
from wand.sealed.sessions.access import ANSWER_PATIENCE
from wand.stream_targets import StreamTarget
from wand.underlay.streams.opening import StreamOpener

if TYPE_CHECKING:
    from wand.underlay.streams.stream import Stream

#: Seconds that UDP has to be answered before a stream is opened beside it.
UDP_PATIENCE: Final = 0.7

#: The same where there is a session, and the server was asked in it: longer than L{ISessions.isWanted
#: <wand.interfaces.sessions.ISessions>} waits for an answer, or nobody would be seen to want it.
SESSION_PATIENCE: Final = ANSWER_PATIENCE + 0.05

#: Seconds after which a stream ends that nobody uses.
OPENED_IDLE: Final = 30.0

#: Seconds between two attempts to open a stream to a server: at first, and at most; at most as well when there was one,
#: and there is no other way to the server since.
RETRY_FIRST: Final = 1.0
RETRY_MAXIMUM: Final = 30.0
RETRY_LOST: Final = 5.0

#: Seconds that a stream has to last: a server that accepts and ends it at once is not asked without a pause.
SETTLED: Final = 10.0

#: Tells the places of a server to whoever has a use for them; an empty list takes them back.
Introduce = Callable[[list[Endpoint]], object]

#: How many looks in a row, a second apart, at which nobody waits for a server, until UDP is taken to work.
CALM_LOOKS: Final = 5


class ServerStream:
    """
    The stream to one server.

    @ivar targets: where it may lead.
    @ivar stream: the one that is open; C{None} if there is none.
    @ivar place: where its datagrams go; C{None} before one was opened.
    @ivar host: that of the target: through a proxy, the stream itself has another one.
    @ivar way: where it leads, for people.
    @ivar trouble: why none is open; empty if nothing went wrong.
    @ivar introduce: tells its place; C{None} while nobody has a use for it.
    @ivar isIntroduced: was it told?
    @ivar isLost: was it in use for a while when it ended, and is there no other way since?
    @ivar told: called when it is open, and when it cannot be opened.
    """

    _log = Logger()

    def __init__(
        self,
        targets: list[StreamTarget],
        opener: StreamOpener,
        opened: Callable[[ServerStream, Stream], Endpoint | None],
        context: Context,
    ) -> None:
        """
        @param opened: called with a stream that is open; gives its place, or C{None} if it is not to be used.
        """
        self.targets = targets
        self.stream: Stream | None = None
        self.place: Endpoint | None = None
        self.host = self.way = self.trouble = ""
        self.introduce: Introduce | None = None
        self.isIntroduced = self.isLost = False
        self.told: Callable[[], object] = lambda: None
        self._opener = opener
        self._opened = opened
        self._clock = context.clock
        self._counters = context.counters
        self._opening: list[Deferred[Stream]] = []
        self._retryAt = 0.0
        self._wait = RETRY_FIRST
        self.calm = 0
        self._settledAt = inf
        self._timer: IDelayedCall | None = None

    @property
    def isOpen(self) -> bool:
        """
        Can datagrams be sent in it?
        """
        return self.stream is not None

    # When it is wanted.

    def wantSoon(self, isReached: Callable[[], bool], patience: float = UDP_PATIENCE) -> None:
        """
        It is wanted unless UDP is answered in time.

        @param isReached: is the server reached?
        @param patience: seconds to wait.
        """

        def due() -> None:
            self._timer = None
            if not isReached():
                self.want()

        if self._timer is None:
            self._timer = self._clock.callLater(patience, due)

    def want(self) -> None:
        """
        It is wanted now.
        """
        self.cancel()
        if self.isOpen:
            self.tell()
        else:
            self.open()

    def cancel(self) -> None:
        """
        It is not wanted any more.
        """
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def open(self) -> None:
        """
        Open it, unless it is open, or could not be opened just now.  All targets are tried at once; the first that
        answers is taken.
        """
        now = self._clock.seconds()
        if self.isOpen or self._opening or now < self._retryAt:
            return
        self._retryAt = now + self._wait
        self._wait = min(RETRY_LOST if self.isLost else RETRY_MAXIMUM, 2 * self._wait)
        troubles: list[str] = []
        openings = [(target, self._opener.open(target)) for target in self.targets]
        self._opening = [opening for _, opening in openings]
        for target, opening in openings:
            take = partial(self._take, target, troubles, opening)
            opening.addCallbacks(take, partial(self._failed, troubles, opening))

    def stop(self) -> None:
        """
        Open nothing more, and end it.
        """
        self.cancel()
        self._cancelAll()
        self.isLost, self._settledAt = False, inf
        if self.stream is not None:
            self.stream.close()

    # What becomes of it.

    def tell(self) -> None:
        """
        Tell its place.
        """
        if self.introduce is not None and self.place is not None:
            self.isIntroduced, self.calm = True, 0
            self.introduce([self.place])

    def staysCalm(self) -> bool:
        """
        Nobody waits for the server at this look: has that been so for long enough?  A question just asked looks
        the same for a moment.
        """
        self.calm += 1
        return self.calm >= CALM_LOOKS or not self.isIntroduced

    def withdraw(self) -> None:
        """
        Its place is not to be used any more.
        """
        self.isLost = False
        if self.introduce is not None and self.isIntroduced:
            self.isIntroduced = False
            self.introduce([])

    def endUnused(self) -> None:
        """
        End it if nobody used it lately.
        """
        if self.stream is not None and self._clock.seconds() - self.stream.usedAt > OPENED_IDLE:
            self._counters["streams-idle"] += 1
            self.stream.close("nobody used it")

    def ended(self, stream: Stream) -> None:
        """
        A stream has ended.  One that was in use for a while is opened again at once: the server may have been started
        again.
        """
        if self.stream is not stream:
            return
        self.stream = None
        now = self._clock.seconds()
        isSettled, self._settledAt = now >= self._settledAt, inf
        if isSettled:
            self._wait, self._retryAt = RETRY_FIRST, now
        self.isLost = isSettled and self.isIntroduced and now - stream.usedAt <= OPENED_IDLE
        if self.isLost:
            self.open()

    def _take(self, target: StreamTarget, troubles: list[str], opening: Deferred[Stream], stream: Stream) -> None:
        if not self.isOpen:
            self.host = target.host
        place = None if self.isOpen else self._opened(self, stream)
        if place is None:
            stream.close()
            self._missed(troubles, opening, "" if self.isOpen else f"{target} leads to an address of the overlay")
            return
        self._settledAt, self.trouble = self._clock.seconds() + SETTLED, ""
        self.place, self.stream, self.way = place, stream, self._opener.way(target)
        self._cancelAll()
        self.told()

    def _cancelAll(self) -> None:
        opening, self._opening = self._opening, []
        for each in opening:
            if not each.called:
                each.cancel()

    def _failed(self, troubles: list[str], opening: Deferred[Stream], failure: Failure) -> None:
        if not failure.check(WandError, CancelledError):
            self._log.failure("a stream cannot be opened", failure)
        self._missed(troubles, opening, "" if failure.check(CancelledError) else failure.getErrorMessage())

    def _missed(self, troubles: list[str], opening: Deferred[Stream], trouble: str) -> None:
        """
        @param trouble: why a target leads to no stream; empty if none is wanted there any more.
        """
        if opening in self._opening:
            self._opening.remove(opening)
        if not trouble:
            return
        troubles.append(trouble)
        if not self._opening and not self.isOpen:
            self.trouble = "; ".join(troubles)
            self.told()
