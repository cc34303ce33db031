"""
News: what nodes that look for members are told without asking again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.interfaces import IReactorTime

from wand.sealed.credentials.identity import Identity
from wand.sealed.directory.announcement_log import AnnouncementLog, LogEntry
from wand.sealed.directory.page_sender import PUSH_INTERVAL
from wand.sealed.directory.stored_log import StoredLog
from wand.timing.rounds import PushRounds


class News:
    """
    Gathers them for each node, and tells them in rounds.
    """

    def __init__(
        self,
        log: AnnouncementLog,
        stored: StoredLog,
        clock: IReactorTime,
        tell: Callable[[bytes, Sequence[LogEntry], Sequence[LogEntry]], int],
    ) -> None:
        """
        @param tell: tells a node of members, and from then on of what changes about the last named ones; returns how
            many octets that took.
        """
        self._log = log
        self._stored = stored
        self._tell = tell
        self._news: dict[bytes, dict[Identity, bool]] = {}  # and is it watched?
        self._rounds: PushRounds[bytes] = PushRounds(clock, lambda: tuple(self._news), self._push, PUSH_INTERVAL)

    def add(self, node: bytes, identity: Identity, *, isWatched: bool = True) -> None:
        """
        A node is to be told of a member, and if that is watched, of what changes about it next.  Nobody is told of
        itself.
        """
        if node != identity:
            news = self._news.setdefault(node, {})
            news[identity] = news.get(identity, False) or isWatched

    def forget(self, node: bytes) -> None:
        """
        A node is to be told nothing.
        """
        self._news.pop(node, None)

    def tell(self) -> None:
        """
        Tell what there is.
        """
        if self._news:
            self._rounds.changed()

    def stop(self) -> None:
        """
        Tell nothing more.
        """
        self._rounds.stop()

    def _push(self, node: bytes) -> int:
        """
        Tell a node of those that are stored as they are now, and of the others when they are.
        """
        news, published = self._news.pop(node, {}), self._stored.published
        known = [entry for each in news if (entry := self._log.get(each)) is not None]
        for entry in known:
            if entry.version > published:
                self.add(node, entry.identity, isWatched=news[entry.identity])
        told = [entry for entry in known if entry.version <= published]
        return self._tell(node, told, [each for each in told if news[each.identity]]) if told else 0
