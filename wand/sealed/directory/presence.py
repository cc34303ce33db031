"""
Presence: which members are here, as the announcement log says it, until they leave, fall silent or expire.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from wand.interfaces import Context
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.kept_announcement import AnyAnnouncement
from wand.sealed.directory.announcement_log import AnnouncementLog, LogEntry
from wand.sealed.directory.stored_log import StoredLog
from wand.timing.deadlines import Deadlines
from wand.timing.token_buckets import TokenBuckets

COUNTERS: Final = {
    "directory-silent": "members that are not online any more because nothing was heard of them",
    "drop-directory-throttled": "announcements dropped: that member changed too often",
}

#: Seconds after which a member of which nothing was heard is not online any more.
SILENCE: Final = 180.0

#: Seconds after which what another server said of where a member is holds no more.  Servers write within 300 s that a
#: member was heard.
ELSEWHERE_SILENCE: Final = 300.0 + SILENCE

#: How many changes of a member are taken: per second in the long run, and at once.
CHANGE_RATE: Final = 0.1
CHANGE_BURST: Final = 10.0

#: How many octets of the end of a certificate, which is its signature, are remembered.
_MARK: Final = 16


@attrs.frozen
class Presence:
    """
    What a member said that announced itself since we started.

    @ivar epoch: of the claim in its announcement.
    @ivar number: of the announcement itself.
    @ivar local: where it says it is.
    """

    epoch: int
    number: int
    local: tuple[str, ...]

    @property
    def order(self) -> tuple[int, int]:
        """
        Of several the one with the highest counts.
        """
        return self.epoch, self.number


@attrs.frozen
class Elsewhere:
    """
    Where another server hears a member.

    @ivar until: until when that holds, in the clock's seconds.
    """

    endpoints: tuple[str, ...]
    until: float


class PresentMembers:
    """
    Writes into the log who is here and where.
    """

    def __init__(
        self,
        announcements: AnnouncementLog,
        stored: StoredLog,
        context: Context,
        gone: Callable[[Identity], object],
        maximum: int,
    ) -> None:
        """
        @param gone: called with each member that is not online any more.
        @param maximum: how many members there may be.
        """
        context.counters.declare(COUNTERS)
        self._announcements = announcements
        self._stored = stored
        self._clock = context.clock
        self._wallClock = context.wallClock
        self._counters = context.counters
        self._events = context.events
        self._gone = gone
        self._elsewhere: dict[Identity, dict[Identity, Elsewhere]] = {}
        self._present: dict[Identity, Presence] = {}
        self._certified: dict[Identity, bytes] = {}  # of those whose last certificate was not announced yet, its end
        self._changes = TokenBuckets(context.clock, CHANGE_RATE, CHANGE_BURST, maximum)
        self._silence: Deadlines[Identity] = Deadlines(context.clock, self._silent)
        self._expiries: Deadlines[Identity] = Deadlines(context.clock, self._expired, context.wallClock)

    def loaded(self, entry: LogEntry, announcement: AnyAnnouncement) -> None:
        """
        The log is read, and this member is in it.  Everybody who was online counts as such until there was time to be
        heard.
        """
        self._expiries.expireAt(entry.identity, announcement.certificate.expires)
        if entry.endpoints:  # also those that other servers told of: they tell again
            self._silence.expireAt(entry.identity, self._clock.seconds() + SILENCE)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._silence.stop()
        self._expiries.stop()

    def certified(self, identity: Identity, certificate: bytes) -> None:
        """
        A member has a new certificate: what it announces with that has not to wait, however much an operator changes.
        """
        self._certified[identity] = certificate[-_MARK:]

    def get(self, identity: Identity) -> Presence | None:
        """
        What a member said since we started.
        """
        return self._present.get(identity)

    def settle(self, announcement: AnyAnnouncement, endpoints: tuple[str, ...]) -> bool:
        """
        Note what a member says of itself, and where it is.

        @return: whether that is in the log; a member that changes too often has to wait.
        """
        known = self._announcements.get(announcement.identity)
        if known is not None and known.endpoints == endpoints and known.announcement.isSame(announcement):
            return True
        if self._certified.get(announcement.identity) == announcement.signedCertificate[-_MARK:]:
            del self._certified[announcement.identity]
        elif not self._changes.take(announcement.identity):
            self._counters["drop-directory-throttled"] += 1
            return False
        self._change(announcement, endpoints)
        return True

    def announced(self, identity: Identity, presence: Presence) -> None:
        """
        A member announced itself, and that is settled.
        """
        known = self._announcements.get(identity)
        identity = identity if known is None else known.identity  # one object for all who remember it
        self._present[identity] = presence
        self.heard(identity)
        if self._announcements.hearFirsthand(identity):  # or whoever reads our log takes it for gone with the other
            self._stored.write(identity)

    def heardElsewhere(
        self, server: Identity, announcement: AnyAnnouncement, endpoints: tuple[str, ...], heard: float
    ) -> None:
        """
        Another server hears a member there, or, without endpoints, does not any more.  What we hear ourselves goes
        before.

        @param heard: when it heard the member last, in seconds since the epoch: that may be long ago, and the server
            be gone.
        """
        identity = announcement.identity
        told = self._elsewhere.setdefault(identity, {})
        told.pop(server, None)
        left = ELSEWHERE_SILENCE - max(0.0, self._wallClock() - heard)
        if endpoints and left > 0:
            told[server] = Elsewhere(endpoints, self._clock.seconds() + left)
        known = self._announcements.get(identity)
        if known is not None and known.announcement.isAfter(announcement):
            announcement = known.announcement
        if identity in self._present:
            where = known.endpoints if known is not None else ()
        else:
            where = self._awaitedElsewhere(identity)
        if known is None or known.endpoints != where or not known.announcement.isSame(announcement):
            self._change(announcement, where, isFirsthand=identity in self._present)

    def heard(self, identity: Identity) -> None:
        """
        A member that is here was heard.
        """
        self._changes.tidy()
        self._stored.noteHeard(identity)
        self._silence.expireAt(identity, self._clock.seconds() + SILENCE)

    def sessionEnded(self, identity: Identity) -> None:
        """
        A member said goodbye, or no longer answers.  If it changes too often, its silence will tell.
        """
        self._gone(identity)
        if self._changes.take(identity):
            self._left(identity)

    def forget(self, identity: Identity) -> None:
        """
        A member was revoked, or its certificate expired.
        """
        self._present.pop(identity, None)
        self._elsewhere.pop(identity, None)
        self._certified.pop(identity, None)
        self._silence.discard(identity)
        self._expiries.discard(identity)
        self._gone(identity)
        self._stored.heard.pop(identity, None)
        if self._announcements.forget(identity):
            self._stored.write(identity)

    def _awaitedElsewhere(self, identity: Identity) -> tuple[str, ...]:
        """
        Where another server hears a member, for as long as that holds.
        """
        now = self._clock.seconds()
        told = [each for each in self._elsewhere.get(identity, {}).values() if each.until > now]
        if not told:
            return ()
        newest = max(told, key=lambda each: each.until)
        self._silence.expireAt(identity, newest.until)
        return newest.endpoints

    def _change(self, announcement: AnyAnnouncement, endpoints: tuple[str, ...], *, isFirsthand: bool = True) -> None:
        before = self._announcements.get(announcement.identity)
        identity = self._announcements.change(announcement, endpoints, self._wallClock(), isFirsthand=isFirsthand)
        self._expiries.expireAt(identity, announcement.certificate.expires)
        self._stored.write(identity)
        if bool(endpoints) != bool(before and before.endpoints):
            kind = "member-online" if endpoints else "member-offline"
            self._events.publish(kind, name=announcement.claim.name, key=identity.text)

    def _silent(self, identity: Identity) -> None:
        self._counters["directory-silent"] += 1
        self._left(identity)

    def _left(self, identity: Identity) -> None:
        self._present.pop(identity, None)
        self._silence.discard(identity)
        self._gone(identity)
        known, where = self._announcements.get(identity), self._awaitedElsewhere(identity)
        if known is not None and (known.endpoints or where):
            self._change(known.announcement, where, isFirsthand=not where)

    def _expired(self, identity: Identity) -> None:
        """
        A certificate expired.  A member that is here all the same waits for another, or our clock is ahead.
        """
        if identity in self._present:
            self._expiries.expireAt(identity, self._wallClock() + SILENCE)
        else:
            self.forget(identity)
