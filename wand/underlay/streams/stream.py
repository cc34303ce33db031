"""
A stream: one connection that carries datagrams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IPullProducer, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.protocols.policies import ProtocolWrapper
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.counters import Counters
from wand.endpoint import numericAddress
from wand.underlay.streams.framing import Deframer, StreamInvalid
from wand.underlay.streams.intake import Intake
from wand.underlay.streams.outlet import Outlet, makePrompt
from wand.underlay.streams.wires import Wire, chosenWire

#: Seconds that the other end has for the end of TLS.
CLOSE_PATIENCE: Final = 2.0


@implementer(IPullProducer)
class Stream(Protocol):
    """
    One end.

    @ivar place: what datagrams go to and come from; set once the stream is open.
    @ivar opened: fires with the stream once datagrams may be sent; fails with the reason if it ends before.
    @ivar below: what was accepted, while nothing has come that tells how it goes on.
    @ivar isProven: is somebody there with whom there is a conversation?
    @ivar strangeSince: since when it is a stranger's, unless it is proven, in the clock's seconds.
    @ivar isOver: has it ended?
    @ivar intake: reads it.
    @ivar usedAt: when a datagram came or went last, in the clock's seconds.
    @ivar ended: called with the stream and the reason when it ends.
    @ivar handsBatches: does something above tell when a batch is over?  Else each piece that comes is one.
    """

    handsBatches = False

    def __init__(self, wire: Wire | None, clock: IReactorTime, counters: Counters, intake: Intake) -> None:
        """
        @param wire: C{None} if the first octets say what it is.
        """
        self.place: tuple[str, int] = ("", 0)
        self.opened: Deferred[Stream] = Deferred()
        self.isProven = self.isOver = False
        self.usedAt = self.strangeSince = clock.seconds()
        self.ended: Callable[[Stream, str], object] = lambda stream, reason: None
        self.batchOver: Callable[[], object] = lambda: None
        self.deframer: Deframer | None = None
        self.intake = intake
        self._outlet = Outlet(wire, counters)
        self._outlet.stalled = self._stalled
        self._clock = clock
        self._seconds = clock.seconds
        self._counters = counters
        self.below: Any = None
        self._raw: Any = None
        self._kept: list[bytes] = []
        self._taking: Iterator[int] | None = None
        self._closing: IDelayedCall | None = None
        self._reason = ""

    @property
    def peer(self) -> str:
        """
        The address of the other end, or of the proxy that leads there.
        """
        host = str(self._raw.getPeer().host)
        return numericAddress(host) or host

    @property
    def queued(self) -> int:
        """
        Octets that wait to be sent.
        """
        return self._outlet.queue.octets

    @property
    def isFlowing(self) -> bool:
        """
        Does the system take what it is given at once?
        """
        return self._outlet.isFlowing

    # HOT PATH

    def send(self, octets: bytes, count: int, *, kept: bool = False) -> None:
        """
        Send datagrams with their lengths, or let them wait; see L{wand.underlay.streams.send_queue.SendQueue.add}.
        """
        now = self.usedAt = self._seconds()
        self._outlet.add(octets, count, now, kept=kept)

    def resumeProducing(self) -> None:
        """
        See L{IPullProducer}: the system took all that it was given.
        """
        self._outlet.goOn(self._seconds())

    def dataReceived(self, octets: bytes) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        self._counters["stream-received-bytes"] += len(octets)
        self._kept.append(octets)
        if not self.handsBatches:  # else several records are taken at once, so that trains stay whole
            self.intake.begin()
            self.takeKept()

    def takeKept(self) -> None:
        """
        Take what came, as far as it may be taken now.
        """
        deframer = self.deframer
        before = 0 if deframer is None else deframer.count
        try:
            self._takeSome()
        except StreamInvalid as error:
            self._answer()
            self.malformed(str(error))
        deframer = self.deframer
        if deframer is not None and deframer.count > before:
            self._counters["stream-received-datagrams"] += deframer.count - before
            self.usedAt = self._seconds()
        if not self.handsBatches:
            self.batchReceived()

    def _takeSome(self) -> None:
        intake, kept = self.intake, self._kept
        while (self._taking is not None or kept) and not self.isOver and intake.mayGoOn:
            if self._taking is None:
                intake.spend(len(kept) - 1)  # each counts as if it were alone
                self._taking = self._take(kept[0] if len(kept) == 1 else b"".join(kept))
                kept.clear()
            events = next(self._taking, 0)
            if events:
                intake.spend(events)
            else:
                self._taking = None

    def _take(self, octets: bytes) -> Iterator[int]:
        """
        @return: how many events each step was.
        """
        wire = self._outlet.wire
        if wire is None:
            wire = self._outlet.wire = chosenWire(octets)
        for piece in wire.receive(octets):
            if wire.answer:
                self._answer()
            if self.deframer is None:
                self._open()
            if self.deframer is None:
                return
            yield wire.events
            yield from self.deframer.take(piece)
        if wire.answer:
            self._answer()
        if self.deframer is None and wire.isOpen:
            self._open()

    def batchReceived(self) -> None:
        """
        What came at once is over.
        """
        if self.deframer is not None:
            self.batchOver()

    # COLD PATH

    def connectionMade(self) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        raw: Any = self.transport
        while isinstance(raw, ProtocolWrapper):
            raw = raw.transport
            self.handsBatches = True
        self._raw = self.intake.transport = raw
        self._outlet.transport = self.transport
        self.intake.layers.insert(0, self.takeKept)
        makePrompt(raw)
        raw.registerProducer(self, False)
        if self._outlet.wire is not None:
            self._answer()

    def malformed(self, reason: str) -> None:
        """
        End the stream: something else came than a member sends.
        """
        self._counters["stream-malformed"] += 1
        self.abort(reason)  # it may never take the end of TLS

    def stopProducing(self) -> None:
        """
        See L{IPullProducer}.
        """

    def close(self, reason: str = "it is not needed any more") -> None:
        """
        End the stream.  The other end has a short time to see it end.
        """
        if self.isOver:
            return
        self._reason = self._reason or reason
        self._over()
        if self._raw is None:
            self._abortRaw()
            return
        self._raw.unregisterProducer()
        self.transport.loseConnection()  # type: ignore[union-attr]
        if self._raw.connected:
            self._closing = self._clock.callLater(CLOSE_PATIENCE, self._abortRaw)

    def abort(self, reason: str) -> None:
        """
        End it at once, whatever the other end still has to take.
        """
        self._reason = self._reason or reason
        self._over()
        self._abortRaw()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        if self._kept and not self.isOver:  # a goodbye may have come with the end
            self.takeKept()
        closing, self._closing = self._closing, None
        if closing is not None and closing.active():
            closing.cancel()
        self._reason = self._reason or reason.getErrorMessage()
        self._over()

    def _abortRaw(self) -> None:
        raw = self._raw or self.below
        if raw is not None and raw.connected:
            raw.abortConnection()

    def _stalled(self) -> None:
        self._counters["streams-stalled"] += 1
        self.abort("the other end takes nothing")

    def _over(self) -> None:
        if self.isOver:
            return
        self.isOver, self._outlet.isFree = True, False
        self.intake.stop()
        self._kept.clear()
        if not self.opened.called:
            self.opened.errback(StreamInvalid(self._reason))
        self.ended(self, self._reason)

    def _answer(self) -> None:
        if not self.isOver:
            self._outlet.answer(self._seconds(), isOpen=self.opened.called)

    def _open(self) -> None:
        """
        Datagrams may go, if anybody wants the stream.
        """
        self._outlet.isFree = True
        if not self.opened.called:
            self.opened.callback(self)
