"""
Where a server accepts streams: it says so to every member when a session begins, so that those that joined before it
did know it, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address
from math import inf
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from wand.counters import Counters
from wand.endpoint import numericAddress
from wand.errors import AddressInvalid
from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.control_numbers import STREAM_NUMBERS, STREAMS
from wand.sealed.credentials.signed import packed, unpacked
from wand.stream_targets import StreamTarget
from wand.underlay.place_kinds import addressOf

COUNTERS: Final = {
    "streams-announced": "members told where this server accepts streams",
    "drop-streams-malformed": "messages about where streams are accepted dropped: they cannot be read",
    "drop-streams-stranger": "messages about where streams are accepted dropped: they are from no server",
    "drop-streams-hurry": "messages about where streams are accepted dropped: one came just before",
}

#: How many places a server tells at most.
PLACES_MAXIMUM: Final = 4

#: Seconds until the next one is read.
READ_INTERVAL: Final = 1.0


class Streams(msgspec.Struct, tag=STREAMS, frozen=True, array_like=True):
    """
    A server tells where it accepts streams.

    @ivar places: C{tls://HOST:PORT} or C{wss://HOST/PATH} each, the best first.
    """

    places: Annotated[tuple[Annotated[str, Meta(max_length=261)], ...], Meta(max_length=PLACES_MAXIMUM)]


class StreamPlaces:
    """
    Tells members, for a server.

    @ivar places: where streams are accepted; nobody is told while there is nothing to tell.
    """

    def __init__(self, sessions: ISessions, counters: Counters) -> None:
        counters.declare(COUNTERS)
        self.places: Sequence[str] = ()
        self._sessions = sessions
        self._counters = counters
        sessions.onSession(self._session)

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if up and self.places:
            self._counters["streams-announced"] += 1
            self._sessions.sendControl(peer, packed(Streams(tuple(self.places[:PLACES_MAXIMUM]))))


class StreamPlacesReader:
    """
    Reads what servers tell.
    """

    def __init__(
        self,
        sessions: ISessions,
        control: ControlReaders,
        context: Context,
        learned: Callable[[bytes, Sequence[str]], object],
        mayReach: Callable[[str], bool],
    ) -> None:
        """
        @param learned: called with the identity of a server, and where it accepts streams.
        @param mayReach: may datagrams go to this address?
        """
        context.counters.declare(COUNTERS)
        self._counters = context.counters
        self._clock = context.clock
        self._readAt = -inf
        self._sessions = sessions
        self._learned = learned
        self._mayReach = mayReach
        control.read(STREAM_NUMBERS, self._received)

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = unpacked(octets, Streams)
        now = self._clock.seconds()
        if message is None:
            self._counters["drop-streams-malformed"] += 1
        elif not member.isServer:
            self._counters["drop-streams-stranger"] += 1
        elif now - self._readAt < READ_INTERVAL:  # what is learned is written to the disk
            self._counters["drop-streams-hurry"] += 1
        else:
            self._readAt = now
            isLocal = self._isLocal(peer)
            self._learned(peer, [each for each in message.places if self._isRight(each, isLocal=isLocal)])

    def _isLocal(self, peer: bytes) -> bool:
        """
        Do we hear a server on this host?  Others accept nothing here.
        """
        heard = self._sessions.endpointOf(peer)
        return heard is not None and _isLoopback(addressOf(heard.host) or "")

    def _isRight(self, text: str, *, isLocal: bool) -> bool:
        try:
            host = StreamTarget.parse(text).host
        except AddressInvalid:
            return False
        address = numericAddress(host)
        return (isLocal or not _isLoopback(host)) and (not address or self._mayReach(address))


def _isLoopback(host: str) -> bool:
    """
    Is it this host, by its address or its name (RFC 6761, section 6.3)?
    """
    address = numericAddress(host)
    return ip_address(address).is_loopback if address else f".{host.lower().rstrip('.')}".endswith(".localhost")
