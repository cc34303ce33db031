"""
Which members are in use, where not everybody is followed; those that are not are forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nsmallest
from itertools import chain, islice
from typing import Final

from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import Participant
from wand.interfaces.search import Question
from wand.interfaces.sessions import DIRECTORY
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.claims import Claims
from wand.sealed.node.member_search import MemberSearch
from wand.sealed.node.met_members import MetMembers
from wand.sealed.reach.home_relays import RELAYS_MAXIMUM
from wand.timing.repeating import Repeating

#: Seconds for which a member is known after it was used last.
UNUSED_LIFETIME: Final = 600.0

#: Seconds between two looks at who is not used any more.
LOOK_INTERVAL: Final = 60.0

#: How many members are known, at most, beside those with whom there are sessions.
KNOWN_MAXIMUM: Final = 4096

#: How many of those that were used least recently are looked at to make room for one.
LOOKED_AT: Final = 16

#: Up to how many members with the admission right are known although they are not used.
NEEDED_MAXIMUM: Final = 256

#: Which attempt to reach a member makes us ask again where it is: the first may just have been lost.
SECOND: Final = 1

COUNTERS: Final = {
    "members-forgotten": "members forgotten because they were not used, in a network where not everybody is followed",
}


class MembersInUse:
    """
    Remembers when members were used last: looked for, wanted, in a session with us.  To be forgotten is no expulsion;
    whoever is needed again is looked for.
    """

    def __init__(
        self,
        participant: Participant,
        claims: Claims,
        search: MemberSearch,
        sessions: ISessions,
        context: Context,
        limit: int = KNOWN_MAXIMUM,
    ) -> None:
        """
        @param limit: how many members are known, at most, beside those with whom there are sessions.
        """
        context.counters.declare(COUNTERS)
        self._participant = participant
        self._claims = claims
        self._search = search
        self._sessions = sessions
        self._clock = context.clock
        self._counters = context.counters
        self._limit = limit
        self._met = MetMembers(claims, search, context.clock, limit)
        self._used: dict[Identity, float] = {}  # the least recently used first
        self._unused: dict[Identity, float] = {}  # known, and not used so far: from the disk, or a server's log
        self._lowestRelays: frozenset[bytes] = frozenset()  # when it was looked last who is not used
        self._looking = Repeating("the members in use", self.look, context.clock, context.failures)
        search.used = self.used
        search.remembered = self.inUse
        claims.met = self.met
        sessions.onSession(self._session)
        sessions.onWanted(self._wanted)

    def __len__(self) -> int:
        return len(self._used)

    def start(self) -> None:
        """
        Look now and then who is not used any more.
        """
        if not self._looking.running:
            self._looking.start(LOOK_INTERVAL, now=False)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._looking.stop()
        self._met.stop()

    def used(self, identity: bytes) -> None:
        """
        A member is used.
        """
        if not self._search.isPartial:
            return
        self._use(Identity(identity), self._clock.seconds())
        if len(self._used) + len(self._unused) > self._limit:
            self._makeRoom()

    def met(self, identity: bytes) -> None:
        """
        A member told us itself who it is.  Others may claim the same, of whom we were not told: ask who does.
        """
        if not self._search.isPartial or identity == self._participant.identity:
            return
        self.used(identity)
        self._claims.entries.claimed(identity)
        self._met.met(Identity(identity))

    def inUse(self) -> Iterable[bytes]:
        """
        The members that are known and used, the most recently used at the end.  Of whom we only know from the disk or
        from a log nobody is asked before somebody needs him: at a start those may be a thousand.
        """
        own = self._participant.identity
        return tuple(each for each in self._used if each != own and self._claims.announcement(each) is not None)

    def look(self) -> None:
        """
        Forget who is not used; nobody, while there is no server to ask for them again.
        """
        if not self._search.isPartial:
            self._used.clear()
            self._unused.clear()
            return
        now, servers = self._clock.seconds(), self._servers()
        self._lowestRelays = frozenset(nsmallest(RELAYS_MAXIMUM, self._claims.relays))
        mayForget = any(map(self._sessions.isUp, servers))
        known = [each.identity for each in self._claims.announcements]
        for identity in known:
            if identity == self._participant.identity or identity in servers or self._isKept(identity):
                self._use(identity, now)
            elif now - self._since(identity, now) >= UNUSED_LIFETIME and mayForget and not self._isNeeded(identity):
                self._forget(identity)
        for kept in (self._used, self._unused):
            for identity in kept.keys() - set(known):
                del kept[identity]

    def _use(self, identity: Identity, now: float) -> None:
        self._unused.pop(identity, None)
        self._used.pop(identity, None)
        self._used[identity] = now

    def _since(self, identity: Identity, now: float) -> float:
        used = self._used.get(identity)
        return self._unused.setdefault(identity, now) if used is None else used

    def _isKept(self, identity: Identity) -> bool:
        """
        Is there a session with a member, or an attempt to make one, or does another directory tell of it?
        """
        isHere = self._sessions.isUp(identity) or self._sessions.isWanted(identity)
        return isHere or self._claims.entries.isTold(identity, but=DIRECTORY)

    def _isNeeded(self, identity: Identity) -> bool:
        """
        May somebody need a member who is not used now: all have to know the same relays, and where to renew their
        certificates, also once no server answers?  If nearly everybody may admit others, nobody is needed for that.
        """
        relays, admitters = self._claims.relays, self._claims.admitters
        if identity in relays and (len(relays) <= RELAYS_MAXIMUM or identity in self._lowestRelays):
            return True
        return identity in admitters and len(admitters) <= NEEDED_MAXIMUM

    def _servers(self) -> set[bytes]:
        return {each.identity for each in self._participant.servers()}

    def _makeRoom(self) -> None:
        spared = {self._participant.identity, *self._servers()}
        for identity in tuple(islice(chain(self._unused, self._used), LOOKED_AT)):
            if not (identity in spared or self._isKept(identity) or self._isNeeded(identity)):
                self._forget(identity)
                return
            since = self._since(identity, self._clock.seconds())
            self._use(identity, since)

    def _forget(self, identity: Identity) -> None:
        self._counters["members-forgotten"] += 1
        self._used.pop(identity, None)
        self._unused.pop(identity, None)
        self._claims.forget(identity)
        self._sessions.end(identity)

    # What happens to members.

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if not member.isServer:
            self.used(peer)

    def _wanted(self, peer: bytes, turn: int) -> None:
        if peer in self._servers():
            return
        self.used(peer)
        if turn == SECOND:
            self._search.lookAgain(Question("identity", bytes(peer)))
