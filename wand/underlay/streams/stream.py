"""
A stream: one connection that carries datagrams.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPullProducer, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.policies import ProtocolWrapper
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.counters import Counters
from wand.underlay.streams.framing import Deframer, StreamInvalid
from wand.underlay.streams.send_queue import SendQueue
from wand.underlay.streams.wires import Wire

#: Octets that are handed to the system at once: at first, at least and at most.  It is halved when they take longer
#: than L{SLOW} seconds, and doubled when they take less than L{QUICK}.
CHUNK_FIRST: Final = 64 << 10
CHUNK_MINIMUM: Final = 4 << 10
CHUNK_MAXIMUM: Final = 256 << 10
SLOW: Final = 0.02
QUICK: Final = 0.005

#: Octets that the kernel takes before it has sent those before them (tcp(7), C{TCP_NOTSENT_LOWAT}): what waits there
#: can be dropped no more.
UNSENT_MAXIMUM: Final = 16 << 10


@implementer(IPullProducer)
class Stream(Protocol):
    """
    One end.

    @ivar place: what datagrams go to and come from; set once the stream is open.
    @ivar opened: fires with the stream once datagrams may be sent; fails with the reason if it ends before.
    @ivar below: what was accepted, while nothing has come that tells how it goes on.
    @ivar isProven: does a conversation with a member, or with one who joins, use it?
    @ivar usedAt: when a datagram came or went last, in the clock's seconds.
    @ivar ended: called with the stream and the reason when it ends.
    @ivar handsBatches: does something above tell when a batch is over?  Else each piece that comes is one.
    """

    handsBatches = False

    def __init__(
        self,
        wire: Wire | None,
        clock: IReactorTime,
        counters: Counters,
        chooseWire: Callable[[bytes], Wire | None] = lambda octets: None,
    ) -> None:
        """
        @param wire: C{None} if the first octets say what it is.
        @param chooseWire: says so.
        """
        self.place: tuple[str, int] = ("", 0)
        self.opened: Deferred[Stream] = Deferred()
        self.isProven = False
        self.usedAt = self.began = clock.seconds()
        self.ended: Callable[[Stream, str], object] = lambda stream, reason: None
        self.batchOver: Callable[[], object] = lambda: None
        self.deframer: Deframer | None = None
        self.wire = wire
        self._seconds = clock.seconds
        self._counters = counters
        self._chooseWire = chooseWire
        self._queue = SendQueue(counters)
        self.below: Any = None
        self._raw: Any = None
        self._pieces: list[bytes] = []
        self._isFree = False
        self._chunk = CHUNK_FIRST
        self._wroteAt = 0.0
        self._reason = ""
        self._isOver = False

    @property
    def peer(self) -> str:
        """
        The address of the other end, or of the proxy that leads there.
        """
        return str(self._raw.getPeer().host)

    @property
    def queued(self) -> int:
        """
        Octets that wait to be sent.
        """
        return self._queue.octets

    @property
    def isFlowing(self) -> bool:
        """
        Does the system take what it is given at once?
        """
        return self._chunk >= CHUNK_FIRST

    def stalledFor(self, now: float) -> float:
        """
        For how many seconds the other end has taken nothing of what waits.
        """
        return now - self._wroteAt if self._wroteAt else 0.0

    # HOT PATH

    def send(self, octets: bytes, count: int, *, kept: bool = False) -> None:
        """
        Send datagrams with their lengths, or let them wait; see L{SendQueue.add}.
        """
        now = self.usedAt = self._seconds()
        self._queue.add(octets, count, now, kept=kept)
        if self._isFree:
            self._pump(now)

    def resumeProducing(self) -> None:
        """
        See L{IPullProducer}: the system took all that it was given.
        """
        now = self._seconds()
        if self._wroteAt:
            took = now - self._wroteAt
            self._wroteAt = 0.0
            if took > SLOW:
                self._chunk = max(CHUNK_MINIMUM, self._chunk >> 1)
            elif took < QUICK:
                self._chunk = min(CHUNK_MAXIMUM, self._chunk << 1)
        if self.wire is not None and self.wire.isOpen:
            self._pump(now)

    def _pump(self, now: float) -> None:
        pieces = self._queue.take(self._chunk, now) if self._queue else None
        self._isFree = not pieces
        if pieces and self.wire is not None:
            self._wroteAt = now
            octets = self.wire.wrapped(pieces)
            self._counters["stream-sent-bytes"] += len(octets)
            self.transport.write(octets)  # type: ignore[union-attr]

    def dataReceived(self, octets: bytes) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        self._counters["stream-received-bytes"] += len(octets)
        self._pieces.append(octets)
        if not self.handsBatches:
            self.batchReceived()

    def _read(self) -> None:
        """
        Take what came.  Records of TLS are short; together they hold longer trains.
        """
        octets = b"".join(self._pieces)
        self._pieces.clear()
        try:
            if self.wire is None:
                self.wire = self._chooseWire(octets)
            if self.wire is not None and not self._isOver:
                self._take(self.wire, octets)
        except StreamInvalid as error:
            self._answer()
            self.malformed(str(error))

    def _take(self, wire: Wire, octets: bytes) -> None:
        deframer = self.deframer
        before = 0 if deframer is None else deframer.count
        for piece in wire.receive(octets):
            if deframer is None:
                self._answer()
                deframer = self._open()
            if deframer is None or self._isOver:
                return
            deframer.take(piece)
        if wire.answer:
            self._answer()
        if deframer is None and wire.isOpen:
            deframer = self._open()
        if deframer is not None and deframer.count > before:
            self._counters["stream-received-datagrams"] += deframer.count - before
            self.usedAt = self._seconds()

    def batchReceived(self) -> None:
        """
        What came at once is over.
        """
        if self._pieces:
            self._read()
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
        self._raw = raw
        _makePrompt(raw)
        raw.registerProducer(self, False)
        if self.wire is not None:
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
        End the stream.
        """
        if not self._isOver:
            self._reason = self._reason or reason
            self._over()
            if self._raw is not None:
                self._raw.unregisterProducer()
                self.transport.loseConnection()  # type: ignore[union-attr]

    def abort(self, reason: str) -> None:
        """
        End it at once, whatever the other end still has to take.
        """
        self.close(reason)
        raw = self._raw or self.below
        if raw is not None and raw.connected:
            raw.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        if self._pieces:  # what came before the end
            self._read()
        self._reason = self._reason or reason.getErrorMessage()
        self._over()

    def _over(self) -> None:
        if self._isOver:
            return
        self._isOver, self._isFree = True, False
        if not self.opened.called:
            self.opened.errback(StreamInvalid(self._reason))
        self.ended(self, self._reason)

    def _answer(self) -> None:
        wire = self.wire
        if wire is None or not wire.answer or self.transport is None or self._isOver:
            return
        octets, wire.answer = wire.answer, b""
        if self.opened.called:
            if self._wroteAt:  # answers that nobody reads would pile up
                return
            self._isFree, self._wroteAt = False, self._seconds()
        self.transport.write(octets)

    def _open(self) -> Deframer | None:
        """
        @return: what takes datagrams; C{None} if nobody wants the stream.
        """
        self._isFree = True
        if not self.opened.called:
            self.opened.callback(self)
        return self.deframer


class Lone(Factory):
    """
    Makes one protocol, which is there already.
    """

    noisy = False

    def __init__(self, protocol: Protocol) -> None:
        self._only = protocol

    def buildProtocol(self, address: object) -> Protocol:
        """
        See L{twisted.internet.interfaces.IProtocolFactory}.
        """
        return self._only


def _makePrompt(raw: Any) -> None:
    """
    Have the kernel send at once, and keep little.
    """
    with suppress(OSError, AttributeError):  # a simulated connection has no socket
        raw.setTcpNoDelay(True)
        raw.setTcpKeepAlive(True)
        raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_MAXIMUM)
