"""
Places: where datagrams can go, each a pair of a host and a number that equals an L{wand.endpoint.Endpoint}.

    192.0.2.1         22222   over UDP
    2001:db8::1       22222   over UDP
    tcp/192.0.2.1     50312   over the stream that leads to, or came from, that address and TCP port
    relay/HEX            77   through a member that passes datagrams on: its identity's beginning, and the channel

So a stream and a relay are one more port each, and whoever sends datagrams need not know the difference.
"""

from __future__ import annotations

from ipaddress import ip_address
from socket import AF_INET6, inet_pton
from typing import Final

from wand.endpoint import numericAddress

#: The kinds of places.
IPV4: Final = "4"
IPV6: Final = "6"
STREAM: Final = "tcp"
RELAY: Final = "relay"

#: What the hosts of places behind relays begin with.
BEHIND_RELAYS: Final = f"{RELAY}/"


def kindOf(host: str) -> str:
    """
    The kind of a place.

    @param host: the first half of it.
    """
    kind, slash, _ = host.partition("/")
    if slash:
        return kind
    return IPV6 if ":" in host else IPV4


def isBehindRelay(place: tuple[str, int] | None) -> bool:
    """
    Is a place behind a relay?  A relay passes nothing on from there, nor to there.
    """
    return place is not None and place[0].startswith(BEHIND_RELAYS)


def addressOf(host: str) -> str | None:
    """
    The numeric IP address to which datagrams for a place leave this host; C{None} for one behind a relay, which is at
    an address of its own.

    @param host: the first half of the place.
    """
    kind, slash, rest = host.partition("/")
    if not slash:
        return host
    return rest if kind == STREAM else None


def subscriberOf(host: str) -> bytes:
    """
    What stands for everybody who may use an address, as one subscriber does: an IPv4 address, or a /64 of IPv6.

    @param host: a numeric address, or the first half of another kind of place.
    """
    host = addressOf(host) or host
    host = numericAddress(host) or host
    return inet_pton(AF_INET6, host)[:8] if ":" in host else host.encode()


def isLoopback(host: str) -> bool:
    """
    Is a place on this very host?  Others know nobody there.

    @param host: the first half of it.
    """
    address = numericAddress(addressOf(host) or "")
    return bool(address) and ip_address(address).is_loopback
