"""
Asks a web site for its pages, over a connection in memory.
"""

from __future__ import annotations

import attrs
from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport
from twisted.web.server import Site


@attrs.frozen
class Answer:
    """
    What a web site answers.

    @ivar headers: by their names in lower case.
    """

    status: int
    headers: dict[str, str]
    body: str


def ask(
    site: Site,
    path: str,
    host: str = "127.0.0.1:9450",
    local: str = "127.0.0.1",
    method: str = "GET",
    accept: str = "*/*",
) -> Answer:
    """
    Ask for a page.

    @param host: whom the request says that it is for.
    @param local: the address at which it arrives.
    @param accept: in which forms it is wanted.
    """
    transport = StringTransport(IPv4Address("TCP", local, 9450), IPv4Address("TCP", "127.0.0.1", 50000))
    channel = site.buildProtocol(transport.getPeer())
    channel.makeConnection(transport)
    told = f"Host: {host}\r\nAccept: {accept}\r\nConnection: close\r\n"
    channel.dataReceived(f"{method} {path} HTTP/1.1\r\n{told}\r\n".encode())
    head, _, body = transport.value().decode().partition("\r\n\r\n")
    lines = head.split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    return Answer(int(lines[0].split()[1]), headers, body)
