"""
What is accepted, until the first octets say what it is: TLS, or from a web server in front of us, or a
program of this host, an HTTP request.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from typing import Protocol as Seam

from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.ssl import CertificateOptions
from twisted.python.failure import Failure

from wand.underlay.streams.framing import REQUEST_MAXIMUM
from wand.underlay.streams.lone import Lone
from wand.underlay.streams.stream import Stream
from wand.underlay.streams.tls import accepting
from wand.underlay.streams.wires import GET

#: What TLS begins with (RFC 8446, section 5.1: handshake).
TLS: Final = 0x16

_END: Final = b"\r\n\r\n"
_FORWARDED: Final = re.compile(rb"^x-forwarded-for:(.*)$", re.IGNORECASE | re.MULTILINE)


class Host(Seam):
    """
    Who accepted it.
    """

    def mayBegin(self, stream: Stream, client: str, begin: Callable[[], object]) -> bool:
        """
        May a stream begin at once?  If not, C{begin} is called when its turn has come.

        @param client: where a web server says that it comes from; empty if none says.
        """

    def left(self, begin: Callable[[], object]) -> None:
        """
        The connection is gone: it does not want to begin any more.
        """


class Threshold(Protocol):
    """
    Looks at the first octet, and hands on what comes from its turn on.
    """

    def __init__(
        self,
        stream: Stream,
        host: Host,
        options: CertificateOptions,
        clock: IReactorTime,
        *,
        mayBePlain: bool,
        isWebServer: bool,
    ) -> None:
        """
        @param options: the certificate that is shown.
        @param mayBePlain: may it come without TLS?
        @param isWebServer: does it come from a web server in front of us, whose word about its clients counts?
        """
        self._stream = stream
        self._host = host
        self._options = options
        self._clock = clock
        self._mayBePlain = mayBePlain
        self._isWebServer = isWebServer
        self._inner: Protocol | None = None
        self._first = b""
        self._isWaiting = False

    def connectionMade(self) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        self._stream.below = self.transport

    def dataReceived(self, octets: bytes) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        if self._inner is not None:
            self._inner.dataReceived(octets)
            return
        self._first += octets
        if self._isWaiting:  # nothing more is read then, except of one that could not begin and ends
            return
        if self._first[0] == TLS:
            self._arrive("")
        elif not self._mayBePlain or self._first[0] != GET[0] or len(self._first) > REQUEST_MAXIMUM:
            self._refuse()
        elif _END in self._first:
            self._arrive(forwardedFor(self._first.partition(_END)[0]) if self._isWebServer else "")

    def _arrive(self, client: str) -> None:
        self._isWaiting = True
        if self._host.mayBegin(self._stream, client, self._begin):
            self._begin()
        else:
            self.transport.pauseProducing()  # type: ignore[union-attr]

    def _begin(self) -> None:
        transport, first = self.transport, self._first
        assert transport is not None
        inner: Protocol | None = self._stream
        if first[0] == TLS:
            factory = accepting(self._options, Lone(self._stream), self._clock)
            inner = factory.buildProtocol(transport.getPeer())
        if inner is None or self._stream.isOver:
            return
        self._inner, self._first = inner, b""
        self._stream.strangeSince = self._clock.seconds()
        inner.makeConnection(transport)
        transport.resumeProducing()  # type: ignore[attr-defined]  # before what may hold it back; the rest comes later
        inner.dataReceived(first)

    def _refuse(self) -> None:
        assert self.transport is not None
        self._stream.malformed("it begins with something else than TLS")
        self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        self._host.left(self._begin)
        if self._inner is not None:
            self._inner.connectionLost(reason)
        self._stream.connectionLost(reason)


def forwardedFor(head: bytes) -> str:
    """
    The last address in C{X-Forwarded-For}, which the proxy in front of us wrote; others wrote those before it.

    @param head: an HTTP request, without its end.
    """
    found = _FORWARDED.findall(head)
    return bytes(found[-1]).decode("latin-1").rpartition(",")[2].strip() if found else ""
