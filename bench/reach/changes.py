"""
What happens to the network while one end pings another.

A change is a generator: it yields as often as others may go on meanwhile.  What it was like before is over as soon as
it ends, and from then on counts how long it takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from bench.reach.ends import End
from bench.reach.land import Land

#: Called with the land and both ends.
Change = Callable[[Land, End, End], Iterator[None]]


def pause(seconds: float) -> Iterator[None]:
    """
    Let some time pass.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield


def renumberOne(land: Land, one: End, two: End) -> Iterator[None]:
    """
    Who pings gets another public address.
    """
    yield
    land.ground.renumber(one)


def renumberTwo(land: Land, one: End, two: End) -> Iterator[None]:
    """
    Who is pinged gets another public address.
    """
    yield
    land.ground.renumber(two)


def renumberRouterOfTwo(land: Land, one: End, two: End) -> Iterator[None]:
    """
    The router of who is pinged gets another public address; its LAN does not notice.
    """
    yield
    land.ground.renumber(two)


def moveOne(land: Land, one: End, two: End) -> Iterator[None]:
    """
    Who pings leaves its LAN for another one, behind another NAT.
    """
    yield from land.ground.move(one)


def moveTwo(land: Land, one: End, two: End) -> Iterator[None]:
    """
    Who is pinged leaves its LAN for another one, behind another NAT.
    """
    yield from land.ground.move(two)


def moveBoth(land: Land, one: End, two: End) -> Iterator[None]:
    """
    Both leave their LANs at once.
    """
    yield from land.ground.move(one, two)


def moving(kind: str, *, isTwo: bool = False) -> Change:
    """
    One of them, by default the one that pings, leaves its place for a LAN behind a NAT of another kind.
    """

    def move(land: Land, one: End, two: End) -> Iterator[None]:
        yield from land.ground.move(two if isTwo else one, kind=kind)

    return move


def renumberBoth(land: Land, one: End, two: End) -> Iterator[None]:
    """
    Both get other public addresses at once.
    """
    yield
    land.ground.renumber(one, two)


def restartBoth(land: Land, one: End, two: End) -> Iterator[None]:
    """
    The outermost routers of both restart at once.
    """
    yield from land.ground.restartRouter(one, two)


def remapBoth(land: Land, one: End, two: End) -> Iterator[None]:
    """
    The routers of both restart at once, and give them other ports than before.
    """
    yield from land.ground.restartRouter(one, two, port=40_404)


def digTwo(land: Land, one: End, two: End) -> Iterator[None]:
    """
    Long packets to and from who is pinged vanish from now on.
    """
    yield
    land.ground.dig(two, 1280)


def loseServer(land: Land, one: End, two: End) -> Iterator[None]:
    """
    The server no longer answers these two; see L{bench.reach.ground.Ground.seclude}.
    """
    yield
    land.ground.seclude(one, two)


def restartOne(land: Land, one: End, two: End) -> Iterator[None]:
    """
    The router of who pings restarts.
    """
    yield from land.ground.restartRouter(one)


def restartTwo(land: Land, one: End, two: End) -> Iterator[None]:
    """
    The router of who is pinged restarts.
    """
    yield from land.ground.restartRouter(two)


def remapTwo(land: Land, one: End, two: End) -> Iterator[None]:
    """
    The router of who is pinged restarts, and gives it another port than before.
    """
    yield from land.ground.restartRouter(two, port=40_404)


def outage(land: Land, one: End, two: End) -> Iterator[None]:
    """
    For some seconds nothing passes between who is pinged and the Internet, and no interface shows it.
    """
    land.ground.cut(two, True)
    yield from pause(6)
    land.ground.cut(two, False)


def scrub(land: Land, one: End, two: End) -> Iterator[None]:
    """
    UDP between the two no longer passes, though both still reach everybody else.
    """
    yield
    land.ground.forbid(one, two)


def restartOnOtherPort(land: Land, one: End, two: End) -> Iterator[None]:
    """
    The node of who is pinged is killed and comes back on another port.
    """
    land.restart(two, "port = 33033")
    while not land.isUp(two):
        yield
