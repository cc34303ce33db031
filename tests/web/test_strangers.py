"""
Strangers who talk to the web site of L{wand.web.web_service}: what they send costs them more than us.
"""

from __future__ import annotations

from functools import partial

import pytest
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.web.resource import Resource

from wand.counters import Counters
from wand.web.sites import siteOf
from wand.web.web_service import WebService

HEAD = b"HTTP/1.1\r\nHost: 127.0.0.1\r\n"


class CountedPage(Resource):
    """
    A page that counts its readers.
    """

    isLeaf = True
    rendered = 0

    def render_GET(self, request: object) -> bytes:
        """
        Some octets.
        """
        self.rendered += 1
        return b"x" * 1000


class LocalTransport(StringTransport):
    """
    A connection to a loopback address.
    """

    def abortConnection(self) -> None:
        """
        End it at once.
        """
        self.disconnected = True


@pytest.fixture
def page() -> CountedPage:
    """
    The page at C{/}.
    """
    return CountedPage()


@pytest.fixture
def transport(page: CountedPage) -> LocalTransport:
    """
    A connection; what it C{receives} goes to the site.
    """
    reactor = MemoryReactorClock()
    WebService(reactor, "127.0.0.1:9450", partial(siteOf, reactor, page), Counters()).startService()
    protocol = reactor.tcpServers[0][1].buildProtocol(None)
    transport = LocalTransport()
    protocol.makeConnection(transport)
    transport.receives = protocol.dataReceived  # type: ignore[attr-defined]
    return transport


def test_oneAnswerForEachConnection(transport: LocalTransport, page: CountedPage) -> None:
    """
    Who sends a thousand requests at once gets one answer, so nobody fills our memory with pages that nobody reads.
    """
    transport.receives((b"GET / " + HEAD + b"\r\n") * 1000)  # type: ignore[attr-defined]
    assert page.rendered == 1
    assert b"connection: close" in transport.value().lower()
    assert transport.disconnecting


@pytest.mark.parametrize("body", [b"Content-Length: 1000000000000", b"Transfer-Encoding: chunked"])
def test_bodiesAreRefused(transport: LocalTransport, page: CountedPage, body: bytes) -> None:
    """
    Nothing here takes a body: who begins to send one is told so, and no octet of it is kept, on no disk either.
    """
    transport.receives(b"POST / " + HEAD + body + b"\r\n\r\n")  # type: ignore[attr-defined]
    assert transport.value().startswith(b"HTTP/1.1 413 ")
    assert transport.disconnecting
    transport.receives(b"10\r\n" + b"x" * 16 + b"\r\n")  # type: ignore[attr-defined]
    assert page.rendered == 0


def test_anEmptyBodyIsNone(transport: LocalTransport, page: CountedPage) -> None:
    """
    A reader who says that there is no body is as good as others.
    """
    transport.receives(b"GET / " + HEAD + b"Content-Length: 0\r\n\r\n")  # type: ignore[attr-defined]
    assert page.rendered == 1
