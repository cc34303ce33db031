"""
Proxies of HTTP: a stream is opened through one by C{CONNECT} (RFC 9110, section 9.3.6).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import unquote, urlsplit

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.endpoint import splitHostPort
from wand.errors import AddressInvalid, WandError
from wand.underlay.streams.lone import Lone

#: The port of a proxy whose URL has none.
PROXY_PORT: Final = 3128

#: How many octets of a proxy's answer are read.
ANSWER_MAXIMUM: Final = 16_384

_WANTS_PASSWORD: Final = 'it wants a name and a password: set proxy = "http://NAME@HOST:PORT" and proxy-password-file'

#: What to do about the answers that need somebody.
_ADVICE: Final = {
    403: "it does not let us go there; ask whoever runs it",
    401: _WANTS_PASSWORD,  # some proxies mistake themselves for the server
    407: _WANTS_PASSWORD,
    502: "it does not reach that host",
    503: "it does not reach that host",
    504: "it does not reach that host",
}


class ProxyRefused(WandError):
    """
    A proxy does not connect us; the text says why.
    """


@attrs.frozen
class Proxy:
    """
    A proxy.

    @ivar authorization: name and password with a colon between them; empty if it wants none.
    """

    host: str
    port: int
    authorization: str = attrs.field(default="", repr=False)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str, password: str = "") -> Proxy:
        """
        Read C{http://NAME:PASSWORD@HOST:PORT}; all but the host may be missing.

        @param password: if it is not in the text.
        @raise AddressInvalid: if it is anything else; the message does not have the text, for that may have a password.
        """
        url = text if "://" in text else f"http://{text}"
        try:
            parts = urlsplit(url)
            userinfo, _, place = parts.netloc.rpartition("@")
            host, port = splitHostPort(place, PROXY_PORT)
        except (ValueError, AddressInvalid):
            raise AddressInvalid("it is not a proxy; write http://HOST:PORT") from None
        if parts.scheme != "http":
            raise AddressInvalid("only proxies that are spoken to in plain HTTP can be used; write http://HOST:PORT")
        name, _, given = userinfo.partition(":")
        authorization = f"{unquote(name)}:{password or unquote(given)}" if name else ""
        return cls(host, port, authorization)


@attrs.frozen
class Proxies:
    """
    Which proxy leads where.

    @ivar proxy: the one for all streams; C{None} if there is none.
    @ivar exceptions: the hosts that are reached without it, as in C{no_proxy}: names, the ends of names, addresses and
        prefixes of them; C{*} for all.
    """

    proxy: Proxy | None = None
    exceptions: tuple[str, ...] = ()

    @classmethod
    def fromEnvironment(cls, environment: Mapping[str, str]) -> Proxies:
        """
        Those that C{https_proxy} or C{all_proxy} and C{no_proxy} say, in small letters or in capitals, as with curl(1).

        @raise AddressInvalid: if the one that they say cannot be used.
        """
        text = _first(environment, "https_proxy", "all_proxy")
        exceptions = _first(environment, "no_proxy").replace(",", " ").split()
        return cls(Proxy.parse(text) if text else None, tuple(exceptions))

    def towards(self, host: str) -> Proxy | None:
        """
        The proxy that leads to a host; C{None} if it is reached without one.
        """
        return None if any(_covers(each, host) for each in self.exceptions) else self.proxy


def _first(environment: Mapping[str, str], *names: str) -> str:
    found = (environment.get(each) for name in names for each in (name, name.upper()))
    return next((each for each in found if each), "")


def _covers(exception: str, host: str) -> bool:
    if exception == "*":
        return True
    name = exception.removeprefix("*").lstrip(".").lower()
    if host.lower() == name or host.lower().endswith(f".{name}"):
        return True
    try:
        return ip_address(host) in ip_network(exception, strict=False)
    except ValueError:
        return False


@implementer(IStreamClientEndpoint)
class ThroughProxy:
    """
    Connects to a host through a proxy.
    """

    def __init__(self, way: IStreamClientEndpoint, proxy: Proxy, host: str, port: int) -> None:
        """
        @param way: connects to the proxy.
        @param host: to which it is to lead.
        """
        self._way = way
        self._proxy = proxy
        self._host = f"[{host}]" if ":" in host else host
        self._port = port

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """
        See L{IStreamClientEndpoint}.
        """
        asking = _Asking(self._request(), f"the proxy {self._proxy}", protocolFactory)

        def lost(failure: Failure) -> Failure:
            reason = failure.getErrorMessage()
            return Failure(ProxyRefused(f"the proxy {self._proxy} is not reached: {reason}"))

        connecting = self._way.connect(Lone(asking)).addErrback(lost)
        return connecting.addCallback(lambda _: asking.result)

    def _request(self) -> bytes:
        place = f"{self._host}:{self._port}"
        lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
        if self._proxy.authorization:
            credentials = b64encode(self._proxy.authorization.encode()).decode()
            lines.append(f"Proxy-Authorization: Basic {credentials}")
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1", "replace")


class _Asking(Protocol):
    """
    Asks a proxy, and hands everything after its answer on.

    @ivar result: fires with the protocol that uses the connection.
    """

    def __init__(self, request: bytes, name: str, factory: IProtocolFactory) -> None:
        self.result: Deferred[IProtocol] = Deferred(self._giveUp)
        self._request = request
        self._name = name
        self._factory = factory
        self._answer = b""
        self._inner: IProtocol | None = None

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(self._request)

    def dataReceived(self, octets: bytes) -> None:
        if self._inner is not None:
            self._inner.dataReceived(octets)
            return
        self._answer += octets
        head, end, rest = self._answer.partition(b"\r\n\r\n")
        if end:
            self._answered(head.partition(b"\r\n")[0].decode("latin-1"), rest)
        elif len(self._answer) > ANSWER_MAXIMUM:
            self._refuse("it answers something else than HTTP")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._inner is not None:
            self._inner.connectionLost(reason)
        else:
            self._refuse("it closed the connection")

    def _answered(self, line: str, rest: bytes) -> None:
        version, _, said = line.partition(" ")
        if not version.startswith("HTTP/1.") or not said[:3].isdecimal():
            self._refuse("it answers something else than HTTP")
        elif said[0] != "2":
            advice = _ADVICE.get(int(said[:3]), "")
            self._refuse(f"it answers {said[:80]!r}{': ' if advice else ''}{advice}")
        else:
            self._hand(rest)

    def _hand(self, rest: bytes) -> None:
        assert self.transport is not None
        if self.result.called:
            self.transport.loseConnection()
            return
        inner = self._factory.buildProtocol(self.transport.getPeer())
        if inner is None:
            self._refuse("nobody wants it any more")
            return
        self._inner = inner
        inner.makeConnection(self.transport)
        self.result.callback(inner)
        if rest:
            inner.dataReceived(rest)

    def _giveUp(self, _: Deferred[IProtocol]) -> None:
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]  # of TCP

    def _refuse(self, reason: str) -> None:
        if not self.result.called:
            self.result.errback(ProxyRefused(f"{self._name} does not connect us: {reason}"))
        if self.transport is not None:
            self.transport.loseConnection()
