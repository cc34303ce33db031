# mypy: allow-untyped-calls
# (AMP's own methods have no types.)
"""
The answers to the commands of the control socket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from wand.control import commands
from wand.control.capture_feed import CaptureFeed
from wand.control.commands import RequestMalformed
from wand.control.frame_responders import FrameResponders
from wand.control.locator import PAGE_ITEMS, PAGE_PEERS, Answer, checkLifetime, page
from wand.control.program import Program
from wand.ethernet import MAC
from wand.status import CounterStatus

#: The most characters of the name of a source.
SOURCE_MAXIMUM: Final = 255


class Subscriber(Protocol):
    """
    A connection that can be told of events.
    """

    def subscribe(self) -> None:
        """
        Be told of every event from now on; more calls do nothing.
        """

    def unsubscribe(self) -> None:
        """
        Stop being told of events; more calls do nothing.
        """


class Responders(FrameResponders):
    """
    Answers the commands of one connection.
    """

    def __init__(
        self, program: Program, subscriber: Subscriber, feed: CaptureFeed, malformed: Callable[[], None]
    ) -> None:
        """
        @param subscriber: the connection, for those who want events.
        @param feed: for those who want frames.
        @param malformed: called when the arguments of a command cannot be understood.
        """
        super().__init__(program, feed, malformed)
        self._subscriber = subscriber

    # What can be looked at.

    @commands.Status.responder
    def status(self) -> Answer:
        """
        Answer with the status of the program.
        """
        return {"status": self._program.status()}

    @commands.Entries.responder
    def entries(self, after: str | None = None) -> Answer:
        """
        Answer with a page of the entries.
        """
        return page(self._program.entries(None if after is None else MAC.parse(after), PAGE_ITEMS))

    @commands.Peers.responder
    def peers(self, after: str | None = None) -> Answer:
        """
        Answer with a page of the peers.
        """
        return page(self._program.peers(after, PAGE_PEERS), PAGE_PEERS)

    @commands.CounterList.responder
    def counters(self, after: str | None = None) -> Answer:
        """
        Answer with a page of the counters.
        """
        counters = self._program.counters
        names = sorted(name for name in counters if after is None or name > after)[:PAGE_ITEMS]
        return page([CounterStatus(name, counters[name], counters.descriptions[name]) for name in names])

    # What can be changed.

    @commands.Add.responder
    def add(self, mac: str, peer: str, source: str | None = None, lifetime: float | None = None) -> Answer:
        """
        Put an entry into the table.
        """
        if lifetime is not None:
            checkLifetime(lifetime)
        if source is not None and not 0 < len(source) <= SOURCE_MAXIMUM:
            raise RequestMalformed(f"the name of a source has 1 to {SOURCE_MAXIMUM} characters")
        self._program.add(MAC.parseUnicast(mac), peer, source, lifetime)
        return {}

    @commands.Delete.responder
    def delete(self, mac: str, source: str | None = None) -> Answer:
        """
        Take an entry out of the table.
        """
        self._program.delete(MAC.parse(mac), source)
        return {}

    @commands.Reload.responder
    def reload(self) -> Answer:
        """
        Read the configuration again, and answer with what changed.
        """
        return {"changes": self._program.reload()}

    @commands.Stop.responder
    def stop(self) -> Answer:
        """
        Stop the program, soon.
        """
        self._program.stop()
        return {}

    # The log, and events.

    @commands.LogLevels.responder
    def logLevels(self) -> Answer:
        """
        Answer with the levels of the parts in the log.
        """
        return {"levels": self._program.levels.status()}

    @commands.SetLogLevel.responder
    def setLogLevel(self, part: str, level: str) -> Answer:
        """
        Set one, and answer with all.
        """
        self._program.levels.set(part, level)
        return {"levels": self._program.levels.status()}

    @commands.Recent.responder
    def recent(self, after: str | None = None) -> Answer:
        """
        Answer with a page of the events that happened last.
        """
        if after is not None and not (after.isascii() and after.isdecimal() and len(after) < 19):
            raise RequestMalformed("events are numbered")
        return page(self._program.recent.after(-1 if after is None else int(after), PAGE_ITEMS))

    @commands.Subscribe.responder
    def subscribe(self) -> Answer:
        """
        Begin to tell the client of events.
        """
        self._subscriber.subscribe()
        return {}

    @commands.Unsubscribe.responder
    def unsubscribe(self) -> Answer:
        """
        Stop telling the client of events.
        """
        self._subscriber.unsubscribe()
        return {}
