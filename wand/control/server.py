# mypy: allow-untyped-calls
# (AMP's own methods have no types.)
"""
The side of the control socket that answers.

Whoever may connect is trusted to command the program, but not to be free of faults: what cannot be understood is
counted, never raised and never logged with a traceback, and nothing grows without a bound.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IAddress, IPushProducer, IReactorTime, ITransport
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols import amp
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.control import commands, frame_commands
from wand.control.capture_feed import CaptureFeed
from wand.control.program import Program
from wand.control.responders import Responders
from wand.events import Event

COUNTERS: Final = {
    "control-connections": "connections to the control socket",
    "control-evicted": "idle connections to the control socket ended to make room for a new one",
    "control-events-lost": "events not told to a subscriber because it did not read fast enough",
    "drop-control-busy": "commands on the control socket refused because too many of one client were under way",
    "drop-control-crowded": "connections to the control socket refused because there were too many",
    "drop-control-malformed": "requests on the control socket that could not be understood",
}

#: How many clients may be connected at once.
CONNECTIONS_MAXIMUM: Final = 64

#: Seconds without a request after which a connection has to make room for a new one, if all are taken.
IDLE_MINIMUM: Final = 60.0

#: How many octets of memory one request may take.  AMP bounds each key and value of a box, but not their number.
BOX_MAXIMUM: Final = 1 << 20

#: What a key or a value takes in memory beyond its own octets, at least.
STRING_OVERHEAD: Final = 64


@implementer(IPushProducer)
class ControlProtocol(amp.AMP):
    """
    One client's connection.

    It is also the producer of its own transport: while the client does not read, it is not read from either, so that
    answers do not pile up, and events are dropped and counted.
    """

    def __init__(self, program: Program, clock: IReactorTime, forget: Callable[[ControlProtocol], object]) -> None:
        """
        @param forget: called when the connection is gone.
        """
        self._feed = CaptureFeed(program, clock, self)
        self._responders = Responders(program, self, self._feed, self._countMalformed)
        super().__init__(locator=self._responders)
        self._program = program
        self._clock = clock
        self._active = clock.seconds()
        self._forget = forget
        self._boxSize = 0
        self._refused = False
        self._endSubscription: Callable[[], None] | None = None
        self._lost = 0

    @property
    def idle(self) -> float:
        """
        The seconds since the last request; zero as long as one is under way, and for subscribers.
        """
        busy = self._endSubscription is not None or self._feed.isRunning or self._responders.underWay
        return 0.0 if busy else self._clock.seconds() - self._active

    # The connection.  AMP's own methods would write two lines into the log for each.

    def makeConnection(self, transport: ITransport) -> None:
        """
        A client connected.
        """
        amp.BinaryBoxProtocol.makeConnection(self, transport)
        transport.registerProducer(self, True)  # type: ignore[attr-defined] # every stream transport is an IConsumer

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The client went away.
        """
        if not self._refused and (self._unprocessed or self._currentBox is not None):
            self._countMalformed()
        self.unsubscribe()
        self._feed.drop()
        self._responders.documents.drop()
        amp.BinaryBoxProtocol.connectionLost(self, reason)
        self.transport = None
        self._forget(self)

    def resumeProducing(self) -> None:
        """
        The client has read what there was: go on.
        """
        self.paused = False
        if self._lost:
            lost, self._lost = self._lost, 0
            self.callRemote(commands.EventsLost, count=lost)
        self._feed.resume()
        super().resumeProducing()

    # What comes in.

    def dataReceived(self, data: bytes) -> None:
        """
        Octets came.
        """
        if not self._refused:
            super().dataReceived(data)

    def stringReceived(self, string: bytes) -> None:
        """
        A key or a value of a box came.
        """
        self._boxSize += len(string) + STRING_OVERHEAD
        if self._boxSize > BOX_MAXIMUM:
            self._refuse()
        else:
            super().stringReceived(string)

    def lengthLimitExceeded(self, length: int) -> None:
        """
        A key is longer than AMP allows: this is not AMP.
        """
        self._refuse()

    def fileDescriptorReceived(self, descriptor: int) -> None:
        """
        No command takes a file descriptor; AMP would keep it open.
        """
        os.close(descriptor)
        self._refuse()

    def ampBoxReceived(self, box: amp.AmpBox) -> None:
        """
        A whole box came.
        """
        self._boxSize = 0
        self._active = self._clock.seconds()
        if amp.COMMAND not in box or amp.ANSWER in box or amp.ERROR in box:  # we ask nothing that could be answered
            self._refuse()
        else:
            super().ampBoxReceived(box)

    def unhandledError(self, failure: Failure) -> None:
        """
        A command for which no answer was wanted failed, or an answer could not be sent.
        """
        if not failure.check(amp.RemoteAmpError):
            self._refuse()

    def _countMalformed(self) -> None:
        self._program.counters["drop-control-malformed"] += 1

    def _refuse(self) -> None:
        if self._refused:
            return
        self._refused = True
        self.paused = True  # the parser looks at this between two strings
        self._unprocessed = b""
        self._currentBox = None
        self._countMalformed()
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined] # a stream transport has it

    # Events.

    def subscribe(self) -> None:
        """
        Tell the client of events from now on.
        """
        if self._endSubscription is None:
            self._endSubscription = self._program.events.subscribe(self._happened)

    def unsubscribe(self) -> None:
        """
        Stop telling the client of events.
        """
        if self._endSubscription is not None:
            self._endSubscription()
            self._endSubscription = None

    def _happened(self, event: Event) -> None:
        if self.paused:
            self._lost += 1
            self._program.counters["control-events-lost"] += 1
        else:
            self.callRemote(commands.Happened, event=event)

    # Frames.

    def captured(self, blocks: bytes, frames: int, lost: int) -> None:
        """
        Tell the client of frames.
        """
        self.callRemote(frame_commands.Captured, blocks=blocks, frames=frames, lost=lost)


class ControlFactory(Factory):
    """
    Makes a L{ControlProtocol} for each client, up to a number of them.  Idle clients keep nobody else out.
    """

    noisy = False

    def __init__(self, program: Program, clock: IReactorTime) -> None:
        program.counters.declare(COUNTERS)
        self._program = program
        self._clock = clock
        self._connections: set[ControlProtocol] = set()

    def buildProtocol(self, addr: IAddress | None) -> ControlProtocol | None:
        """
        A client connects.

        @return: C{None} to turn it away.
        """
        if len(self._connections) >= CONNECTIONS_MAXIMUM and not self._makeRoom():
            self._program.counters["drop-control-crowded"] += 1
            return None
        self._program.counters["control-connections"] += 1
        connection = ControlProtocol(self._program, self._clock, self._connections.discard)
        self._connections.add(connection)
        return connection

    def disconnect(self) -> None:
        """
        End every connection, once what was answered is sent.
        """
        for connection in tuple(self._connections):
            if connection.transport is not None:
                connection.transport.loseConnection()

    def _makeRoom(self) -> bool:
        idlest = max(self._connections, key=lambda each: each.idle)
        if idlest.idle < IDLE_MINIMUM:
            return False
        self._program.counters["control-evicted"] += 1
        self._connections.discard(idlest)
        if idlest.transport is not None:
            idlest.transport.abortConnection()  # type: ignore[attr-defined] # a stream transport has it
        return True
