"""
One who listens to events: server-sent events, as U{https://html.spec.whatwg.org/multipage/server-sent-events.html} has
them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer, IReactorTime
from zope.interface import implementer

if TYPE_CHECKING:
    from wand.console.console_request import ConsoleRequest


#: How many messages are kept for who comes back.
KEPT: Final = 500

#: How many messages wait for one who reads slowly: more than who comes back is told at once.
QUEUE_MAXIMUM: Final = KEPT + 200

#: Seconds in which whoever listens must have read what waits.
STALL: Final = 30.0

#: For how many seconds whoever was there just now may stay.
PATIENCE: Final = 120.0


class TooSlow(Exception):
    """
    Whoever listens does not read as fast as things happen.
    """


@implementer(IPushProducer)
class Listener:
    """
    Writes messages as fast as they are read.

    @ivar ended: fires with C{None} when whoever listens was told all, or fails with L{TooSlow}.
    """

    def __init__(self, request: ConsoleRequest, clock: IReactorTime, stands: Callable[[], bool]) -> None:
        """
        @param stands: may they still listen?
        """
        self.ended: Deferred[None] = Deferred()
        self._request = request
        self._clock = clock
        self._stands = stands
        self._fullSince: float | None = None
        self._waiting: deque[bytes] = deque()
        request.registerProducer(self, True)

    def tell(self, message: bytes) -> None:
        """
        Tell them something, now or as soon as they have read the rest.
        """
        if self.ended.called:
            return
        if self._fullSince is None:
            self._request.write(message)
        elif len(self._waiting) < QUEUE_MAXIMUM:
            self._waiting.append(message)
        else:
            self.ended.errback(TooSlow())

    def beat(self) -> None:
        """
        Show them that we are there, and find out whether they are.
        """
        if self.ended.called:
            return
        if self._fullSince is not None and self._clock.seconds() - self._fullSince >= STALL:
            self.ended.errback(TooSlow())
        elif not self._stands():
            self.end()
        else:
            self._request.trust(PATIENCE)
            if self._fullSince is None:
                self._request.write(b":\n\n")

    def end(self) -> None:
        """
        This was all.
        """
        if not self.ended.called:
            self.ended.callback(None)

    def pauseProducing(self) -> None:
        """
        See L{IPushProducer}.
        """
        self._fullSince = self._clock.seconds()

    def resumeProducing(self) -> None:
        """
        See L{IPushProducer}.
        """
        self._fullSince = None
        while self._waiting and self._fullSince is None:
            self._request.write(self._waiting.popleft())

    def stopProducing(self) -> None:
        """
        See L{IPushProducer}: whoever serves is told in another way that nobody listens any more.
        """
