"""
Reading the announcement log of one server: what is missing is asked for, page by page.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.counters import Counters
from wand.interfaces.control_messages import Sessions
from wand.sealed.directory.following import NextStep
from wand.sealed.directory.messages import PAGES_MAXIMUM, Ask, Found, Page, PageRecord, pack, parseRecord
from wand.sealed.directory.seen_versions import SeenVersions


class LogReader:
    """
    Asks for the versions of the log that were not seen yet, and takes its pages in any order.

    @ivar seen: which versions we know.
    """

    wantsAnswer = True

    def __init__(
        self,
        server: bytes,
        sessions: Sessions,
        counters: Counters,
        *,
        told: Callable[[bytes, PageRecord], object],
        restarted: Callable[[bytes], object],
        isSized: bool = False,
    ) -> None:
        """
        @param server: the identity of the server.
        @param told: called with each record that the server sends.
        @param restarted: called when the server has a new log.
        @param isSized: did it say how much there is?
        """
        self.seen = SeenVersions()
        self._server = server
        self._sessions = sessions
        self._counters = counters
        self._told = told
        self._restarted = restarted
        self._pages = PAGES_MAXIMUM if isSized else 1  # until then: we may not want to know all of it
        self._number = 0
        self._asked = 0
        self._progress = 0

    @property
    def isAsking(self) -> bool:
        """
        Is there a question that is not answered?
        """
        return bool(self._asked)

    def ask(self) -> None:
        """
        Ask for what is missing first, or whether there is more.
        """
        self._number = self._asked = self._number % 0xFFFFFFFF + 1
        self._progress = self.seen.progress
        self._counters["directory-asks"] += 1
        after, upto = self.seen.hole
        question = Ask(self._number, self.seen.instance, after, upto, self._pages)
        self._sessions.sendControl(self._server, pack(question))

    def isBehind(self, instance: bytes, newest: int) -> bool:
        """
        The server says which log it has, and how far that goes.

        @return: whether there is something that we do not know.
        """
        self._pages = PAGES_MAXIMUM
        if instance != self.seen.instance:
            return True
        self.seen.newest = max(self.seen.newest, newest)
        return not self.seen.isComplete

    def take(self, message: Page | Found) -> NextStep:
        """
        Take a page, asked for or not; or a late answer of a time when we looked for members.
        """
        if isinstance(message, Page):
            return self._takePage(message)
        for octets in message.records:
            record = parseRecord(octets)
            if record is not None and message.instance == self.seen.instance:
                self._told(self._server, record)
        return NextStep.WAIT

    def _takePage(self, page: Page) -> NextStep:
        isAnswer = bool(page.number) and page.number == self._asked
        if page.instance != self.seen.instance:
            if not isAnswer:
                return NextStep.ASK_SOON
            if self.seen.instance:
                self._restarted(self._server)
            self.seen = SeenVersions(page.instance)
            self._progress = -1
        self.seen.newest = max(self.seen.newest, page.newest)
        self._tell(page)
        self.seen.markSeen(page.after, page.upto)
        if isAnswer and page.last:
            self._asked = 0
            return self._answered()
        return NextStep.WAIT if self._asked or self.seen.isComplete else NextStep.ASK_SOON

    def readAgain(self) -> None:
        """
        Read the whole log again, from the next question on.
        """
        self._restarted(self._server)
        self.seen = SeenVersions()
        self._asked = 0

    def sessionUp(self) -> None:
        """
        See L{wand.sealed.directory.following.Following}: the log is what it was.
        """

    def stop(self) -> None:
        """
        See L{wand.sealed.directory.following.Following}: nothing is left behind.
        """

    def _answered(self) -> NextStep:
        if self.seen.isComplete:
            return NextStep.REST
        return NextStep.ASK if self.seen.progress > self._progress else NextStep.WAIT

    def _tell(self, page: Page) -> None:
        self._counters["directory-pages-taken"] += 1
        for octets in page.records:
            record = parseRecord(octets)
            if record is None or not page.after < record.version <= page.upto:
                self._counters["drop-directory-record"] += 1
            else:
                self._told(self._server, record)
