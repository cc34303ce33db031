"""
News: what nodes that look for members are told without asking again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeAlias

from twisted.internet.interfaces import IReactorTime

from wand.sealed.credentials.identity import Identity
from wand.sealed.directory.announcement_log import AnnouncementLog, LogEntry
from wand.sealed.directory.page_sender import PUSH_INTERVAL
from wand.sealed.directory.stored_log import StoredLog
from wand.timing.rounds import ROUND_INTERVAL, PushRounds
from wand.timing.token_buckets import TokenBuckets

#: How many changes go before all others: a second in the long run, and at once.  When a network starts, or half of it
#: moves, thousands of changes are to be told for seconds, and what changes after that does not wait for them.
FIRST_RATE: Final = 20.0
FIRST_BURST: Final = 20.0

#: The members of which a node is to be told, and is each watched from then on?
_Members: TypeAlias = dict[Identity, bool]


class News:
    """
    Gathers them for each node, and tells them in rounds: a few changes at once, each by itself, and of many those that
    concern one node together.
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
        self._few = TokenBuckets(clock, FIRST_RATE, FIRST_BURST)
        self._first: dict[bytes, _Members] = {}
        self._others: dict[bytes, _Members] = {}
        push = partial(self._push, self._first)
        self._firstRounds: PushRounds[bytes] = PushRounds(clock, lambda: tuple(self._first), push, ROUND_INTERVAL)
        self._rounds: PushRounds[bytes] = PushRounds(
            clock,
            lambda: tuple(self._others),
            partial(self._push, self._others),
            PUSH_INTERVAL,
            lambda: not self._firstRounds.isUnderWay,
        )

    def mayGoFirst(self) -> bool:
        """
        A member changed: is it one of few, so that nobody is to wait for the news of it?
        """
        return self._few.take("")

    def add(self, node: bytes, identity: Identity, *, isFirst: bool, isWatched: bool = True) -> None:
        """
        A node is to be told of a member, and if that is watched, of what changes about it next.  Nobody is told of
        itself.

        @param isFirst: see L{mayGoFirst}.
        """
        if node == identity:
            return
        to, other = (self._first, self._others) if isFirst else (self._others, self._first)
        if not isFirst and identity in other.get(node, ()):
            to = other
        elif isFirst and node in other:
            isWatched = other[node].pop(identity, False) or isWatched
        news = to.setdefault(node, {})
        news[identity] = news.get(identity, False) or isWatched

    def forget(self, node: bytes) -> None:
        """
        A node is to be told nothing.
        """
        self._first.pop(node, None)
        self._others.pop(node, None)

    def tell(self) -> None:
        """
        Tell what there is.
        """
        if self._first:
            self._firstRounds.changed()
        if self._others:
            self._rounds.changed()

    def stop(self) -> None:
        """
        Tell nothing more.
        """
        self._firstRounds.stop()
        self._rounds.stop()

    def _push(self, gathered: dict[bytes, _Members], node: bytes) -> int:
        """
        Tell a node of those that are stored as they are now, and of the others when they are.
        """
        news, published = gathered.pop(node, {}), self._stored.published
        known = [entry for each in news if (entry := self._log.get(each)) is not None]
        for entry in known:
            if entry.version > published:
                self.add(node, entry.identity, isFirst=gathered is self._first, isWatched=news[entry.identity])
        told = [entry for entry in known if entry.version <= published]
        return self._tell(node, told, [each for each in told if news[each.identity]]) if told else 0
