"""
How answers are written.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

import attrs
import msgspec
from twisted.internet.interfaces import IReactorTime

from wand.console.calls import Call
from wand.console.console_request import ConsoleRequest
from wand.console.drain import Drain
from wand.console.problems import Problem

#: How many items of a listing are written at a time.
PIECE: Final = 200

#: How many items somebody may ask for at once.
LIMIT_MAXIMUM: Final = 1_000

JSON: Final = "application/json"

#: What a listing has.
Items = AsyncGenerator[Any, None]

_encoder: Final = msgspec.json.Encoder()


def writeDocument(request: ConsoleRequest, document: Any, status: int = 200) -> None:
    """
    Answer with a document.
    """
    write(request, _encoder.encode(document), JSON, status)


def writeProblem(request: ConsoleRequest, problem: Problem) -> None:
    """
    Answer why something was not done.
    """
    for name, value in problem.headers.items():
        request.setHeader(name, value)
    writeDocument(request, problem.document, problem.status)


def write(request: ConsoleRequest, content: bytes, contentType: str, status: int = 200) -> None:
    """
    Answer with octets.
    """
    request.setResponseCode(status, HTTPStatus(status).phrase.encode())  # Twisted has no words for 429
    request.setHeader("content-type", contentType)
    request.setHeader("content-length", str(len(content)))
    request.write(content)
    request.finish()


@attrs.frozen
class Document:
    """
    An answer that is one document.
    """

    value: Any

    async def write(self, request: ConsoleRequest, call: Call, clock: IReactorTime) -> None:
        """
        See L{wand.console.calls.Answer}.
        """
        writeDocument(request, self.value)


@attrs.frozen
class Listing:
    """
    An answer that may be long: a part with a link to the next one (RFC 8288), or all of it, piece by piece as it is
    read.

    @ivar items: what it has, in the order of their keys.
    @ivar key: gives the key of an item, for whoever goes on after it.
    """

    items: Items
    key: Callable[[Any], str]

    async def write(self, request: ConsoleRequest, call: Call, clock: IReactorTime) -> None:
        """
        See L{wand.console.calls.Answer}.
        """
        async with aclosing(self.items) as items:
            if "limit" in call.query:
                await self._writePart(request, call, items, call.number("limit", PIECE, LIMIT_MAXIMUM))
            else:
                await _writeAll(request, items, clock)

    async def _writePart(self, request: ConsoleRequest, call: Call, items: Items, limit: int) -> None:
        found = await _next(items, limit + 1)
        part = found[:limit]
        if len(found) > limit:
            query = urlencode({**call.query, "after": self.key(part[-1])})
            request.setHeader("link", f'<?{query}>; rel="next"')
        writeDocument(request, part)


async def _writeAll(request: ConsoleRequest, items: Items, clock: IReactorTime) -> None:
    piece = await _next(items, PIECE)
    request.setHeader("content-type", JSON)
    drain = Drain(request, clock)
    start = b"["
    while piece:
        request.write(start + _encoder.encode(piece)[1:-1])
        start = b","
        await drain.ready()
        piece = await _next(items, PIECE)
    request.write(b"[]" if start == b"[" else b"]")
    drain.finish()


async def _next(items: Items, count: int) -> list[Any]:
    found: list[Any] = []
    async for each in items:
        found.append(each)
        if len(found) == count:
            break
    return found
