"""
The events of the program for all who listen in a browser.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import attrs
import msgspec
from twisted.internet.defer import DeferredLock
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import LoopingCall

from wand.console.asking import Connect
from wand.console.calls import Call
from wand.console.listener import KEPT, Listener, TooSlow
from wand.console.problems import Problem
from wand.control.client import ControlClient
from wand.counters import Counters
from wand.events import Event

if TYPE_CHECKING:
    from wand.console.console_request import ConsoleRequest

COUNTERS: Final = {
    "console-listeners": "browsers that began to listen to events",
    "drop-console-slow": "browsers that listened to events and were ended because they did not read fast enough",
    "drop-console-crowded": "browsers that were not told of events because too many listen",
}

#: How many may listen at once, and how many of them with one login: fewer than the six connections that a browser opens
#: to one host, or its other pages would wait.
LISTENERS_MAXIMUM: Final = 24
LISTENERS_EACH: Final = 4

#: Seconds between two signs of life.
BEAT: Final = 15.0

#: Seconds for which events are kept when nobody listens any more.
LINGER: Final = 60.0

#: After how many milliseconds a browser comes back.
RETRY: Final = 2_000

#: What stands before the number of events that somebody missed.
_LOST: Final = b"event: lost\n"


class EventFeed:
    """
    Follows the events of the program while somebody listens, over one connection to its control socket.
    """

    def __init__(self, connect: Connect, clock: IReactorTime, counters: Counters, make: Callable[[], str]) -> None:
        """
        @param make: makes a text that tells one time of listening from another.
        """
        counters.declare(COUNTERS)
        self._connect = connect
        self._clock = clock
        self._counters = counters
        self._make = make
        self._client: ControlClient | None = None
        self._connecting = DeferredLock()
        self._listeners: dict[Listener, object] = {}
        self._epoch = ""
        self._number = 0
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._beats = LoopingCall(self._beat)
        self._beats.clock = clock
        self._leaving: IDelayedCall | None = None

    def close(self) -> None:
        """
        End everything.
        """
        for each in tuple(self._listeners):
            each.end()
        self._stay()
        self._leave()

    async def serve(self, request: ConsoleRequest, call: Call) -> None:
        """
        Tell a browser of events until it goes.

        @raise Problem: if too many listen.
        @raise wand.errors.WandError: if the program does not tell.
        """
        self._checkRoom(call.caller)
        await self._follow()
        self._checkRoom(call.caller)  # others may have come meanwhile
        request.setHeader("content-type", "text/event-stream")
        request.write(b"retry: %d\n\n" % RETRY)
        listener = Listener(request, self._clock, call.stands)
        self._listeners[listener] = call.caller
        self._counters["console-listeners"] += 1
        self._catchUp(listener, call.lastEvent)
        if not self._beats.running:
            self._beats.start(BEAT, now=False)
        try:
            await listener.ended
        except TooSlow:
            self._counters["drop-console-slow"] += 1
            request.abort()
        else:
            request.unregisterProducer()
            request.finish()
        finally:
            self._forget(listener)

    def _checkRoom(self, caller: object) -> None:
        each = sum(other is caller for other in self._listeners.values())
        if each < LISTENERS_EACH and len(self._listeners) < LISTENERS_MAXIMUM:
            return
        self._counters["drop-console-crowded"] += 1
        raise Problem(503, "too many listen to events", "close other windows of the console", retry_after="30")

    # The program.

    async def _follow(self) -> None:
        await self._connecting.acquire()
        try:
            self._stay()
            if self._client is None:
                self._client = await self._subscribed()
                self._client.whenClosed(self._closed)
        finally:
            self._connecting.release()

    async def _subscribed(self) -> ControlClient:
        client = await self._connect()
        self._epoch, self._number = self._make(), 0
        try:
            await client.subscribe(self._happened, self._lost)
        except BaseException:
            client.close()
            raise
        return client

    def _happened(self, event: Event) -> None:
        self._tell(b"", msgspec.json.encode(event))

    def _lost(self, count: int) -> None:
        self._tell(_LOST, b'{"count":%d}' % count)

    def _tell(self, kind: bytes, data: bytes) -> None:
        self._number += 1
        message = b"id: %s-%d\n%sdata: %s\n\n" % (self._epoch.encode(), self._number, kind, data)
        self._kept.append((self._number, message))
        for each in tuple(self._listeners):
            each.tell(message)

    def _closed(self) -> None:
        """
        The program does not tell any more: who listens comes back, and learns what happened meanwhile, or that it is
        not known.
        """
        self._client = None
        self._kept.clear()
        for each in tuple(self._listeners):
            each.end()

    # Those who listen.

    def _catchUp(self, listener: Listener, last: str) -> None:
        epoch, _, number = last.rpartition("-")
        if not last:
            return
        if epoch != self._epoch or not (number.isascii() and number.isdigit() and len(number) < 20):
            listener.tell(_LOST + b'data: {"count":null}\n\n')
            return
        missed = [each for each in self._kept if each[0] > int(number)]
        lost = self._number - int(number) - len(missed)
        if lost > 0:
            listener.tell(_LOST + b'data: {"count":%d}\n\n' % lost)
        for _, message in missed:
            listener.tell(message)

    def _beat(self) -> None:
        for each in tuple(self._listeners):
            each.beat()

    def _forget(self, listener: Listener) -> None:
        self._listeners.pop(listener, None)
        if not self._listeners and self._beats.running:
            self._beats.stop()
            self._leaving = self._clock.callLater(LINGER, self._leave)

    def _stay(self) -> None:
        if self._leaving is not None and self._leaving.active():
            self._leaving.cancel()
        self._leaving = None

    def _leave(self) -> None:
        client, self._client = self._client, None
        self._kept.clear()
        if client is not None:
            client.close()


@attrs.frozen
class Stream:
    """
    An answer that tells of events.
    """

    feed: EventFeed

    async def write(self, request: ConsoleRequest, call: Call, clock: IReactorTime) -> None:
        """
        See L{wand.console.calls.Answer}.
        """
        await self.feed.serve(request, call)
