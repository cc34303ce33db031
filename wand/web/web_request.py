"""
Requests to a web site.
"""

from __future__ import annotations

import re
from typing import AnyStr, Final

from twisted.web.resource import IResource
from twisted.web.server import Request

from wand.web.hosts import AnyName, HostRefused, Hosts

_BODY_REFUSED: Final = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

#: A target in absolute-form (RFC 9112, section 3.2.2): its scheme, its host and the rest.
_ABSOLUTE: Final = re.compile(rb"(https?)://([^/?]*)(.*)", re.IGNORECASE | re.DOTALL)


class WebRequest(Request):
    """
    A request that is answered only if it was meant for us, and whose answer says nothing of the software behind it.

    Its body is short, if it may have one at all, and a connection has no other request; so a stranger fills neither the
    disk with what they send nor our memory with answers that they do not read.

    @cvar bodyMaximum: the most octets of a body.
    @cvar hosts: knows which requests are meant for us.
    """

    bodyMaximum = 0
    hosts: Hosts = AnyName()

    def gotLength(self, length: int | None) -> None:
        """
        Refuse a body that is too long, or does not say how long it is, before any of it came; and whatever comes after
        this request.
        """
        if any(b"multipart" in each.lower() for each in self.requestHeaders.getRawHeaders(b"content-type", [])):
            self.requestHeaders.removeHeader(b"content-type")  # no page takes such a form; Twisted fails at some
        self._refused = length is None or length > self.bodyMaximum
        super().gotLength(0 if self._refused else length)
        self.channel.persistent = False
        if self._refused:
            self.channel.write(_BODY_REFUSED)
            self.channel.loseConnection()

    def handleContentChunk(self, data: bytes) -> None:
        """
        Forget what is sent on the way to the end of the connection.
        """
        if not self._refused:
            super().handleContentChunk(data)

    def getHeader(self, key: AnyStr) -> AnyStr | None:
        """
        A header, whatever its octets are: what is asked for by a text is a text, for which Twisted would raise if it is
        not UTF-8.
        """
        if isinstance(key, bytes):
            return super().getHeader(key)
        value = super().getHeader(key.encode())
        return None if value is None else value.decode("utf-8", "replace")

    def process(self) -> None:
        """
        Refuse what a stranger's page had a browser ask; answer everything else.
        """
        self.setHeader("connection", "close")
        self._takeTarget()
        try:
            self.hosts.check(self._host(), self.getHost().host)
        except HostRefused as refused:
            self.setResponseCode(421, b"Misdirected Request")  # RFC 9110, which Twisted has no words for
            self.setHeader("content-type", "text/plain; charset=utf-8")
            self.write(f"{refused}\n".encode())
            self.finish()
            return
        super().process()

    def _takeTarget(self) -> None:
        """
        Who asks us as they would ask a proxy means the host in the target, whatever C{Host} says (RFC 9112, section
        3.2.2).  With another scheme than the connection has, nobody here is meant (RFC 9110, section 7.4).
        """
        target = _ABSOLUTE.fullmatch(self.uri)
        if target is None:
            return
        scheme, host, rest = target.groups()
        self.uri = rest if rest.startswith(b"/") else b"/" + rest
        self.path = self.uri.partition(b"?")[0]
        isOurs = scheme.lower() == (b"https" if self.isSecure() else b"http")
        if len(self.requestHeaders.getRawHeaders(b"host", [])) == 1:
            self.requestHeaders.setRawHeaders(b"host", [host if isOurs else b""])

    def _host(self) -> str:
        """
        The host that the request is meant for; empty if it names none or several (RFC 9112, section 3.2).
        """
        told = self.requestHeaders.getRawHeaders(b"host", [])
        return told[0].decode("utf-8", "replace") if len(told) == 1 else ""

    def render(self, resource: IResource) -> None:
        """
        Answer with a page.
        """
        self.responseHeaders.removeHeader("server")
        self.setHeader("x-content-type-options", "nosniff")
        super().render(resource)
