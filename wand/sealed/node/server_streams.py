"""
Streams to servers: where UDP to a server is not answered, a node opens a stream to it, and what the directory, the
membership and relays say to the server goes there.

UDP is tried on meanwhile, and goes before: a stream is a candidate like others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import inf
from typing import Final

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.endpoint import Endpoint
from wand.errors import WandError
from wand.interfaces import Context, ISessions, JoinKey
from wand.interfaces.sessions import STREAM
from wand.sealed.node.enrolment import Enrolment, KnownServer
from wand.stream_targets import StreamTarget, targetsIn
from wand.timing.repeating import Repeating
from wand.underlay.place_kinds import STREAM as STREAM_KIND
from wand.underlay.place_kinds import addressOf, kindOf
from wand.underlay.streams.accepting import endUnused
from wand.underlay.streams.opening import StreamOpener
from wand.underlay.streams.port import StreamPort
from wand.underlay.streams.stream import Stream

#: Seconds that UDP has to be answered before a stream is opened beside it.
UDP_PATIENCE: Final = 0.7

#: Seconds after which a stream ends that nobody uses, and between two looks.
OPENED_IDLE: Final = 30.0
LOOK_INTERVAL: Final = 1.0

#: Seconds between two attempts to open a stream to a server: at first, and at most.
RETRY_FIRST: Final = 1.0
RETRY_MAXIMUM: Final = 30.0

#: Seconds that a stream has to last: a server that accepts and ends it at once is not asked without a pause.
SETTLED: Final = 10.0


class ServerStream:
    """
    The stream to one server.

    @ivar place: where its datagrams go; C{None} before one was opened.
    @ivar targets: where it may lead.
    @ivar trouble: why none is open; empty if nothing went wrong.
    """

    _log = Logger()

    def __init__(
        self,
        targets: list[StreamTarget],
        opener: StreamOpener,
        opened: Callable[[Stream], Endpoint | None],
        context: Context,
    ) -> None:
        """
        @param opened: called with a stream that is open; gives its place, or C{None} if it is not to be used.
        """
        self.place: Endpoint | None = None
        self.way = ""
        self.trouble = ""
        self.targets = targets
        self.told: Callable[[], object] = lambda: None
        self._opener = opener
        self._opened = opened
        self._clock = context.clock
        self._opening: list[Deferred[Stream]] = []
        self._retryAt = 0.0
        self._wait = RETRY_FIRST
        self._settledAt = inf
        self.stream: Stream | None = None

    @property
    def isOpen(self) -> bool:
        """
        Can datagrams be sent in it?
        """
        return self.stream is not None

    def open(self) -> None:
        """
        Open it, unless it is open, or could not be opened just now.  All targets are tried at once; the first that
        answers is taken.
        """
        now = self._clock.seconds()
        if self.isOpen or self._opening or now < self._retryAt:
            return
        if now >= self._settledAt:
            self._wait = RETRY_FIRST
        self._retryAt = now + self._wait
        self._wait = min(RETRY_MAXIMUM, 2 * self._wait)
        troubles: list[str] = []
        for target in self.targets:
            opening = self._opener.open(target)
            self._opening.append(opening)
            opening.addCallbacks(partial(self._take, target), partial(self._failed, troubles, opening))

    def stop(self) -> None:
        """
        Open nothing more.
        """
        opening, self._opening = self._opening, []
        for each in opening:
            each.cancel()
        if self.stream is not None:
            self.stream.close()

    def _take(self, target: StreamTarget, stream: Stream) -> None:
        place = None if self.isOpen else self._opened(stream)
        if place is None:
            stream.close()
            return
        self._settledAt, self.trouble = self._clock.seconds() + SETTLED, ""
        self.place, self.stream, self.way = place, stream, self._opener.way(target)
        opening, self._opening = self._opening, []
        for each in opening:
            if not each.called:
                each.cancel()
        self.told()

    def _failed(self, troubles: list[str], opening: Deferred[Stream], failure: Failure) -> None:
        if opening in self._opening:
            self._opening.remove(opening)
        if failure.check(CancelledError):
            return
        troubles.append(failure.getErrorMessage())
        if not failure.check(WandError):
            self._log.failure("a stream cannot be opened", failure)
        if not self._opening and not self.isOpen:
            self.trouble = "; ".join(troubles)
            self.told()


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
        self.mayReach: Callable[[str], bool] = lambda address: True
        self._enrolment = enrolment
        self._sessions = sessions
        self._port = port
        self._opener = opener
        self._context = context
        self._clock = context.clock
        self._notes = context.notes
        self._byServer: dict[bytes, ServerStream] = {}
        self._introduce: dict[bytes, Callable[[list[Endpoint]], object]] = {}
        self._timers: dict[bytes, IDelayedCall] = {}
        self._look = Repeating("streams", self._lookAtAll, context.clock, context.failures)
        self._introduced: set[bytes] = set()
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
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for each in self._byServer.values():
            each.stop()

    # When one is wanted.

    def join(self, server: JoinKey, texts: Iterable[str]) -> None:
        """
        A server is asked to redeem an invitation: open a stream if there is no answer in time.

        @param server: what the server is called in the join session: by its key for handshakes.
        @param texts: where it is.
        """
        self._know(server, tuple(texts))
        self._introduce[server] = partial(self._introduceJoin, server)
        known = self._byServer.get(server)
        if known is not None and known.isOpen:
            self._tell(server)
        else:
            self._soon(server, server)

    def joined(self, server: JoinKey) -> None:
        """
        It is redeemed, or will not be.
        """
        self._introduce.pop(server, None)
        self._introduced.discard(server)
        self._cancel(server)

    def _introduceJoin(self, server: JoinKey, places: list[Endpoint]) -> None:
        self._sessions.introduceServer(server, places, source=STREAM)

    def _wanted(self, identity: bytes, turn: int) -> None:
        server = next((each for each in self._enrolment.servers if each.identity == identity), None)
        if server is None or not self._isMembers(server):
            return
        if turn or self._byServer[server.exchangeKey].isOpen:
            self._open(server.exchangeKey)
        else:
            self._soon(server.exchangeKey, identity)

    def _isMembers(self, server: KnownServer) -> bool:
        """
        Are we a member that may open a stream to this server?
        """
        key, identity = server.exchangeKey, server.identity
        self._know(key, server.endpoints)
        if key not in self._byServer or self._enrolment.stage != "member":
            return False
        self._introduce[key] = lambda places: self._sessions.introduce(identity, key, places, source=STREAM)
        return True

    def _know(self, key: bytes, texts: tuple[str, ...]) -> None:
        targets = targetsIn(texts)
        known = self._byServer.get(key)
        if known is not None:
            known.targets = targets or known.targets
        elif targets:
            known = self._byServer[key] = ServerStream(targets, self._opener, partial(self._opened, key), self._context)
            known.told = partial(self._told, key)

    def _soon(self, key: bytes, peer: bytes) -> None:
        if key not in self._byServer or key in self._timers:
            return

        def due() -> None:
            del self._timers[key]
            if not self._sessions.isUp(peer):
                self._open(key)

        self._timers[key] = self._clock.callLater(UDP_PATIENCE, due)

    def _open(self, key: bytes) -> None:
        self._cancel(key)
        known = self._byServer[key]
        if known.isOpen:
            self._tell(key)
        else:
            known.open()

    def _cancel(self, key: bytes) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    def _missing(self, place: tuple[str, int]) -> None:
        for known in self._byServer.values():
            if known.place == place:
                known.open()

    # What becomes of it.

    def _opened(self, key: bytes, stream: Stream) -> Endpoint | None:
        known = self._byServer[key]
        host = stream.peer
        if not self.mayReach(host):
            return None
        place = known.place or self._freePlace(host, known.targets[0].port)
        stream.ended = partial(self._ended, key)
        self._port.adopt(stream, place)
        return place

    def _freePlace(self, host: str, number: int) -> Endpoint:
        taken = {each.place for each in self._byServer.values()}
        place = Endpoint(f"{STREAM_KIND}/{host}", number)
        while place in taken:  # several servers behind one proxy
            place = place._replace(port=place.port % 65_535 + 1)
        return place

    def _ended(self, key: bytes, stream: Stream, reason: str) -> None:
        self._port.forget(stream)
        known = self._byServer[key]
        if known.stream is stream:
            known.stream = None

    def _told(self, key: bytes) -> None:
        known = self._byServer[key]
        if known.isOpen:
            self._notes.clear(_key(key))
            self._tell(key)
        else:
            text = f"UDP to a server is not answered, and no stream can be opened instead ({known.trouble})"
            self._notes.say(_key(key), f"{text}; both are tried again")

    def _tell(self, key: bytes) -> None:
        place, introduce = self._byServer[key].place, self._introduce.get(key)
        if introduce is not None and place is not None:
            self._introduced.add(key)
            introduce([place])

    # What is looked at from time to time.

    def _lookAtAll(self) -> None:
        endUnused(tuple(self._port.streams.values()), self._clock.seconds(), OPENED_IDLE, self._context.counters)
        for server in self._enrolment.servers:
            if self._isMembers(server):
                self._lookAt(server.identity, server.exchangeKey)

    def _lookAt(self, identity: bytes, key: bytes) -> None:
        known = self._byServer[key]
        if not self._sessions.isUp(identity):  # nobody tries to reach a server of which no endpoint is known
            if not known.isOpen or key not in self._introduced:
                self._soon(key, identity)
            return
        place = self._sessions.endpointOf(identity)
        if place is None:
            return
        if kindOf(place.host) == STREAM_KIND:
            text = f"UDP to the server at {addressOf(place.host)} is not answered: a stream is used instead"
            self._notes.say(_key(key), f"{text} ({known.way}), which is slower", isHint=True)
            return
        self._notes.clear(_key(key))
        if key in self._introduced:  # UDP works: it is not a candidate any more, and ends when nobody uses it
            self._introduced.discard(key)
            self._introduce[key]([])


def _key(exchangeKey: bytes) -> str:
    return f"stream-{exchangeKey.hex()[:8]}"
