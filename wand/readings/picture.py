"""
A picture of a network: who is around this host, and by which way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from wand.control.client import ControlClient
from wand.readings.rates import peersOf
from wand.status import SeenStatus


class Node(msgspec.Struct, frozen=True):
    """
    A member in the picture.

    @ivar way: the way to it; empty if there is none.
    """

    key: str
    name: str
    online: bool
    server: bool
    way: str
    relay: str
    roundTrip: float | None


class Picture(msgspec.Struct, frozen=True):
    """
    What is drawn.

    @ivar here: what this host is called.
    @ivar nodes: the others, by their names.
    @ivar left: how many are left out.
    @ivar online: how many are online, of those that are drawn and of those that are left out.
    """

    here: str
    nodes: Sequence[Node]
    left: int
    online: int


def pictureOf(here: str, seen: Iterable[SeenStatus], ownKey: str, traffic: Mapping[str, int], most: int) -> Picture:
    """
    Choose who is drawn: whoever has the most traffic, then those with a way, then those online.

    @param traffic: octets from and to members, by their names.
    @param most: how many others are drawn at most.
    """
    others = [each for each in seen if each.key != ownKey and each.state == "member"]
    others.sort(key=lambda each: (-traffic.get(each.name, 0), not each.way, not each.online, each.name, each.key))
    drawn = sorted(others[:most], key=lambda each: (each.name, each.key))
    nodes = [Node(e.key, e.name, e.online, e.server, e.way, e.relay, e.roundTrip) for e in drawn]
    return Picture(here, nodes, len(others) - len(nodes), sum(each.online for each in others))


async def picture(client: ControlClient, most: int) -> Picture:
    """
    Ask a program for what is drawn.

    @param most: how many others are drawn at most.
    """
    own = (await client.status()).own
    seen = [each async for each in client.seen()]
    # Whose traffic is how much only matters where not all can be drawn.
    peers = await peersOf(client) if len(seen) > most else []
    traffic = {each.peer: each.bytesReceived + each.bytesSent for each in peers}
    return pictureOf(own.name if own else "", seen, own.key if own else "", traffic, most)
