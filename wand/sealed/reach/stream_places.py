"""
Where a server accepts streams: it says so to every member when a session begins, so that those that joined before it
did know it, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from wand.timing.token_buckets import TokenBuckets
from wand.underlay.place_kinds import addressOf, isLoopback

COUNTERS: Final = {
    "streams-announced": "members told where this server accepts streams",
    "drop-streams-malformed": "messages about where streams are accepted dropped: they name no place that can be read",
    "drop-streams-stranger": "messages about where streams are accepted dropped: they are from no server",
    "drop-streams-hurry": "messages about where streams are accepted dropped: the same server sent one just before",
}

#: How many places a server tells at most.
PLACES_MAXIMUM: Final = 4

#: Seconds until the next one of the same server is read.
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
        @param learned: called with the identity of a server, and where it accepts streams: one place at least.
        @param mayReach: may datagrams go to this address?
        """
        context.counters.declare(COUNTERS)
        self._counters = context.counters
        self._servers = TokenBuckets(context.clock, 1.0 / READ_INTERVAL, 1.0)
        self._sessions = sessions
        self._learned = learned
        self._mayReach = mayReach
        control.read(STREAM_NUMBERS, self._received)

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = unpacked(octets, Streams)
        isLocal = self._isLocal(peer)
        told = () if message is None else message.places
        places = [each for each in told if self._isRight(each, isLocal=isLocal)]
        if not places:
            self._counters["drop-streams-malformed"] += 1
        elif not member.isServer:
            self._counters["drop-streams-stranger"] += 1
        elif not self._servers.take(peer.hex()):  # what is learned is written to the disk
            self._counters["drop-streams-hurry"] += 1
        else:
            self._learned(peer, places)

    def _isLocal(self, peer: bytes) -> bool:
        """
        Do we hear a server on this host?  Others accept nothing here.
        """
        heard = self._sessions.endpointOf(peer)
        return heard is not None and isLoopback(addressOf(heard.host) or "")

    def _isRight(self, text: str, *, isLocal: bool) -> bool:
        try:
            host = StreamTarget.parse(text).host
        except AddressInvalid:
            return False
        address = numericAddress(host)
        return (isLocal or not _isOfThisHost(host)) and (not address or self._mayReach(address))


def _isOfThisHost(host: str) -> bool:
    """
    Is it this host, by its address or its name (RFC 6761, section 6.3)?
    """
    return isLoopback(host) or f".{host.lower().rstrip('.')}".endswith(".localhost")
