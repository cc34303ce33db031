"""
Web sites of Twisted Web, which is much to import.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IOpenSSLServerConnectionCreator, IProtocolFactory
from twisted.web.http import Request
from twisted.web.resource import IResource
from twisted.web.server import Site

from wand.web.connections import PATIENCE
from wand.web.web_request import WebRequest


class _QuietSite(Site):
    """
    A site that writes no line for each request: strangers would fill the log.
    """

    noisy = False

    def log(self, request: Request) -> None:
        """
        Nothing.
        """

    def startFactory(self) -> None:
        """
        Nothing, such as to note the time for the log each second.
        """

    def stopFactory(self) -> None:
        """
        Nothing.
        """


def siteOf(
    reactor: Any,
    root: IResource,
    requests: type[WebRequest] = WebRequest,
    tls: IOpenSSLServerConnectionCreator | None = None,
) -> IProtocolFactory:
    """
    What makes the protocols of a web site.

    @param requests: what requests are like.
    @param tls: makes connections with TLS; C{None} for none.
    """
    site = _QuietSite(root, requestFactory=requests, timeout=PATIENCE, reactor=reactor)
    site.displayTracebacks = False
    if tls is None:
        return site
    from twisted.protocols.tls import TLSMemoryBIOFactory  # 4.4 MB that most programs do without

    return TLSMemoryBIOFactory(tls, False, site, reactor)
