"""
How answers are written.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from twisted.internet.interfaces import IReactorTime
from twisted.web.server import Request

from wand.console.calls import Call, Listing
from wand.console.drain import Drain
from wand.console.problems import Problem

#: How many items of a listing are written at a time.
PIECE: Final = 200

#: How many items somebody may ask for at once.
LIMIT_MAXIMUM: Final = 1_000

_encoder: Final = msgspec.json.Encoder()


def writeDocument(request: Request, document: Any, status: int = 200) -> None:
    """
    Answer with a document.
    """
    write(request, _encoder.encode(document), "application/json", status)


def writeProblem(request: Request, problem: Problem) -> None:
    """
    Answer why something was not done.
    """
    for name, value in problem.headers.items():
        request.setHeader(name, value)
    writeDocument(request, problem.document, problem.status)


def write(request: Request, content: bytes, contentType: str, status: int = 200) -> None:
    """
    Answer with octets.
    """
    request.setResponseCode(status)
    request.setHeader("content-type", contentType)
    request.setHeader("content-length", str(len(content)))
    request.write(content)
    request.finish()


async def writeListing(request: Request, call: Call, listing: Listing, clock: IReactorTime) -> None:
    """
    Answer with as much of a listing as was asked for: a part with a link to the next one (RFC 8288), or all of it,
    piece by piece as it is read.
    """
    if "limit" in call.query:
        await _writePart(request, call, listing, call.number("limit", PIECE, LIMIT_MAXIMUM))
        return
    async with aclosing(listing.items) as items:  # type: ignore[type-var]
        piece = await _next(items, PIECE)
        request.setHeader("content-type", "application/json")
        drain = Drain(request, clock)
        request.write(b"[")
        start = b""
        while piece:
            request.write(start + _encoder.encode(piece)[1:-1])
            start = b","
            await drain.ready()
            piece = await _next(items, PIECE)
        request.write(b"]")
    drain.finish()


async def _writePart(request: Request, call: Call, listing: Listing, limit: int) -> None:
    async with aclosing(listing.items) as items:  # type: ignore[type-var]
        found = await _next(items, limit + 1)
    part = found[:limit]
    if len(found) > limit:
        query = urlencode({**call.query, "after": listing.key(part[-1])})
        request.setHeader("link", f'<?{query}>; rel="next"')
    writeDocument(request, part)


async def _next(items: Any, count: int) -> list[Any]:
    found: list[Any] = []
    async for each in items:
        found.append(each)
        if len(found) == count:
            break
    return found
