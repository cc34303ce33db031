"""
How fast somebody reads.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer, IReactorTime
from zope.interface import implementer

from wand.console.console_request import ConsoleRequest
from wand.console.listener import STALL


@implementer(IPushProducer)
class Drain:
    """
    Lets whoever writes wait for whoever reads.

    @ivar isFull: does something wait to be read?
    """

    def __init__(self, request: ConsoleRequest, clock: IReactorTime) -> None:
        self.isFull = False
        self._clock = clock
        self._request = request
        self._emptied: Deferred[None] | None = None
        request.registerProducer(self, True)

    def pauseProducing(self) -> None:
        """
        See L{IPushProducer}.
        """
        self.isFull = True

    def resumeProducing(self) -> None:
        """
        See L{IPushProducer}.
        """
        self.isFull = False
        if self._emptied is not None:
            emptied, self._emptied = self._emptied, None
            emptied.callback(None)

    def stopProducing(self) -> None:
        """
        See L{IPushProducer}: whoever wrote is told in another way that nobody reads any more.
        """

    async def ready(self) -> None:
        """
        Wait until all was read.

        @raise twisted.internet.defer.TimeoutError: if that takes too long.
        """
        if self.isFull:
            self._emptied = Deferred()
            await self._emptied.addTimeout(STALL, self._clock)

    def finish(self) -> None:
        """
        This was all.
        """
        self._request.unregisterProducer()
        self._request.finish()
