"""
Many connections to the web site of L{wand.web.web_service} at once: slow ones keep nobody out who asks.
"""

from __future__ import annotations

from functools import partial

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.web.resource import Resource

from wand.counters import Counters
from wand.web.connections import CONNECTIONS_MAXIMUM, PATIENCE, WebConnection
from wand.web.sites import siteOf
from wand.web.web_service import WebService

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class LongPage(Resource):
    """
    A page that takes a while to read.
    """

    isLeaf = True

    def render_GET(self, request: object) -> bytes:
        """
        Some octets.
        """
        return b"x" * 1000


class Line(StringTransport):
    """
    A connection.
    """

    aborted = False

    def abortConnection(self) -> None:
        """
        End it at once.
        """
        self.aborted = True


class Site:
    """
    A web site and its connections.
    """

    def __init__(self) -> None:
        self.reactor = MemoryReactorClock()
        self.counters = Counters()
        make = partial(siteOf, self.reactor, LongPage())
        self.service = WebService(self.reactor, "127.0.0.1:9450", make, self.counters)
        self.service.startService()
        self.protocols: list[WebConnection] = []

    def connect(self) -> Line | None:
        """
        Connect; C{None} if there is no room.
        """
        here, there = IPv4Address("TCP", "127.0.0.1", 9450), IPv4Address("TCP", "127.0.0.1", 50_000)
        protocol = self.reactor.tcpServers[0][1].buildProtocol(there)
        if protocol is None:
            return None
        line = Line(here, there)
        line.protocol = protocol
        protocol.makeConnection(line)
        self.protocols.append(protocol)
        return line

    def fill(self) -> list[Line]:
        """
        Take all connections.
        """
        return [line for line in (self.connect() for _ in range(CONNECTIONS_MAXIMUM)) if line is not None]


@pytest.fixture
def site() -> Site:
    """
    A web site.
    """
    return Site()


@pytest.mark.parametrize("said", [b"", b"GET / HT", REQUEST[:-2], REQUEST])
def test_slowOnesKeepNobodyOut(site: Site, said: bytes) -> None:
    """
    Whoever asks and reads at once is answered, though all connections are taken by those who say little, or read
    nothing of their answer; as often as they ask.
    """
    slow = site.fill()
    for line in slow:
        line.protocol.dataReceived(said)
    for _ in range(CONNECTIONS_MAXIMUM * 2):
        honest = site.connect()
        assert honest is not None
        honest.protocol.dataReceived(REQUEST)
        assert honest.value().startswith(b"HTTP/1.1 200 ")
    assert all(line.aborted for line in slow)
    assert site.counters["web-evicted"] == CONNECTIONS_MAXIMUM * 2


def test_nobodyStays(site: Site) -> None:
    """
    Who sends an octet now and then is gone after a while, too.
    """
    line = site.connect()
    assert line is not None
    for octet in REQUEST[:-2].ljust(int(PATIENCE) * 2, b"x"):
        if line.aborted:
            break
        line.protocol.dataReceived(bytes([octet]))
        site.reactor.advance(1)
    assert line.aborted
    assert site.reactor.seconds() == PATIENCE
    assert site.counters["web-overdue"] == 1


def test_theTrustedStay(site: Site) -> None:
    """
    Whoever proved who they are makes room for nobody; if there are only such, strangers are turned away.
    """
    lines = site.fill()
    for each in site.protocols[1:]:
        each.trust(1000.0)
    assert site.connect() is not None
    assert [line.aborted for line in lines] == [True] + [False] * (CONNECTIONS_MAXIMUM - 1)
    site.protocols[-1].trust(1000.0)
    assert site.connect() is None
    assert site.counters["drop-web-crowded"] == 1
    site.reactor.advance(PATIENCE)
    assert not any(line.aborted for line in lines[1:])
    site.reactor.advance(1000.0)
    assert all(line.aborted for line in lines)


def test_anEndMakesRoom(site: Site) -> None:
    """
    A connection that ended is forgotten, and nothing waits for it any more.
    """
    site.fill()
    for each in site.protocols:
        each.connectionLost()
    assert site.reactor.getDelayedCalls() == []
    assert site.connect() is not None
    assert site.counters["web-evicted"] == 0


def test_allEndsWithTheService(site: Site) -> None:
    """
    What is under way ends with the service.
    """
    lines = site.fill()
    site.service.stopService()
    assert all(line.aborted for line in lines)
