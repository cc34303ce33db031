"""
The connections of a web site.

A stranger gets a connection and a short time.  If all are taken, the oldest of strangers makes room for a new one: who
opens many and says little, or reads little, keeps nobody out who asks and reads at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IAddress, IDelayedCall, IProtocol, IProtocolFactory, IReactorTime, ITransport
from twisted.internet.protocol import connectionDone
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure

from wand.counters import Counters

COUNTERS: Final = {
    "web-evicted": "connections to the web port ended to make room for a new one",
    "web-overdue": "connections to the web port ended because they took too long",
    "drop-web-crowded": "connections to the web port refused because there were too many that are known",
}

#: How many connections there are at once.
CONNECTIONS_MAXIMUM: Final = 64

#: Seconds in which a stranger must have asked and read the answer.
PATIENCE: Final = 30.0


class WebConnection(ProtocolWrapper):
    """
    One connection.

    @ivar isTrusted: did whoever is there prove who they are?
    """

    isTrusted = False
    _end: IDelayedCall | None = None
    _told: Callable[[], object] | None = None

    def makeConnection(self, transport: ITransport) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        self._end = self.factory.clock.callLater(PATIENCE, self._overdue)
        super().makeConnection(transport)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        if self._end is not None and self._end.active():
            self._end.cancel()
        if self._told is not None:
            self._told()
        super().connectionLost(reason)

    def trust(self, seconds: float) -> None:
        """
        Whoever is there proved who they are: give them more time from now on.
        """
        self.isTrusted = True
        if self._end is not None and self._end.active():
            self._end.reset(seconds)

    def whenLost(self, told: Callable[[], object]) -> None:
        """
        Call C{told} when the connection is gone.
        """
        self._told = told

    def abort(self) -> None:
        """
        End the connection now.
        """
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined] # a stream transport has it

    def _overdue(self) -> None:
        self.factory.counters["web-overdue"] += 1
        self.abort()


class WebConnections(WrappingFactory):
    """
    Lets in as many as there is room for.
    """

    noisy = False
    protocol = WebConnection

    def __init__(self, make: Callable[[], IProtocolFactory], clock: IReactorTime, counters: Counters) -> None:
        """
        @param make: makes what makes the protocols that are wrapped, for the first connection.
        """
        super().__init__(None)
        counters.declare(COUNTERS)
        self._make = make
        self.clock = clock
        self.counters = counters

    def buildProtocol(self, address: IAddress | None) -> ProtocolWrapper | None:  # type: ignore[override]
        """
        Take a connection.

        @return: C{None} to turn it away.
        """
        if len(self.protocols) >= CONNECTIONS_MAXIMUM and not self._makeRoom():
            self.counters["drop-web-crowded"] += 1
            return None
        if self.wrappedFactory is None:
            self.wrappedFactory = self._make()
        return super().buildProtocol(address)

    def logPrefix(self) -> str:
        """
        What the log calls our port.
        """
        return "web"

    def doStart(self) -> None:
        """
        Begin, without what is not made yet.
        """
        super(WrappingFactory, self).doStart()

    def doStop(self) -> None:
        """
        End.
        """
        super(WrappingFactory, self).doStop()

    def unregisterProtocol(self, protocol: IProtocol) -> None:
        """
        Forget a connection, unless it was ended to make room.
        """
        self.protocols.pop(protocol, None)

    def _makeRoom(self) -> bool:
        oldest = next((each for each in self.protocols if not each.isTrusted), None)
        if oldest is None:
            return False
        self.counters["web-evicted"] += 1
        self.unregisterProtocol(oldest)
        oldest.abort()
        return True
