"""
Strangers: streams that no conversation uses.  There are few, of each subscriber and in all.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final, Generic, TypeVar

from wand.endpoint import numericAddress

#: How many there are at most: of one subscriber, and in all.
STRANGERS_SUBSCRIBER: Final = 32
STRANGERS_MAXIMUM: Final = 512

#: What stands for those who come through a proxy that does not say for whom: they are many, and bounded together with
#: all others only.
PROXIED: Final = ""

_Stream = TypeVar("_Stream")


class Strangers(Generic[_Stream]):
    """
    Streams of strangers, by their subscribers.
    """

    def __init__(self) -> None:
        self._streams: dict[str, dict[_Stream, None]] = {}
        self._subscriberOf: dict[_Stream, str] = {}

    def __len__(self) -> int:
        return len(self._subscriberOf)

    def __contains__(self, stream: _Stream) -> bool:
        return stream in self._subscriberOf

    def __iter__(self) -> Iterator[_Stream]:
        return iter(self._subscriberOf)

    def add(self, stream: _Stream, subscriber: str) -> None:
        """
        A stream is a stranger's, or is known to be another subscriber's than before.
        """
        self.remove(stream)
        self._streams.setdefault(subscriber, {})[stream] = None
        self._subscriberOf[stream] = subscriber

    def remove(self, stream: _Stream) -> None:
        """
        It is none any more.
        """
        subscriber = self._subscriberOf.pop(stream, None)
        if subscriber is not None:
            streams = self._streams[subscriber]
            del streams[stream]
            if not streams:
                del self._streams[subscriber]

    def oneTooMany(self, subscriber: str) -> _Stream | None:
        """
        Who has to make room: the oldest of this subscriber, if it has too many; or of the one that has the most.
        """
        if subscriber != PROXIED and len(self._streams.get(subscriber, ())) > STRANGERS_SUBSCRIBER:
            return next(iter(self._streams[subscriber]))
        if len(self) > STRANGERS_MAXIMUM:
            most = max(self._streams, key=lambda each: len(self._streams[each]))
            return next(iter(self._streams[most]))
        return None


def subscriberOf(host: str) -> str:
    """
    What stands for everybody who may use an address: an IPv4 address, or a /64 of IPv6.

    @param host: a numeric address.
    """
    address = numericAddress(host)
    return address if ":" not in address else ip_address(address).exploded[:19]


def isLoopback(host: str) -> bool:
    """
    Is it an address of this host alone?
    """
    address = numericAddress(host)
    return bool(address) and ip_address(address).is_loopback
