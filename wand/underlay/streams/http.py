"""
HTTP over streams: what Twisted's agent needs to work without the reactor itself, in simulated time, too.
"""

from __future__ import annotations

from typing import Any

import attrs
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.ssl import optionsForClientTLS
from twisted.web.client import URI, Agent, HTTPConnectionPool
from twisted.web.error import SchemeNotSupported
from twisted.web.iweb import IAgent, IAgentEndpointFactory
from zope.interface import implementer

from wand.underlay.streams.network import StreamNetwork


@implementer(IAgentEndpointFactory)
@attrs.frozen
class _Endpoints:
    """
    Where hosts are: in a network of streams.
    """

    streams: StreamNetwork

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        """
        See L{IAgentEndpointFactory}.
        """
        host = uri.host.decode("ascii")
        endpoint = self.streams.client(host, uri.port)
        if uri.scheme == b"http":
            return endpoint
        if uri.scheme != b"https":
            raise SchemeNotSupported(f"Unsupported scheme: {uri.scheme!r}")
        from twisted.internet.endpoints import wrapClientTLS

        return wrapClientTLS(optionsForClientTLS(host), endpoint)


def agentOver(streams: StreamNetwork, clock: IReactorTime) -> IAgent:
    """
    An HTTP client, which checks the certificates of servers.  Each request has a connection of its own.
    """
    reactor: Any = clock  # of which it uses the time alone
    pool = HTTPConnectionPool(reactor, persistent=False)
    agent: IAgent = Agent.usingEndpointFactory(reactor, _Endpoints(streams), pool)
    return agent
