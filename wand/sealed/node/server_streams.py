"""
Streams to servers: where UDP to a server is not answered, a node opens a stream to it, and what the directory, the
membership and relays say to the server goes there.

UDP is tried on meanwhile, and goes before: a stream is a candidate like others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from wand.endpoint import Endpoint
from wand.interfaces import Context, ISessions, JoinKey
from wand.interfaces.sessions import STREAM
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.server_stream import SESSION_PATIENCE, UDP_PATIENCE, Introduce, ServerStream
from wand.sealed.node.stored_enrolment import KnownServer
from wand.sealed.node.stream_notes import StreamNotes
from wand.stream_targets import targetsIn
from wand.timing.repeating import Repeating
from wand.underlay.place_kinds import STREAM as STREAM_KIND
from wand.underlay.place_kinds import addressOf, kindOf
from wand.underlay.streams.opening import StreamOpener
from wand.underlay.streams.port import StreamPort

if TYPE_CHECKING:
    from wand.underlay.streams.stream import Stream

#: Seconds between two looks at which streams are needed.
LOOK_INTERVAL: Final = 1.0

#: For how many seconds a stream is used in place of UDP that is answered, unless this host moves.
INSTEAD_LASTS: Final = 3600.0

COUNTERS: Final = {
    "streams-instead": "times that a stream was wanted because a server passes nothing on that we send over UDP",
}


class ServerStreams:
    """
    Opens streams to the servers of our network and to that of an invitation.
    """

    def __init__(
        self, enrolment: Enrolment, sessions: ISessions, port: StreamPort, opener: StreamOpener, context: Context
    ) -> None:
        """
        @param port: carries the datagrams.
        """
        context.counters.declare(COUNTERS)
        self._counters = context.counters
        self.mayReach: Callable[[str], bool] = lambda address: True
        self._enrolment = enrolment
        self._sessions = sessions
        self._port = port
        self._opener = opener
        self._context = context
        self._notes = StreamNotes(context.notes)
        self._streams: dict[bytes, ServerStream] = {}
        self._look = Repeating("streams", self._lookAtAll, context.clock, context.failures)
        port.missing = self._missing
        sessions.onWanted(self._wanted)

    def start(self) -> None:
        """
        End what nobody uses, from now on.
        """
        if not self._look.running:
            self._look.start(LOOK_INTERVAL, now=False)

    def stop(self) -> None:
        """
        Open nothing more, and end all.
        """
        self._look.stop()
        for each in self._streams.values():
            each.stop()

    # When one is wanted.

    def join(self, server: JoinKey, texts: Iterable[str]) -> None:
        """
        A server is asked to redeem an invitation: open a stream if there is no answer in time.

        @param server: what the server is called in the join session: by its key for handshakes.
        @param texts: where it is.
        """
        self._know(server, tuple(texts), lambda places: self._sessions.introduceServer(server, places, source=STREAM))
        known = self._streams.get(server)
        if known is None:
            return
        if known.isOpen:
            known.tell()
        else:
            known.wantSoon(partial(self._isReached, server))

    def joined(self, server: JoinKey) -> None:
        """
        It is redeemed, or will not be.
        """
        known = self._streams.get(server)
        if known is not None:
            known.introduce, known.isIntroduced = None, False
            known.cancel()

    def _wanted(self, identity: bytes, turn: int) -> None:
        server = next((each for each in self._enrolment.servers if each.identity == identity), None)
        if server is None or self._enrolment.stage != "member":
            return
        self._knowServer(server)
        known = self._streams.get(server.exchangeKey)
        if known is None:
            return
        if turn or known.isOpen:
            known.want()
        else:
            patience = SESSION_PATIENCE if self._sessions.isUp(identity) else UDP_PATIENCE
            known.wantSoon(partial(self._isReached, identity), patience)

    def _isReached(self, peer: bytes) -> bool:
        return self._sessions.isUp(peer) and not self._sessions.isWanted(peer)

    def _knowServer(self, server: KnownServer) -> None:
        """
        Take over where a server of our network is.
        """
        identity, key = server.identity, server.exchangeKey

        def introduce(places: list[Endpoint]) -> None:
            self._sessions.introduce(identity, key, places, source=STREAM)

        self._know(key, server.everywhere, introduce)

    def _know(self, key: bytes, texts: tuple[str, ...], introduce: Introduce) -> None:
        targets, known = targetsIn(texts), self._streams.get(key)
        if known is None:
            if not targets:
                return
            known = self._streams[key] = ServerStream(targets, self._opener, self._opened, self._context)
            known.told = partial(self._told, key, known)
        known.targets = targets or known.targets
        known.introduce = introduce

    def _missing(self, place: tuple[str, int]) -> None:
        for known in self._streams.values():
            if known.place == place:
                known.open()

    def useInstead(self, identity: bytes) -> None:
        """
        UDP to a server is answered, but does not do: what is sent to it comes from a new port each time, so that it
        passes nothing on for us.  Use a stream for a while, if one can be opened.
        """
        server = next((each for each in self._enrolment.servers if each.identity == identity), None)
        if server is None or self._enrolment.stage != "member":
            return
        self._knowServer(server)
        known = self._streams.get(server.exchangeKey)
        if known is not None:
            self._counters["streams-instead"] += 1
            self._sessions.shun(identity, INSTEAD_LASTS)
            known.want()

    # What becomes of it.

    def _opened(self, known: ServerStream, stream: Stream) -> Endpoint | None:
        host = stream.peer
        if not self.mayReach(host):
            return None
        place = known.place or self._freePlace(host, known.targets[0].port)
        stream.ended = partial(self._ended, known)
        self._port.adopt(stream, place)
        return place

    def _freePlace(self, host: str, number: int) -> Endpoint:
        taken = {each.place for each in self._streams.values()}
        place = Endpoint(f"{STREAM_KIND}/{host}", number)
        while place in taken:  # several servers behind one proxy
            place = place._replace(port=place.port % 65_535 + 1)
        return place

    def _ended(self, known: ServerStream, stream: Stream, reason: str) -> None:
        self._port.forget(stream)
        known.ended(stream)

    def _told(self, key: bytes, known: ServerStream) -> None:
        if known.isOpen:
            self._notes.clear(key)
            known.tell()
            if known.isLost:
                known.isLost = False
                self._beginAgain(key)
        else:
            isShunned = any(
                each.exchangeKey == key and self._sessions.isShunned(each.identity) for each in self._enrolment.servers
            )
            self._notes.none(key, known.trouble, isShunned=isShunned)

    def _beginAgain(self, key: bytes) -> None:
        """
        The stream was lost and is open again: a server that was started again knows nothing of our session.
        """
        for server in self._enrolment.servers:
            if server.exchangeKey == key:
                self._sessions.renew(server.identity)
                self._sessions.seek(server.identity)

    # What is looked at from time to time.

    def _lookAtAll(self) -> None:
        for known in self._streams.values():
            known.endUnused()
        if self._enrolment.stage != "member":
            return
        servers = self._enrolment.servers
        for key in self._streams.keys() - {each.exchangeKey for each in servers}:
            self._endOf(key)
        for server in servers:
            self._knowServer(server)
            stream = self._streams.get(server.exchangeKey)
            if stream is not None:
                self._lookAt(server, stream)

    def _endOf(self, key: bytes) -> None:
        """
        It is not one of our servers any more: it was revoked, or there are too many.
        """
        self._streams.pop(key).stop()
        self._notes.clear(key)

    def _lookAt(self, server: KnownServer, known: ServerStream) -> None:
        if known.isLost:
            known.open()
        if not self._sessions.isUp(server.identity):  # nobody tries to reach one of which no endpoint is known
            if not known.isOpen or not known.isIntroduced:
                known.wantSoon(partial(self._isReached, server.identity))
            return
        place = self._sessions.endpointOf(server.identity)
        if place is None:
            return
        isShunned = self._sessions.isShunned(server.identity)
        if kindOf(place.host) == STREAM_KIND:
            host = known.host or addressOf(place.host)
            self._notes.slower(server.exchangeKey, host, known.way, isShunned=isShunned)
        elif isShunned:
            if not known.isOpen or not known.isIntroduced:
                known.want()
        elif self._sessions.isWanted(server.identity):
            known.calm = 0
        elif known.staysCalm():
            self._notes.clear(server.exchangeKey)
            known.withdraw()  # UDP works: it is not a candidate any more, and ends when nobody uses it
