"""
Where a stream may lead: C{tls://HOST:443}, or C{wss://HOST/PATH} to a web server that passes a WebSocket on.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

from wand.endpoint import numericAddress, splitHostPort
from wand.errors import AddressInvalid

#: The TCP port of HTTPS.
HTTPS: Final = 443

#: What the texts begin with.
SCHEMES: Final = ("tls", "wss")

#: A name of a host (RFC 1123, section 2.1), and what else is found in names.
_NAME: Final = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")


@attrs.frozen
class StreamTarget:
    """
    Where a stream may lead.

    @ivar host: a numeric address or a name.
    @ivar path: of the WebSocket; empty if it is none.
    """

    host: str
    port: int
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> StreamTarget:
        """
        Read C{tls://HOST:PORT} or C{wss://HOST:PORT/PATH}; the port is 443 if there is none.

        @raise AddressInvalid: if it is anything else.
        """
        scheme, _, rest = text.partition("://")
        authority, slash, path = rest.partition("/")
        isPlain = all(each.isprintable() and not each.isspace() and ord(each) < 0x7F for each in path)
        if scheme not in SCHEMES or not isPlain or (scheme == "tls" and slash) or "@" in authority:
            raise AddressInvalid(f"{text!r} is not a place of a stream; write tls://HOST:443 or wss://HOST/PATH")
        host, port = splitHostPort(authority, HTTPS)
        if ":" not in host and not _isName(host):
            raise AddressInvalid(f"{host!r} in {text!r} is neither a name nor an address")
        return cls(host if "%" in host else numericAddress(host) or host, port, f"/{path}" if scheme == "wss" else "")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == HTTPS and self.path else f":{self.port}"
        return f"{'wss' if self.path else 'tls'}://{host}{port}{self.path}"


def _isName(host: str) -> bool:
    """
    Can a host be asked for, and named in TLS (RFC 5890)?
    """
    try:
        return _NAME.fullmatch(host.encode("idna").decode("ascii")) is not None
    except UnicodeError:
        return False


def isTarget(text: str) -> bool:
    """
    Is this the text of a place of a stream, and not of an endpoint?
    """
    return "://" in text


def checkPlace(text: str, defaultPort: int | None = None) -> None:
    """
    Check where a server is said to be: C{HOST:PORT}, or as L{StreamTarget.parse} reads it.

    @raise AddressInvalid: if it is neither.
    """
    if isTarget(text):
        StreamTarget.parse(text)
    else:
        splitHostPort(text, defaultPort)


def targetsIn(texts: tuple[str, ...]) -> list[StreamTarget]:
    """
    The places of streams among those of a server.
    """
    return [StreamTarget.parse(each) for each in texts if isTarget(each)]
